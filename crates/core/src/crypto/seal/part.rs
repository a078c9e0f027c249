//! What operators bring, one part after the other, to unseal: by the seal's method a share, the key itself, or the
//! passphrase.
//!
//! Keys and shares are read in hexadecimal digits or in base64 (RFC 4648, sections 8 and 4), as Vault reads them
//! (<https://developer.hashicorp.com/vault/api-docs/system/unseal>).

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE as HEX};
use zeroize::Zeroizing;

use super::passphrase::{PASSPHRASE_BYTES_MAX, PassphraseError, key_from_passphrase};
use super::shamir::{SHARE_BYTES, ShareError, combine_shares};
use super::{SealMethod, UnsealKey};
use crate::memory::{KEY_BYTES, LockedKey};
use crate::secret::{Passphrase, SecretValue, UnsealShare};

/// The longest text of a part, in bytes.
pub const PART_BYTES_MAX: usize = PASSPHRASE_BYTES_MAX;

/// Why a text is no part, or why parts give no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// Neither hexadecimal digits nor base64.
    #[error("the key is not in hexadecimal digits or base64")]
    Encoding,
    /// Of another length than what the seal wants.
    #[error("the key has not the length of what unseals this store: {bytes} bytes are wanted")]
    Length {
        /// How many bytes are wanted.
        bytes: usize,
    },
    /// The parts do not go together.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The passphrase gives no key.
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
}

impl SealMethod {
    /// How many parts there are: a key file and a passphrase are one.
    #[must_use]
    pub fn parts(&self) -> u8 {
        match self {
            Self::Keyfile | Self::Passphrase(_) => 1,
            Self::Shamir { shares, .. } => shares.count(),
        }
    }

    /// How many of the parts unseal.
    #[must_use]
    pub fn parts_needed(&self) -> u8 {
        match self {
            Self::Keyfile | Self::Passphrase(_) => 1,
            Self::Shamir { threshold, .. } => threshold.count(),
        }
    }

    /// A part from its text. Two texts of one part give equal parts.
    ///
    /// # Errors
    /// [`PartError`] when it cannot be one. Whether it is the right one shows only when the root key is unwrapped.
    pub fn read_part(&self, text: &SecretValue) -> Result<UnsealShare, PartError> {
        if let Self::Passphrase(_) = self {
            return match text.expose().len() {
                0 => Err(PassphraseError::Empty.into()),
                1..=PASSPHRASE_BYTES_MAX => Ok(UnsealShare::new(text.expose().to_vec())),
                _ => Err(PassphraseError::TooLong.into()),
            };
        }
        let wanted = if let Self::Shamir { .. } = self { SHARE_BYTES } else { KEY_BYTES };
        let bytes = decode(text.expose(), wanted)?;
        // A share of zero, which no key is split into, would be the key.
        if wanted == SHARE_BYTES && bytes.last() == Some(&0) {
            return Err(ShareError::Malformed(1).into());
        }
        Ok(UnsealShare::new(BASE64.encode(&bytes).into_bytes()))
    }

    /// The key that the parts give, or another one when a part belongs elsewhere. From a passphrase this takes as
    /// long as Argon2id is asked to take.
    ///
    /// # Errors
    /// [`PartError`]
    pub fn key_from_parts(&self, parts: &[UnsealShare]) -> Result<UnsealKey, PartError> {
        let first =
            || parts.first().ok_or(PartError::Share(ShareError::TooFew { given: 0, needed: 1 }));
        match self {
            Self::Shamir { threshold, .. } => Ok(combine_shares(parts, *threshold)?),
            Self::Passphrase(parameters) => {
                let passphrase = Passphrase::new(first()?.expose().to_vec());
                Ok(key_from_passphrase(&passphrase, parameters)?)
            }
            Self::Keyfile => {
                let bytes = decode(first()?.expose(), KEY_BYTES)?;
                let length = PartError::Length { bytes: KEY_BYTES };
                let bytes: &[u8; KEY_BYTES] = bytes.as_slice().try_into().map_err(|_| length)?;
                Ok(UnsealKey(LockedKey::filled_by(|key| key.copy_from_slice(bytes))))
            }
        }
    }
}

impl UnsealShare {
    /// A share in hexadecimal digits, as Vault's `keys` have it; `None` for what is not in base64.
    #[must_use]
    pub fn to_hex(&self) -> Option<Zeroizing<String>> {
        let bytes = BASE64.decode(self.expose()).map(Zeroizing::new).ok()?;
        Some(Zeroizing::new(HEX.encode(&bytes)))
    }
}

