//! The rules of the transit engine: named keys that encrypt, sign and authenticate for a caller who never sees them.
//! Types, texts and encodings are those of HashiCorp Vault's transit secrets engine
//! (<https://developer.hashicorp.com/vault/api-docs/secret/transit>), so that what one makes the other reads.
//!
//! Pure: bytes and times come in, texts and verdicts go out. What it must never do: put key material into an error or
//! a `Debug`, decrypt with a version below the minimum, or answer for an algorithm that the library does not have.
//! RSA and ECDSA keys are generated, and RSA padding and ECDSA nonces drawn, by aws-lc's own generator; everything
//! else that is random comes through [`Random`](crate::random::Random). Formats: `docs/internals/transit.md`.
//!
//! # Adding a key type
//! A `Kind` in the file of its family (or a new family), its constant and its line in [`KEY_TYPES`]. The tests walk
//! that list.

mod aead;
mod backup;
mod configure;
mod der;
mod derive;
mod ecdsa;
mod ed25519;
mod encrypt;
mod export;
mod hash;
mod hmac;
mod key;
mod key_type;
mod material;
mod rsa;
mod sign;
mod tagged;
#[cfg(test)]
mod tests;
mod verify;

pub use backup::{BackupError, BackupMoment, RestoreError, restore};
pub use configure::{
    AUTO_ROTATE_SECS_MIN, Configuration, ConfigureError, Configured, RotateError, TrimError,
};
pub use encrypt::{
    DataKey, DataKeyBits, DecryptError, DecryptRequest, EncryptError, EncryptRequest, Encrypted,
    RewrapError,
};
pub use export::{
    ExportError, ExportFormat, ExportKind, ExportNameError, ExportVersions, PublicKeyError,
};
pub use hash::{HashAlgorithm, HashNameError, RandomBytesError, random_bytes};
pub use hmac::{HmacError, HmacVerifyError};
pub use key::{CreateError, KeyVersion, NewKey, RecordError, TransitKey};
pub use key_type::{KEY_TYPES, KeyType, KeyTypeError, Supports};
pub use material::MaterialError;
pub use rsa::{RsaPadding, SaltLength, SaltLengthError, SaltTries};
pub use sign::{
    Marshaling, MarshalingError, RsaPaddingError, SignError, SignRequest, SignatureError,
    SignatureOptions, Signed,
};
pub use verify::{VerifyError, VerifyRequest};

/// The longest plaintext, in bytes. RSA takes less: see [`EncryptError::PlaintextTooLong`].
pub const PLAINTEXT_BYTES_MAX: usize = 1 << 20;
/// The longest input to sign, verify, authenticate or hash, in bytes.
pub const INPUT_BYTES_MAX: usize = 1 << 20;
/// The longest `vault:v1:...` text, in bytes: the longest plaintext with nonce and tag in base64, and its prefix.
pub const CIPHERTEXT_BYTES_MAX: usize = (PLAINTEXT_BYTES_MAX + 28).div_ceil(3) * 4 + 32;
/// The longest context of a derived key, in bytes.
pub const CONTEXT_BYTES_MAX: usize = 4_096;
/// The longest associated data, in bytes.
pub const ASSOCIATED_BYTES_MAX: usize = 1 << 16;
/// The most versions that a key keeps. A record of as many RSA-4096 keys stays below 1 MiB.
pub const KEY_VERSIONS_MAX: usize = 320;
/// The most items of one batch.
pub const BATCH_ITEMS_MAX: usize = 1_000;
/// The most random bytes of one request (Vault's limit).
pub const RANDOM_BYTES_MAX: usize = 128 << 10;
/// The shortest key of type `hmac`, in bytes (Vault's limit).
pub const HMAC_KEY_BYTES_MIN: usize = 32;
/// The longest key of type `hmac`, in bytes (Vault's limit).
pub const HMAC_KEY_BYTES_MAX: usize = 512;
/// The longest backup, in bytes of base64.
pub const BACKUP_BYTES_MAX: usize = 2 << 20;
