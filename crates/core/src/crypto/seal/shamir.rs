//! A key split into shares, of which any `threshold` give it back (Shamir, "How to share a secret", 1979).
//!
//! A share is 33 bytes in base64: 32 points of polynomials over GF(2^8), then where they were evaluated. Fewer
//! than `threshold` shares tell nothing about the key. Shares carry no checksum: whether the right ones were
//! combined shows when the root key is unwrapped.

use std::collections::BTreeMap;
use std::convert::Infallible;

use blahaj::{Share, Sharks};
use data_encoding::BASE64;
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroizing;

use super::UnsealKey;
use crate::memory::{KEY_BYTES, LockedKey};
use crate::random::Random;
use crate::secret::UnsealShare;

/// The most shares: points of GF(2^8) other than zero.
pub const SHARES_MAX: u8 = 255;
/// A share without its spelling: 32 points, then where they were evaluated.
pub(super) const SHARE_BYTES: usize = KEY_BYTES + 1;

/// How many shares are made, 1 to [`SHARES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Shares(#[n(0)] u8);

/// How many shares unseal, 1 to [`SHARES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Threshold(#[n(0)] u8);

/// Why shares could not be made or combined.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// The same share was given twice.
    #[error("share {0} is the same as an earlier one")]
    Duplicate(usize),
    /// Not 33 bytes in base64.
    #[error("share {0} is not a share: 44 characters of base64 were wanted")]
    Malformed(usize),
    /// More shares are needed to unseal than are made, or a number is out of range.
    #[error(
        "the threshold must be from 1 to the number of shares, and that at most {SHARES_MAX}; a threshold of 1 takes exactly 1 share"
    )]
    Range,
    /// Not enough shares were given.
    #[error("{needed} shares are needed and {given} were given")]
    TooFew {
        /// How many were given.
        given: usize,
        /// The threshold.
        needed: u8,
    },
}

impl Shares {
    /// # Errors
    /// [`ShareError::Range`] for 0.
    pub fn new(count: u8) -> Result<Self, ShareError> {
        if count == 0 { Err(ShareError::Range) } else { Ok(Self(count)) }
    }

    /// The number.
    #[must_use]
    pub fn count(self) -> u8 {
        self.0
    }
}

impl Threshold {
    /// # Errors
    /// [`ShareError::Range`] for 0.
    pub fn new(count: u8) -> Result<Self, ShareError> {
        if count == 0 { Err(ShareError::Range) } else { Ok(Self(count)) }
    }

    /// The number.
    #[must_use]
    pub fn count(self) -> u8 {
        self.0
    }
}

/// Split a key.
///
/// # Errors
/// [`ShareError::Range`] when the threshold is above the number of shares, or is 1 for several shares: each
/// would be the key itself.
pub fn split_key(
    key: &UnsealKey,
    shares: Shares,
    threshold: Threshold,
    random: &dyn Random,
) -> Result<Vec<UnsealShare>, ShareError> {
    if threshold.0 > shares.0 || (threshold.0 == 1 && shares.0 > 1) {
        return Err(ShareError::Range);
    }
    let mut source = Source(random);
    let dealer = Sharks(threshold.0).dealer_rng(key.0.expose(), &mut source);
    Ok(dealer.take(usize::from(shares.0)).map(|share| encode(&share)).collect())
}

/// The key that the shares were split from, or another one when a share belongs elsewhere.
///
/// # Errors
/// [`ShareError`], with shares counted from 1.
pub fn combine_shares(
    shares: &[UnsealShare],
    threshold: Threshold,
) -> Result<UnsealKey, ShareError> {
    let mut distinct = BTreeMap::new();
    for (index, share) in shares.iter().enumerate() {
        let share = decode(share).ok_or(ShareError::Malformed(index + 1))?;
        if distinct.insert(share.x.0, share).is_some() {
            return Err(ShareError::Duplicate(index + 1));
        }
    }
    let too_few = ShareError::TooFew { given: distinct.len(), needed: threshold.0 };
    let shares: Vec<Share> = distinct.into_values().collect();
    let key = Sharks(threshold.0).recover(&shares).map(Zeroizing::new).map_err(|_| too_few)?;
    let bytes: &[u8; KEY_BYTES] =
        key.as_slice().try_into().map_err(|_| ShareError::Malformed(1))?;
    Ok(UnsealKey(LockedKey::filled_by(|key| key.copy_from_slice(bytes))))
}

