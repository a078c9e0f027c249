//! Hashes, and random bytes for whoever asks.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::{digest, hmac};

use super::{INPUT_BYTES_MAX, RANDOM_BYTES_MAX};
use crate::random::Random;
use crate::secret::SecretValue;

/// A hash (FIPS 180-4 and FIPS 202). Of Vault's, SHA-1 and SHA3-224 are missing: the library has no SHA3-224, and
/// SHA-1 is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// SHA-224
    Sha2_224,
    /// SHA-256: Vault's default.
    #[default]
    Sha2_256,
    /// SHA-384
    Sha2_384,
    /// SHA-512
    Sha2_512,
    /// SHA3-256
    Sha3_256,
    /// SHA3-384
    Sha3_384,
    /// SHA3-512
    Sha3_512,
}

/// A text names no hash that is here.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashNameError {
    /// No such hash.
    #[error("unsupported algorithm")]
    Unknown,
    /// Vault has it.
    #[error("the algorithm {0} is not supported here")]
    Unsupported(&'static str),
}

/// Random bytes were asked for in a wrong number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"bytes\" must be between 1 and {RANDOM_BYTES_MAX}")]
pub struct RandomBytesError;

impl HashAlgorithm {
    /// Every hash.
    pub const ALL: [Self; 7] = [
        Self::Sha2_224,
        Self::Sha2_256,
        Self::Sha2_384,
        Self::Sha2_512,
        Self::Sha3_256,
        Self::Sha3_384,
        Self::Sha3_512,
    ];

    /// Vault's name of it, such as `sha2-256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha2_224 => "sha2-224",
            Self::Sha2_256 => "sha2-256",
            Self::Sha2_384 => "sha2-384",
            Self::Sha2_512 => "sha2-512",
            Self::Sha3_256 => "sha3-256",
            Self::Sha3_384 => "sha3-384",
            Self::Sha3_512 => "sha3-512",
        }
    }

    /// The hash of `input`, which has at most [`INPUT_BYTES_MAX`] bytes; `None` when it is longer.
    #[must_use]
    pub fn hash(self, input: &[u8]) -> Option<Vec<u8>> {
        (input.len() <= INPUT_BYTES_MAX).then(|| self.digest(input))
    }

    pub(super) fn digest(self, input: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha2_224 => &digest::SHA224,
            Self::Sha2_256 => &digest::SHA256,
            Self::Sha2_384 => &digest::SHA384,
            Self::Sha2_512 => &digest::SHA512,
            Self::Sha3_256 => &digest::SHA3_256,
            Self::Sha3_384 => &digest::SHA3_384,
            Self::Sha3_512 => &digest::SHA3_512,
        };
        digest::digest(algorithm, input).as_ref().to_vec()
    }

    /// `None` for SHA-3, with which the library makes no HMAC.
    pub(super) fn hmac(self) -> Option<hmac::Algorithm> {
        match self {
            Self::Sha2_224 => Some(hmac::HMAC_SHA224),
            Self::Sha2_256 => Some(hmac::HMAC_SHA256),
            Self::Sha2_384 => Some(hmac::HMAC_SHA384),
            Self::Sha2_512 => Some(hmac::HMAC_SHA512),
            Self::Sha3_256 | Self::Sha3_384 | Self::Sha3_512 => None,
        }
    }
}

impl FromStr for HashAlgorithm {
    type Err = HashNameError;

    fn from_str(name: &str) -> Result<Self, HashNameError> {
        match name {
            "sha1" => return Err(HashNameError::Unsupported("sha1")),
            "sha3-224" => return Err(HashNameError::Unsupported("sha3-224")),
            _ => {}
        }
        Self::ALL.into_iter().find(|hash| hash.name() == name).ok_or(HashNameError::Unknown)
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `count` random bytes.
///
/// # Errors
/// [`RandomBytesError`]
pub fn random_bytes(count: usize, random: &dyn Random) -> Result<SecretValue, RandomBytesError> {
    if !(1..=RANDOM_BYTES_MAX).contains(&count) {
        return Err(RandomBytesError);
    }
    let mut bytes = vec![0; count];
    random.fill(&mut bytes);
    Ok(SecretValue::new(bytes))
}
