//! Signing.
//!
//! ```text
//! signature = "vault:v" || version || ":" || base64(bytes)          base64url without padding for `jws`
//! ```

use std::str::FromStr;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64, BASE64URL_NOPAD, Encoding};

use super::derive::derive;
use super::ed25519::{self, SEED_BYTES};
use super::hash::HashAlgorithm;
use super::key::{KeyVersion, TransitKey};
use super::key_type::KeyType;
use super::material::{MaterialError, Prepared};
use super::rsa::{Refusal, RsaHash, RsaPadding, SaltLength, SaltTries};
use super::tagged::tagged;
use super::{CONTEXT_BYTES_MAX, INPUT_BYTES_MAX};

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marshaling {
    /// ECDSA as ASN.1 (RFC 3279, 2.2.3), in base64. `asn1`, Vault's default.
    #[default]
    Asn1,
    /// ECDSA as two numbers of fixed length (RFC 7518, 3.4), in base64url without padding. `jws`.
    Jws,
}

/// How to sign or verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureOptions {
    /// The hash; `None` for Vault's `none`. Ed25519 hashes by itself and looks past it.
    pub hash: Option<HashAlgorithm>,
    /// Whether the input is a hash already. Ed25519 looks past it, as Vault does.
    pub prehashed: bool,
    /// How the signature is written.
    pub marshaling: Marshaling,
    /// For RSA.
    pub padding: RsaPadding,
    /// For RSA with PSS.
    pub salt_length: SaltLength,
}

/// What to sign.
#[derive(Clone, Copy)]
pub struct SignRequest<'a> {
    /// At most [`INPUT_BYTES_MAX`].
    pub input: &'a [u8],
    /// Which derived key; keys that are not derived look past it.
    pub context: &'a [u8],
    /// The version to use; 0 for the latest.
    pub version: u32,
    /// How.
    pub options: SignatureOptions,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `vault:v<version>:<base64>`
    pub signature: String,
    /// The version that signed.
    pub version: u32,
    /// The public key, when it is a derived one and so nowhere else to be read.
    pub public_key: Option<Vec<u8>>,
}

/// An input cannot be signed. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key does not sign.
    #[error("key type {0} does not support signing")]
    Unsupported(KeyType),
    /// No such version yet.
    #[error("requested version for signing is higher than the latest key version")]
    VersionTooNew,
    /// The version may not sign any more.
    #[error("requested version for signing is less than the minimum encryption key version")]
    VersionBelowMinimum,
    /// The version may not be used any more, or was dropped.
    #[error("no such key version")]
    NoSuchVersion,
    /// What is wrong beside the version.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Neither a signature can be made nor one verified. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The key is derived.
    #[error(
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key"
    )]
    MissingContext,
    /// The context is too long.
    #[error("the context is longer than {CONTEXT_BYTES_MAX} bytes")]
    ContextTooLong,
    /// The input is too long.
    #[error("the input is longer than {INPUT_BYTES_MAX} bytes")]
    InputTooLong,
    /// `none` is for one combination.
    #[error("hash_algorithm=none requires both prehashed=true and signature_algorithm=pkcs1v15")]
    HashNone,
    /// The library has no RSA signatures over other hashes, nor PKCS#1 v1.5 without one.
    #[error("RSA signatures are supported with sha2-256, sha2-384 and sha2-512 only")]
    RsaHashUnsupported,
    /// The input is said to be a hash, and has not the length of one.
    #[error("the length of the prehashed input is not that of a hash")]
    DigestLength,
    /// The key has no room for such a salt.
    #[error("requested salt length {0} is invalid")]
    SaltLength(u16),
    /// Looking for the length of the salt took as long as one request may take.
    #[error(
        "the request tried as many salt lengths as it may: state salt_length, or verify fewer signatures at once"
    )]
    SaltTries,
    /// The stored key cannot be used.
    #[error(transparent)]
    Material(#[from] MaterialError),
}

/// A text names no way to write signatures.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("requested marshaling type is invalid")]
pub struct MarshalingError;

/// A text names no RSA padding.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unsupported rsa signature algorithm")]
pub struct RsaPaddingError;

impl Default for SignatureOptions {
    /// Vault's.
    fn default() -> Self {
        Self {
            hash: Some(HashAlgorithm::default()),
            prehashed: false,
            marshaling: Marshaling::default(),
            padding: RsaPadding::default(),
            salt_length: SaltLength::default(),
        }
    }
}

impl Marshaling {
    pub(super) fn encoding(self) -> Encoding {
        match self {
            Self::Asn1 => BASE64,
            Self::Jws => BASE64URL_NOPAD,
        }
    }
}

impl FromStr for Marshaling {
    type Err = MarshalingError;

    fn from_str(name: &str) -> Result<Self, MarshalingError> {
        match name {
            "asn1" => Ok(Self::Asn1),
            "jws" => Ok(Self::Jws),
            _ => Err(MarshalingError),
        }
    }
}

impl FromStr for RsaPadding {
    type Err = RsaPaddingError;

    /// Vault's spelling; an empty text is its default.
    fn from_str(name: &str) -> Result<Self, RsaPaddingError> {
        match name {
            "" | "pss" => Ok(Self::Pss),
            "pkcs1v15" => Ok(Self::Pkcs1v15),
            _ => Err(RsaPaddingError),
        }
    }
}

