//! Encrypting, decrypting, and both at once.
//!
//! ```text
//! ciphertext = "vault:v" || version || ":" || base64(sealed)
//! sealed     = nonce(12) || AEAD[key](nonce, plaintext, associated data) || tag(16)    or    RSAES-OAEP[key](plaintext)
//! ```
//! The nonce is random, or in convergent encryption made from the plaintext (`derive.rs`).

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::aead::{self, Aead, NONCE_BYTES, OpenFailure, TAG_BYTES};
use super::derive::{NONCE_KEY_BYTES, convergent_nonce, derive};
use super::key::{KeyVersion, TransitKey};
use super::key_type::{Family, KeyType};
use super::material::{MaterialError, Prepared};
use super::tagged::{self, TaggedError, tagged};
use super::{ASSOCIATED_BYTES_MAX, CIPHERTEXT_BYTES_MAX, CONTEXT_BYTES_MAX, PLAINTEXT_BYTES_MAX};
use crate::random::{self, Random};
use crate::secret::SecretValue;

/// What to encrypt.
#[derive(Clone, Copy)]
pub struct EncryptRequest<'a> {
    /// At most [`PLAINTEXT_BYTES_MAX`], and less for RSA.
    pub plaintext: &'a [u8],
    /// Which derived key; keys that are not derived look past it.
    pub context: &'a [u8],
    /// What decryption must be given again; empty for none.
    pub associated: &'a [u8],
    /// The version to use; 0 for the latest.
    pub version: u32,
}

/// What to decrypt.
#[derive(Clone, Copy)]
pub struct DecryptRequest<'a> {
    /// `vault:v<version>:<base64>`
    pub ciphertext: &'a str,
    /// As when it was encrypted.
    pub context: &'a [u8],
    /// As when it was encrypted.
    pub associated: &'a [u8],
}

/// A ciphertext.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// `vault:v<version>:<base64>`
    pub ciphertext: String,
    /// The version that encrypted.
    pub version: u32,
}

/// The length of a data key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataKeyBits {
    /// 128 bits
    Bits128,
    /// 256 bits: Vault's default.
    #[default]
    Bits256,
    /// 512 bits
    Bits512,
}

/// A new random key and its ciphertext.
#[derive(Debug)]
pub struct DataKey {
    /// The key, for who asked for it in plaintext.
    pub plaintext: SecretValue,
    /// The key encrypted.
    pub encrypted: Encrypted,
}

/// A plaintext cannot be encrypted. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The key does not encrypt.
    #[error("message encryption not supported for key type {0}")]
    Unsupported(KeyType),
    /// No such version yet.
    #[error("requested version for encryption is higher than the latest key version")]
    VersionTooNew,
    /// The version may not encrypt any more.
    #[error("requested version for encryption is less than the minimum encryption key version")]
    VersionBelowMinimum,
    /// The version may not be used any more, or was dropped.
    #[error("no such key version")]
    NoSuchVersion,
    /// The key is derived.
    #[error(
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key"
    )]
    MissingContext,
    /// The context is too long.
    #[error("the context is longer than {CONTEXT_BYTES_MAX} bytes")]
    ContextTooLong,
    /// The type takes no associated data.
    #[error("associated_data is not supported for key type {0}")]
    AssociatedUnsupported(KeyType),
    /// One nonce would serve different messages, which gives AES-GCM's authentication key away.
    #[error("associated_data is not supported with convergent encryption")]
    AssociatedWithConvergent,
    /// The associated data are too long.
    #[error("the associated data are longer than {ASSOCIATED_BYTES_MAX} bytes")]
    AssociatedTooLong,
    /// The plaintext is too long for this key.
    #[error("the plaintext is longer than {limit} bytes")]
    PlaintextTooLong {
        /// The longest for this key, in bytes.
        limit: usize,
    },
    /// The stored key cannot be used.
    #[error(transparent)]
    Material(#[from] MaterialError),
}