fn encode(share: &Share) -> UnsealShare {
    let mut bytes = Zeroizing::new(Vec::<u8>::from(share));
    bytes.rotate_left(1);
    UnsealShare::new(BASE64.encode(&bytes).into_bytes())
}

fn decode(share: &UnsealShare) -> Option<Share> {
    let text = share.expose_text()?.trim();
    let mut bytes = BASE64.decode(text.as_bytes()).map(Zeroizing::new).ok()?;
    if bytes.len() != SHARE_BYTES || bytes.last() == Some(&0) {
        return None;
    }
    bytes.rotate_right(1);
    Share::try_from(bytes.as_slice()).ok()
}

/// Our source of randomness under the name that the library knows.
struct Source<'a>(&'a dyn Random);

impl TryRng for Source<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(crate::random::array(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(crate::random::array(self.0)))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Source<'_> {}

#[cfg(test)]
mod tests {
    use super::super::test_random::Counting;
    use super::*;

    fn split(shares: u8, threshold: u8) -> (UnsealKey, Result<Vec<UnsealShare>, ShareError>) {
        let random = Counting::default();
        let key = UnsealKey::generate(&random);
        let made = split_key(&key, Shares(shares), Threshold(threshold), &random);
        (key, made)
    }

    fn copy(share: &UnsealShare) -> UnsealShare {
        UnsealShare::new(share.expose().to_vec())
    }

    #[test]
    fn any_threshold_of_shares_gives_the_key_and_fewer_do_not() {
        let (key, shares) = split(5, 3);
        let shares = shares.expect("in range");
        for chosen in [[0, 1, 2], [4, 2, 0], [1, 3, 4]] {
            let given: Vec<_> = chosen.iter().map(|&index| copy(&shares[index])).collect();
            let combined = combine_shares(&given, Threshold(3)).expect("enough");
            assert_eq!(combined.0.expose(), key.0.expose());
        }
        let two: Vec<_> = shares[..2].iter().map(copy).collect();
        let error = combine_shares(&two, Threshold(3)).err();
        assert_eq!(error, Some(ShareError::TooFew { given: 2, needed: 3 }));
    }

    #[test]
    fn a_share_of_another_key_gives_another_key() {
        let (key, shares) = split(3, 2);
        let random = Counting::default();
        let _ = UnsealKey::generate(&random);
        let other_key = UnsealKey::generate(&random);
        let other = split_key(&other_key, Shares(3), Threshold(2), &random).expect("in range");
        let mixed = [copy(&shares.expect("in range")[0]), copy(&other[1])];
        let combined = combine_shares(&mixed, Threshold(2)).expect("combines");
        assert_ne!(combined.0.expose(), key.0.expose());
    }

    #[test]
    fn duplicates_and_malformed_shares_are_named() {
        let (_, shares) = split(3, 2);
        let shares = shares.expect("in range");
        let twice = [copy(&shares[0]), copy(&shares[0])];
        assert_eq!(combine_shares(&twice, Threshold(2)).err(), Some(ShareError::Duplicate(2)));
        for bad in ["", "AAAA", "not base64!", &BASE64.encode(&[0; 33])] {
            let given = [copy(&shares[0]), UnsealShare::new(bad.into())];
            assert_eq!(combine_shares(&given, Threshold(2)).err(), Some(ShareError::Malformed(2)));
        }
    }

    #[test]
    fn thresholds_out_of_range_are_refused_and_the_edges_work() {
        for (shares, threshold) in [(2, 3), (3, 1)] {
            assert_eq!(split(shares, threshold).1.err(), Some(ShareError::Range));
        }
        assert_eq!(Shares::new(0), Err(ShareError::Range));
        assert_eq!(Threshold::new(0), Err(ShareError::Range));
        for (shares, threshold) in [(1, 1), (255, 255), (255, 2)] {
            let (key, made) = split(shares, threshold);
            let made = made.expect("in range");
            assert_eq!(made.len(), usize::from(shares));
            let combined = combine_shares(&made, Threshold(threshold)).expect("enough");
            assert_eq!(combined.0.expose(), key.0.expose());
        }
    }
}