/// Hexadecimal digits of the wanted length, else base64: a text can be both, of different lengths.
fn decode(text: &[u8], wanted: usize) -> Result<Zeroizing<Vec<u8>>, PartError> {
    let text = text.trim_ascii();
    let fits = |bytes: &Zeroizing<Vec<u8>>| bytes.len() == wanted;
    let hex = HEX.decode(text).map(Zeroizing::new).ok();
    if let Some(bytes) = hex.filter(fits) {
        return Ok(bytes);
    }
    let bytes = BASE64.decode(text).map(Zeroizing::new).map_err(|_| PartError::Encoding)?;
    Some(bytes).filter(fits).ok_or(PartError::Length { bytes: wanted })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_random::Counting;
    use super::super::{PassphraseParameters, Shares, Threshold, split_key};
    use super::*;

    fn text(bytes: &[u8]) -> SecretValue {
        SecretValue::new(bytes.to_vec())
    }

    fn shamir(shares: u8, threshold: u8) -> SealMethod {
        SealMethod::Shamir {
            shares: Shares::new(shares).expect("in range"),
            threshold: Threshold::new(threshold).expect("in range"),
        }
    }

    #[test]
    fn the_key_of_a_key_file_is_read_in_hexadecimal_digits_and_base64() {
        let key = UnsealKey::generate(&Counting::default());
        let hex = HEX.encode(key.0.expose());
        let base64 = BASE64.encode(key.0.expose());
        for written in [hex.to_uppercase(), hex.clone(), base64, format!(" {hex}\n")] {
            let part = SealMethod::Keyfile.read_part(&text(written.as_bytes())).expect("reads");
            let read = SealMethod::Keyfile.key_from_parts(&[part]).expect("is a key");
            assert_eq!(read.0.expose(), key.0.expose());
        }
    }

    #[test]
    fn texts_that_are_no_parts_are_refused() {
        let refused = |method: &SealMethod, written: &[u8]| method.read_part(&text(written)).err();
        let length = |bytes| Some(PartError::Length { bytes });
        assert_eq!(refused(&SealMethod::Keyfile, b"no!"), Some(PartError::Encoding));
        assert_eq!(refused(&SealMethod::Keyfile, b"\xff\x00"), Some(PartError::Encoding));
        assert_eq!(refused(&SealMethod::Keyfile, b""), length(32));
        assert_eq!(refused(&SealMethod::Keyfile, &[b'A'; 44]), length(32));
        assert_eq!(refused(&shamir(3, 2), &[b'0'; 64]), length(33));
        let zero = Some(PartError::Share(ShareError::Malformed(1)));
        assert_eq!(refused(&shamir(3, 2), &[b'0'; 66]), zero);
        let passphrase =
            SealMethod::Passphrase(PassphraseParameters::generate(&Counting::default()));
        assert_eq!(refused(&passphrase, b""), Some(PassphraseError::Empty.into()));
        let long = vec![b'x'; PART_BYTES_MAX + 1];
        assert_eq!(refused(&passphrase, &long), Some(PassphraseError::TooLong.into()));
        assert_eq!(refused(&passphrase, &long[1..]), None);
    }

    #[test]
    fn no_parts_are_no_key() {
        assert!(SealMethod::Keyfile.key_from_parts(&[]).is_err());
        assert!(shamir(3, 2).key_from_parts(&[]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A share is 33 bytes whose last is where it was evaluated, all different and none zero, as Vault's are.
        #[test]
        fn any_threshold_of_shares_in_any_spelling_gives_the_key(
            (shares, threshold) in (2_u8..=255).prop_flat_map(|n| (Just(n), 2..=n)),
            start in 0_usize..255,
            in_hex in any::<bool>(),
        ) {
            let random = Counting::default();
            let key = UnsealKey::generate(&random);
            let method = shamir(shares, threshold);
            let SealMethod::Shamir { shares, threshold } = method else { unreachable!() };
            let made = split_key(&key, shares, threshold, &random).expect("splits");
            let points: Vec<u8> = made
                .iter()
                .map(|share| *BASE64.decode(share.expose()).expect("base64").last().expect("33 bytes"))
                .collect();
            let mut distinct = points.clone();
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert!(distinct.len() == points.len() && distinct[0] != 0);
            let needed = usize::from(method.parts_needed());
            let chosen = (0..needed).map(|index| &made[(start + index) % made.len()]);
            let parts: Vec<UnsealShare> = chosen
                .map(|share| {
                    let hex = share.to_hex().expect("is base64");
                    prop_assert_eq!(hex.len(), 66);
                    let written = if in_hex { hex.as_bytes() } else { share.expose() };
                    Ok(method.read_part(&text(written)).expect("is a part"))
                })
                .collect::<Result<_, TestCaseError>>()?;
            let read = method.key_from_parts(&parts).expect("enough");
            prop_assert!(read.is_same(&key));
            let fewer = method.key_from_parts(&parts[1..]).err();
            let too_few = ShareError::TooFew { given: needed - 1, needed: method.parts_needed() };
            prop_assert_eq!(fewer, Some(PartError::Share(too_few)));
        }

        #[test]
        fn no_text_makes_reading_a_part_fail_otherwise_than_with_an_error(
            written in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            for method in [SealMethod::Keyfile, shamir(3, 2)] {
                let read = method.read_part(&text(&written));
                prop_assert!(read.is_err() || matches!(written.len(), 43..=80));
            }
        }
    }
}
