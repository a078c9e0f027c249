//! Envelope encryption: what the store holds, and the keys that open it.
//!
//! ```text
//! unseal key   32 bytes: a key file, Argon2id(passphrase), or t of n shares           (seal)
//!    wraps
//! root key     32 random bytes, changed by a rekey                                    (RootKey)
//!    wraps
//! key-encryption key   32 random bytes, changed by a rekey                            (KeyEncryptionKey)
//!    wraps
//! data keys    32 random bytes each, numbered from 1, the newest encrypts             (Keyring)
//!    encrypt
//! records
//! ```
//! Every arrow is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, and every ciphertext is bound to
//! what it is by its associated data.

mod aead;
mod keyring;
mod password;
mod record;
pub mod seal;

pub use aead::{OpenError, WRAPPED_KEY_BYTES};
pub use keyring::{KeyEncryptionKey, Keyring, KeyringError, KeyringRecord, RootKey};
pub use password::{PASSWORD_BYTES_MAX, PasswordError, PasswordHash};
pub use record::{RECORD_OVERHEAD_BYTES, RecordKind};