impl SignatureOptions {
    /// What is signed: the input, or its hash.
    fn message(&self, input: &[u8]) -> Vec<u8> {
        match self.hash {
            Some(hash) if !self.prehashed => hash.digest(input),
            _ => input.to_vec(),
        }
    }

    pub(super) fn rsa_hash(&self) -> Result<&'static RsaHash, SignatureError> {
        self.hash.and_then(RsaHash::of).ok_or(SignatureError::RsaHashUnsupported)
    }
}

impl TransitKey {
    /// Sign with the latest version or the one asked for.
    ///
    /// # Errors
    /// [`SignError`]
    pub fn sign(&self, request: &SignRequest<'_>) -> Result<Signed, SignError> {
        let SignRequest { input, context, options, .. } = *request;
        if !self.key_type.supports().signing {
            return Err(SignError::Unsupported(self.key_type));
        }
        self.check_signature_request(input, context, &options)?;
        let (number, version) = self.signing_version(request.version)?;
        let (bytes, public_key) = self.signature(version, input, context, &options)?;
        let signature = tagged(number, &options.marshaling.encoding().encode(&bytes));
        Ok(Signed { signature, version: number, public_key })
    }

    /// The signature's bytes, and the public key when it is a derived one.
    fn signature(
        &self,
        version: &KeyVersion,
        input: &[u8],
        context: &[u8],
        options: &SignatureOptions,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), SignatureError> {
        let bytes = match version.prepared(self.key_type)? {
            Prepared::Ed25519(_) if self.derived => {
                let pair = derived_pair(version, context)?;
                let public_key = pair.public_key().as_ref().to_vec();
                return Ok((ed25519::sign(&pair, input)?, Some(public_key)));
            }
            Prepared::Ed25519(pair) => ed25519::sign(pair, input)?,
            Prepared::Ecdsa(key) => {
                let signature = key.sign(&options.message(input), options.marshaling);
                signature.ok_or(SignatureError::DigestLength)??
            }
            Prepared::Rsa(key) => {
                let hash = options.rsa_hash()?;
                let digest = options.message(input);
                key.sign(hash, &digest, options.padding, options.salt_length)?
            }
            Prepared::Aead(_) | Prepared::Hmac => return Err(MaterialError.into()),
        };
        Ok((bytes, None))
    }

    pub(super) fn check_signature_request(
        &self,
        input: &[u8],
        context: &[u8],
        options: &SignatureOptions,
    ) -> Result<(), SignatureError> {
        let allows_none = options.prehashed && options.padding == RsaPadding::Pkcs1v15;
        if options.hash.is_none() && !allows_none {
            return Err(SignatureError::HashNone);
        }
        if input.len() > INPUT_BYTES_MAX {
            return Err(SignatureError::InputTooLong);
        }
        if self.derived && context.is_empty() {
            return Err(SignatureError::MissingContext);
        }
        if context.len() > CONTEXT_BYTES_MAX {
            return Err(SignatureError::ContextTooLong);
        }
        Ok(())
    }

    /// Whether the signature's bytes are of this input.
    pub(super) fn holds(
        &self,
        version: &KeyVersion,
        input: &[u8],
        context: &[u8],
        options: &SignatureOptions,
        signature: &[u8],
        tries: &mut SaltTries,
    ) -> Result<bool, SignatureError> {
        Ok(match version.prepared(self.key_type)? {
            Prepared::Ed25519(_) if self.derived => {
                ed25519::verify(&derived_pair(version, context)?, input, signature)
            }
            Prepared::Ed25519(pair) => ed25519::verify(pair, input, signature),
            Prepared::Ecdsa(key) => {
                let holds = key.verify(&options.message(input), options.marshaling, signature);
                holds.ok_or(SignatureError::DigestLength)?
            }
            Prepared::Rsa(key) => {
                let hash = options.rsa_hash()?;
                let digest = options.message(input);
                key.verify(hash, &digest, options.padding, options.salt_length, signature, tries)?
            }
            Prepared::Aead(_) | Prepared::Hmac => return Err(MaterialError.into()),
        })
    }

    fn signing_version(&self, requested: u32) -> Result<(u32, &KeyVersion), SignError> {
        let number = if requested == 0 { self.latest_version } else { requested };
        if number > self.latest_version {
            return Err(SignError::VersionTooNew);
        }
        if number < self.min_encryption_version {
            return Err(SignError::VersionBelowMinimum);
        }
        let version = self.usable_version(number).ok_or(SignError::NoSuchVersion)?;
        Ok((number, version))
    }
}

/// The Ed25519 pair of a context.
pub(super) fn derived_pair(
    version: &KeyVersion,
    context: &[u8],
) -> Result<Ed25519KeyPair, MaterialError> {
    ed25519::from_seed(&derive(version.material().expose(), context, SEED_BYTES)?)
}

impl From<Refusal> for SignatureError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SaltLength(bytes) => Self::SaltLength(bytes),
            Refusal::DigestLength => Self::DigestLength,
            Refusal::SaltTries => Self::SaltTries,
            Refusal::Material => Self::Material(MaterialError),
        }
    }
}
