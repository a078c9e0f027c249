//! HMAC (RFC 2104), which every key makes with a key of its own.
//!
//! ```text
//! hmac = "vault:v" || version || ":" || base64(HMAC[hash, version's HMAC key](input))
//! ```

use aws_lc_rs::hmac;
use data_encoding::BASE64;

use super::hash::HashAlgorithm;
use super::key::TransitKey;
use super::key_type::{Family, Kind, Supports};
use super::tagged::{self, TaggedError, tagged};
use super::{CIPHERTEXT_BYTES_MAX, INPUT_BYTES_MAX};

pub(super) static KIND: Kind = Kind {
    number: 11,
    name: "hmac",
    algorithm_name: "hmac",
    supports: Supports {
        encryption: false,
        signing: false,
        derivation: false,
        convergent: false,
        associated_data: false,
    },
    family: Family::Hmac,
};

/// An HMAC cannot be made. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HmacError {
    /// The library makes no HMAC with this hash.
    #[error("HMAC with {0} is not supported here")]
    HashUnsupported(HashAlgorithm),
    /// No such version yet.
    #[error("key version does not exist; latest key version is {latest}")]
    VersionTooNew {
        /// The newest there is.
        latest: u32,
    },
    /// The version may not make HMACs any more.
    #[error("cannot generate HMAC: version is too old (disallowed by policy)")]
    VersionBelowMinimum,
    /// The version may not be used any more, or was dropped.
    #[error("no such key version")]
    NoSuchVersion,
    /// The input is too long.
    #[error("the input is longer than {INPUT_BYTES_MAX} bytes")]
    InputTooLong,
}

/// An HMAC cannot be verified. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HmacVerifyError {
    /// The library makes no HMAC with this hash.
    #[error("HMAC with {0} is not supported here")]
    HashUnsupported(HashAlgorithm),
    /// It does not begin with `vault:v`.
    #[error("invalid HMAC to verify: no prefix")]
    NoPrefix,
    /// It has no second colon.
    #[error("invalid HMAC: wrong number of fields")]
    Fields,
    /// Its version is no number.
    #[error("invalid HMAC: version number could not be decoded")]
    Version,
    /// It is of a version that is not there yet.
    #[error("invalid HMAC: version is too new")]
    VersionTooNew,
    /// It is of a version that may not verify any more.
    #[error("cannot verify HMAC: version is too old (disallowed by policy)")]
    VersionTooOld,
    /// It is no base64.
    #[error("unable to decode verification HMAC as base64")]
    Base64,
    /// The input is too long.
    #[error("the input is longer than {INPUT_BYTES_MAX} bytes")]
    InputTooLong,
}

impl TransitKey {
    /// The HMAC of `input` with `version`, 0 for the latest.
    ///
    /// # Errors
    /// [`HmacError`]
    pub fn hmac(
        &self,
        input: &[u8],
        hash: HashAlgorithm,
        version: u32,
    ) -> Result<String, HmacError> {
        let algorithm = hash.hmac().ok_or(HmacError::HashUnsupported(hash))?;
        if input.len() > INPUT_BYTES_MAX {
            return Err(HmacError::InputTooLong);
        }
        let latest = self.latest_version;
        let number = if version == 0 { latest } else { version };
        if number > latest {
            return Err(HmacError::VersionTooNew { latest });
        }
        if number < self.min_encryption_version {
            return Err(HmacError::VersionBelowMinimum);
        }
        let version = self.usable_version(number).ok_or(HmacError::NoSuchVersion)?;
        let tag = hmac::sign(&hmac::Key::new(algorithm, version.hmac_key()), input);
        Ok(tagged(number, &BASE64.encode(tag.as_ref())))
    }

    /// Whether `mac` is the HMAC of `input`. Compared in constant time.
    ///
    /// # Errors
    /// [`HmacVerifyError`]
    pub fn verify_hmac(
        &self,
        input: &[u8],
        hash: HashAlgorithm,
        mac: &str,
    ) -> Result<bool, HmacVerifyError> {
        let algorithm = hash.hmac().ok_or(HmacVerifyError::HashUnsupported(hash))?;
        if input.len() > INPUT_BYTES_MAX {
            return Err(HmacVerifyError::InputTooLong);
        }
        let (number, encoded) = tagged::parse(mac)?;
        if encoded.len() > CIPHERTEXT_BYTES_MAX {
            return Err(HmacVerifyError::Base64);
        }
        let tag = BASE64.decode(encoded.as_bytes()).map_err(|_| HmacVerifyError::Base64)?;
        if number > self.latest_version {
            return Err(HmacVerifyError::VersionTooNew);
        }
        let version = self.usable_version(number).ok_or(HmacVerifyError::VersionTooOld)?;
        Ok(hmac::verify(&hmac::Key::new(algorithm, version.hmac_key()), input, &tag).is_ok())
    }
}

impl From<TaggedError> for HmacVerifyError {
    fn from(error: TaggedError) -> Self {
        match error {
            TaggedError::NoPrefix => Self::NoPrefix,
            TaggedError::Fields => Self::Fields,
            TaggedError::Version => Self::Version,
        }
    }
}
