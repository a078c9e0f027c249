//! Seals: how the root key is wrapped while nobody uses it.
//!
//! ```text
//! wrapped root key = AES-256-GCM[unseal key](nonce, root key, "strongroom/seal/1" || 0x00 || CBOR(method))
//! ```
//! The method with its parameters is part of the associated data, so that altered parameters do not unseal.
//!
//! # Adding a seal
//! A file here that gives an [`UnsealKey`], and a variant of [`SealMethod`] with what must be remembered.

mod keyfile;
mod part;
mod passphrase;
mod shamir;
#[cfg(test)]
pub(crate) mod test_random;

pub use keyfile::{KeyfileError, read_keyfile, write_keyfile};
pub use part::{PART_BYTES_MAX, PartError};
pub use passphrase::{
    PASSPHRASE_BYTES_MAX, PassphraseError, PassphraseParameters, key_from_passphrase,
};
pub use shamir::{SHARES_MAX, ShareError, Shares, Threshold, combine_shares, split_key};

use subtle::ConstantTimeEq;

use super::aead::{Cipher, OpenError};
use super::keyring::RootKey;
use crate::memory::LockedKey;
use crate::random::Random;

const DOMAIN: &[u8] = b"strongroom/seal/1\0";

/// The key that wraps the root key. It is never stored beside what it wraps.
#[derive(Debug)]
pub struct UnsealKey(LockedKey);

/// Where the unseal key comes from, with what is needed to find it again.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[non_exhaustive]
pub enum SealMethod {
    /// A file that only its owner may read.
    #[n(0)]
    Keyfile,
    /// A passphrase, through Argon2id.
    #[n(1)]
    Passphrase(#[n(0)] PassphraseParameters),
    /// Any `threshold` of `shares` shares.
    #[n(2)]
    Shamir {
        /// How many shares were made.
        #[n(0)]
        shares: Shares,
        /// How many of them unseal.
        #[n(1)]
        threshold: Threshold,
    },
}

/// What the store keeps of the seal, in clear.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct SealRecord {
    #[n(0)]
    method: SealMethod,
    #[cbor(n(1), with = "minicbor::bytes")]
    wrapped_root: Vec<u8>,
}

impl UnsealKey {
    /// 32 random bytes.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self(LockedKey::filled_by(|bytes| random.fill(bytes)))
    }

    /// Whether the other is this key. Takes the same time for all keys.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.expose().ct_eq(other.0.expose()).into()
    }
}

impl SealMethod {
    /// The method's name in commands and messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keyfile => "keyfile",
            Self::Passphrase(_) => "passphrase",
            Self::Shamir { .. } => "shamir",
        }
    }

    fn associated(&self) -> Vec<u8> {
        let mut bytes = DOMAIN.to_vec();
        let Ok(()) = minicbor::encode(self, &mut bytes) else {
            unreachable!("encoding into a vector does not fail")
        };
        bytes
    }
}

impl SealRecord {
    /// Wrap the root key.
    #[must_use]
    pub fn seal(method: SealMethod, key: &UnsealKey, root: &RootKey, random: &dyn Random) -> Self {
        let wrapped_root = Cipher::new(key.0.expose()).wrap(&method.associated(), &root.0, random);
        Self { method, wrapped_root }
    }

    /// The root key.
    ///
    /// # Errors
    /// [`OpenError`] when the unseal key is not the one that sealed, or the record was altered; which of the
    /// two cannot be told.
    pub fn unseal(&self, key: &UnsealKey) -> Result<RootKey, OpenError> {
        Cipher::new(key.0.expose())
            .unwrap(&self.method.associated(), &self.wrapped_root)
            .map(RootKey)
    }

    /// Where the unseal key comes from.
    #[must_use]
    pub fn method(&self) -> &SealMethod {
        &self.method
    }
}

#[cfg(test)]
mod tests {
    use super::test_random::Counting;
    use super::*;

    #[test]
    fn the_key_that_sealed_unseals_and_another_does_not() {
        let random = Counting::default();
        let (key, root) = (UnsealKey::generate(&random), RootKey::generate(&random));
        let record = SealRecord::seal(SealMethod::Keyfile, &key, &root, &random);
        let opened = record.unseal(&key).expect("unseals");
        assert_eq!(opened.0.expose(), root.0.expose());
        assert_eq!(record.unseal(&UnsealKey::generate(&random)).err(), Some(OpenError));
    }

    #[test]
    fn altered_parameters_do_not_unseal() {
        let random = Counting::default();
        let (key, root) = (UnsealKey::generate(&random), RootKey::generate(&random));
        let method = |threshold| SealMethod::Shamir {
            shares: Shares::new(5).expect("in range"),
            threshold: Threshold::new(threshold).expect("in range"),
        };
        let mut record = SealRecord::seal(method(3), &key, &root, &random);
        record.method = method(2);
        assert_eq!(record.unseal(&key).err(), Some(OpenError));
    }

    #[test]
    fn a_record_is_read_back_from_its_bytes() {
        let random = Counting::default();
        let (key, root) = (UnsealKey::generate(&random), RootKey::generate(&random));
        let record = SealRecord::seal(SealMethod::Keyfile, &key, &root, &random);
        let bytes = minicbor::to_vec(&record).expect("encodes");
        assert_eq!(minicbor::decode::<SealRecord>(&bytes).expect("decodes"), record);
    }
}