/// A ciphertext cannot be decrypted. Texts are Vault's where it has one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// The key does not decrypt.
    #[error("message decryption not supported for key type {0}")]
    Unsupported(KeyType),
    /// It does not begin with `vault:v`.
    #[error("invalid ciphertext: no prefix")]
    NoPrefix,
    /// It has no second colon.
    #[error("invalid ciphertext: wrong number of fields")]
    Fields,
    /// Its version is no number.
    #[error("invalid ciphertext: version number could not be decoded")]
    Version,
    /// It is of a version that is not there yet.
    #[error("invalid ciphertext: version is too new")]
    VersionTooNew,
    /// It is of a version that may not decrypt any more.
    #[error("ciphertext or signature version is disallowed by policy (too old)")]
    VersionTooOld,
    /// It is no base64.
    #[error("invalid ciphertext: could not decode base64")]
    Base64,
    /// It is too short for nonce and tag.
    #[error("invalid ciphertext length")]
    Length,
    /// It is too long.
    #[error("the ciphertext is longer than {CIPHERTEXT_BYTES_MAX} bytes")]
    TooLong,
    /// The key is derived.
    #[error(
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key"
    )]
    MissingContext,
    /// The context is too long.
    #[error("the context is longer than {CONTEXT_BYTES_MAX} bytes")]
    ContextTooLong,
    /// The type takes no associated data.
    #[error("associated_data is not supported for key type {0}")]
    AssociatedUnsupported(KeyType),
    /// The associated data are too long.
    #[error("the associated data are longer than {ASSOCIATED_BYTES_MAX} bytes")]
    AssociatedTooLong,
    /// It was altered, or made with another key, context or associated data.
    #[error("message authentication failed")]
    Unauthentic,
    /// The stored key cannot be used.
    #[error(transparent)]
    Material(#[from] MaterialError),
}

/// A ciphertext cannot be encrypted anew.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewrapError {
    /// It does not decrypt.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// It does not encrypt.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
}

impl DataKeyBits {
    /// From a number of bits; `None` when there is no such length (Vault: "invalid bit length").
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Self> {
        match bits {
            128 => Some(Self::Bits128),
            256 => Some(Self::Bits256),
            512 => Some(Self::Bits512),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Bits128 => 16,
            Self::Bits256 => 32,
            Self::Bits512 => 64,
        }
    }
}

impl TransitKey {
    /// Encrypt with the latest version or the one asked for.
    ///
    /// # Errors
    /// [`EncryptError`]
    pub fn encrypt(
        &self,
        request: &EncryptRequest<'_>,
        random: &dyn Random,
    ) -> Result<Encrypted, EncryptError> {
        self.check_encryption(request)?;
        let (number, version) = self.encrypting_version(request.version)?;
        let sealed = match (self.key_type.family(), version.prepared(self.key_type)?) {
            (Family::Aead(aead), Prepared::Aead(_)) if self.derived => {
                self.seal_derived(aead, version, request, random)?
            }
            (_, Prepared::Aead(key)) => {
                aead::seal(key, random::array(random), request.plaintext, request.associated)?
            }
            (Family::Rsa(size), Prepared::Rsa(key)) => {
                let limit = size.plaintext_bytes_max();
                if request.plaintext.len() > limit {
                    return Err(EncryptError::PlaintextTooLong { limit });
                }
                key.encrypt(request.plaintext)?
            }
            _ => return Err(EncryptError::Unsupported(self.key_type)),
        };
        Ok(Encrypted { ciphertext: tagged(number, &BASE64.encode(&sealed)), version: number })
    }

    /// Decrypt with the version that the ciphertext names.
    ///
    /// # Errors
    /// [`DecryptError`]
    pub fn decrypt(&self, request: &DecryptRequest<'_>) -> Result<SecretValue, DecryptError> {
        self.check_decryption(request)?;
        let (number, encoded) = tagged::parse(request.ciphertext)?;
        if number > self.latest_version {
            return Err(DecryptError::VersionTooNew);
        }
        let version = self.usable_version(number).ok_or(DecryptError::VersionTooOld)?;
        let sealed = BASE64.decode(encoded.as_bytes()).map_err(|_| DecryptError::Base64)?;
        let mut plaintext = match (self.key_type.family(), version.prepared(self.key_type)?) {
            (Family::Aead(aead), Prepared::Aead(_)) if self.derived => {
                let key = derive(version.material().expose(), request.context, aead.key_bytes)?;
                aead::open(&aead.prepare(&key)?, &sealed, request.associated)?
            }
            (_, Prepared::Aead(key)) => aead::open(key, &sealed, request.associated)?,
            (_, Prepared::Rsa(key)) => key.decrypt(&sealed).ok_or(DecryptError::Unauthentic)?,
            _ => return Err(DecryptError::Unsupported(self.key_type)),
        };
        Ok(SecretValue::new(std::mem::take(&mut *plaintext)))
    }

    /// Decrypt and encrypt anew with `version`, 0 for the latest, without showing the plaintext.
    ///
    /// # Errors
    /// [`RewrapError`]
    pub fn rewrap(
        &self,
        request: &DecryptRequest<'_>,
        version: u32,
        random: &dyn Random,
    ) -> Result<Encrypted, RewrapError> {
        let plaintext = self.decrypt(request)?;
        let DecryptRequest { context, associated, .. } = *request;
        let again = EncryptRequest { plaintext: plaintext.expose(), context, associated, version };
        Ok(self.encrypt(&again, random)?)
    }

