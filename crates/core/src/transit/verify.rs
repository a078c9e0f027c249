//! Verifying signatures.

use super::CIPHERTEXT_BYTES_MAX;
use super::key::TransitKey;
use super::key_type::KeyType;
use super::rsa::SaltTries;
use super::sign::{SignatureError, SignatureOptions};
use super::tagged::{self, TaggedError};

/// What to verify.
#[derive(Clone, Copy)]
pub struct VerifyRequest<'a> {
    /// What was signed; at most [`INPUT_BYTES_MAX`](super::INPUT_BYTES_MAX).
    pub input: &'a [u8],
    /// Which derived key; keys that are not derived look past it.
    pub context: &'a [u8],
    /// `vault:v<version>:<base64>`
    pub signature: &'a str,
    /// How it was signed.
    pub options: SignatureOptions,
}

/// A signature cannot be verified. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The key does not sign.
    #[error("key type {0} does not support verification")]
    Unsupported(KeyType),
    /// It does not begin with `vault:v`.
    #[error("invalid signature: no prefix")]
    NoPrefix,
    /// It has no second colon.
    #[error("invalid signature: wrong number of fields")]
    Fields,
    /// Its version is no number.
    #[error("invalid signature: version number could not be decoded")]
    Version,
    /// It is of a version that is not there yet.
    #[error("invalid signature: version is too new")]
    VersionTooNew,
    /// It is of a version that may not verify any more.
    #[error("ciphertext or signature version is disallowed by policy (too old)")]
    VersionTooOld,
    /// It is no base64 of the kind that its marshaling has.
    #[error("invalid base64 signature value")]
    Base64,
    /// What else is wrong.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl TransitKey {
    /// Whether the signature is of this input.
    ///
    /// # Errors
    /// [`VerifyError`]
    pub fn verify(&self, request: &VerifyRequest<'_>) -> Result<bool, VerifyError> {
        self.verify_within(request, &mut SaltTries::of_a_request())
    }

    /// The same as one of several, which share `tries`.
    ///
    /// # Errors
    /// [`VerifyError`]
    pub fn verify_within(
        &self,
        request: &VerifyRequest<'_>,
        tries: &mut SaltTries,
    ) -> Result<bool, VerifyError> {
        let VerifyRequest { input, context, signature, options } = *request;
        if !self.key_type.supports().signing {
            return Err(VerifyError::Unsupported(self.key_type));
        }
        self.check_signature_request(input, context, &options)?;
        let (number, encoded) = tagged::parse(signature)?;
        if number > self.latest_version {
            return Err(VerifyError::VersionTooNew);
        }
        let version = self.usable_version(number).ok_or(VerifyError::VersionTooOld)?;
        if encoded.len() > CIPHERTEXT_BYTES_MAX {
            return Err(VerifyError::Base64);
        }
        let bytes = options.marshaling.encoding().decode(encoded.as_bytes());
        let bytes = bytes.map_err(|_| VerifyError::Base64)?;
        Ok(self.holds(version, input, context, &options, &bytes, tries)?)
    }
}

impl From<TaggedError> for VerifyError {
    fn from(error: TaggedError) -> Self {
        match error {
            TaggedError::NoPrefix => Self::NoPrefix,
            TaggedError::Fields => Self::Fields,
            TaggedError::Version => Self::Version,
        }
    }
}