    /// A new random key, encrypted as `request` says; the request's own plaintext is looked past.
    ///
    /// # Errors
    /// [`EncryptError`]
    pub fn data_key(
        &self,
        bits: DataKeyBits,
        request: &EncryptRequest<'_>,
        random: &dyn Random,
    ) -> Result<DataKey, EncryptError> {
        let mut key = Zeroizing::new(vec![0; bits.bytes()]);
        random.fill(&mut key);
        let encrypted = self.encrypt(&EncryptRequest { plaintext: &key, ..*request }, random)?;
        Ok(DataKey { plaintext: SecretValue::new(std::mem::take(&mut *key)), encrypted })
    }

    fn seal_derived(
        &self,
        aead: &Aead,
        version: &KeyVersion,
        request: &EncryptRequest<'_>,
        random: &dyn Random,
    ) -> Result<Vec<u8>, MaterialError> {
        let extra = if self.convergent { NONCE_KEY_BYTES } else { 0 };
        let derived = derive(version.material().expose(), request.context, aead.key_bytes + extra)?;
        let (key, nonce_key) = derived.split_at_checked(aead.key_bytes).ok_or(MaterialError)?;
        let nonce = if self.convergent {
            convergent_nonce(nonce_key, request.plaintext)
        } else {
            random::array::<NONCE_BYTES>(random)
        };
        aead::seal(&aead.prepare(key)?, nonce, request.plaintext, request.associated)
    }

    fn check_encryption(&self, request: &EncryptRequest<'_>) -> Result<(), EncryptError> {
        let supports = self.key_type.supports();
        if !supports.encryption {
            return Err(EncryptError::Unsupported(self.key_type));
        }
        if request.plaintext.len() > PLAINTEXT_BYTES_MAX {
            return Err(EncryptError::PlaintextTooLong { limit: PLAINTEXT_BYTES_MAX });
        }
        if self.derived && request.context.is_empty() {
            return Err(EncryptError::MissingContext);
        }
        if request.context.len() > CONTEXT_BYTES_MAX {
            return Err(EncryptError::ContextTooLong);
        }
        if request.associated.len() > ASSOCIATED_BYTES_MAX {
            return Err(EncryptError::AssociatedTooLong);
        }
        if !request.associated.is_empty() && !supports.associated_data {
            return Err(EncryptError::AssociatedUnsupported(self.key_type));
        }
        if !request.associated.is_empty() && self.convergent {
            return Err(EncryptError::AssociatedWithConvergent);
        }
        Ok(())
    }

    fn check_decryption(&self, request: &DecryptRequest<'_>) -> Result<(), DecryptError> {
        let supports = self.key_type.supports();
        if !supports.encryption {
            return Err(DecryptError::Unsupported(self.key_type));
        }
        if request.ciphertext.len() > CIPHERTEXT_BYTES_MAX {
            return Err(DecryptError::TooLong);
        }
        if self.derived && request.context.is_empty() {
            return Err(DecryptError::MissingContext);
        }
        if request.context.len() > CONTEXT_BYTES_MAX {
            return Err(DecryptError::ContextTooLong);
        }
        if request.associated.len() > ASSOCIATED_BYTES_MAX {
            return Err(DecryptError::AssociatedTooLong);
        }
        if !request.associated.is_empty() && !supports.associated_data {
            return Err(DecryptError::AssociatedUnsupported(self.key_type));
        }
        Ok(())
    }

    fn encrypting_version(&self, requested: u32) -> Result<(u32, &KeyVersion), EncryptError> {
        let number = if requested == 0 { self.latest_version } else { requested };
        if number > self.latest_version {
            return Err(EncryptError::VersionTooNew);
        }
        if number < self.min_encryption_version {
            return Err(EncryptError::VersionBelowMinimum);
        }
        let version = self.usable_version(number).ok_or(EncryptError::NoSuchVersion)?;
        Ok((number, version))
    }
}

impl From<TaggedError> for DecryptError {
    fn from(error: TaggedError) -> Self {
        match error {
            TaggedError::NoPrefix => Self::NoPrefix,
            TaggedError::Fields => Self::Fields,
            TaggedError::Version => Self::Version,
        }
    }
}

impl From<OpenFailure> for DecryptError {
    fn from(failure: OpenFailure) -> Self {
        match failure {
            OpenFailure::TooShort => Self::Length,
            OpenFailure::Unauthentic => Self::Unauthentic,
        }
    }
}

const _: () = assert!(
    CIPHERTEXT_BYTES_MAX
        >= "vault:v4294967295:".len()
            + (PLAINTEXT_BYTES_MAX + NONCE_BYTES + TAG_BYTES).div_ceil(3) * 4
);
