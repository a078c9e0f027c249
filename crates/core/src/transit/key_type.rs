//! The registry of key types.

use std::fmt;
use std::str::FromStr;

use super::aead::{self, Aead};
use super::ecdsa::{self, Curve};
use super::rsa::{self, Size};
use super::{ed25519, hmac};

/// What kind of key it is. Its number is stored and never changes its meaning.
#[derive(Clone, Copy)]
pub struct KeyType(&'static Kind);

/// Every key type.
pub const KEY_TYPES: &[KeyType] = &[
    KeyType::AES_128_GCM96,
    KeyType::AES_256_GCM96,
    KeyType::CHACHA20_POLY1305,
    KeyType::ED25519,
    KeyType::ECDSA_P256,
    KeyType::ECDSA_P384,
    KeyType::ECDSA_P521,
    KeyType::RSA_2048,
    KeyType::RSA_3072,
    KeyType::RSA_4096,
    KeyType::HMAC,
];

/// What a type of key is for. Every type also authenticates (HMAC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supports {
    /// Encrypting and decrypting.
    pub encryption: bool,
    /// Signing and verifying.
    pub signing: bool,
    /// A key of its own for each context.
    pub derivation: bool,
    /// Equal ciphertexts for equal plaintexts in one context.
    pub convergent: bool,
    /// Associated data beside the plaintext.
    pub associated_data: bool,
}

/// A line of the registry.
pub(super) struct Kind {
    pub(super) number: u8,
    pub(super) name: &'static str,
    /// What Vault writes beside a public key.
    pub(super) algorithm_name: &'static str,
    pub(super) supports: Supports,
    pub(super) family: Family,
}

/// Types that differ in parameters only.
#[derive(Clone, Copy)]
pub(super) enum Family {
    Aead(&'static Aead),
    Ed25519,
    Ecdsa(&'static Curve),
    Rsa(&'static Size),
    Hmac,
}

impl KeyType {
    /// AES-128-GCM with a 96-bit nonce (NIST SP 800-38D).
    pub const AES_128_GCM96: Self = Self(&aead::AES_128_GCM96);
    /// AES-256-GCM with a 96-bit nonce (NIST SP 800-38D). Vault's default.
    pub const AES_256_GCM96: Self = Self(&aead::AES_256_GCM96);
    /// ChaCha20-Poly1305 (RFC 8439).
    pub const CHACHA20_POLY1305: Self = Self(&aead::CHACHA20_POLY1305);
    /// Ed25519 (RFC 8032).
    pub const ED25519: Self = Self(&ed25519::KIND);
    /// ECDSA on NIST P-256 (FIPS 186-5).
    pub const ECDSA_P256: Self = Self(&ecdsa::P256);
    /// ECDSA on NIST P-384 (FIPS 186-5).
    pub const ECDSA_P384: Self = Self(&ecdsa::P384);
    /// ECDSA on NIST P-521 (FIPS 186-5).
    pub const ECDSA_P521: Self = Self(&ecdsa::P521);
    /// RSA with 2,048 bits (RFC 8017).
    pub const RSA_2048: Self = Self(&rsa::RSA_2048);
    /// RSA with 3,072 bits (RFC 8017).
    pub const RSA_3072: Self = Self(&rsa::RSA_3072);
    /// RSA with 4,096 bits (RFC 8017).
    pub const RSA_4096: Self = Self(&rsa::RSA_4096);
    /// HMAC (RFC 2104) and nothing else.
    pub const HMAC: Self = Self(&hmac::KIND);

    /// Vault's name of it, such as `aes256-gcm96`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What Vault writes as `name` beside a public key, such as `P-256`; the type's name where there is none.
    #[must_use]
    pub fn algorithm_name(self) -> &'static str {
        self.0.algorithm_name
    }

    /// What it is for.
    #[must_use]
    pub fn supports(self) -> Supports {
        self.0.supports
    }

    /// Whether its versions have a public key.
    #[must_use]
    pub fn is_asymmetric(self) -> bool {
        matches!(self.0.family, Family::Ed25519 | Family::Ecdsa(_) | Family::Rsa(_))
    }

    pub(super) fn family(self) -> Family {
        self.0.family
    }
}

/// A text names no key type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown key type")]
pub struct KeyTypeError;

impl FromStr for KeyType {
    type Err = KeyTypeError;

    fn from_str(name: &str) -> Result<Self, KeyTypeError> {
        KEY_TYPES.iter().copied().find(|known| known.name() == name).ok_or(KeyTypeError)
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for KeyType {
    fn eq(&self, other: &Self) -> bool {
        self.0.number == other.0.number
    }
}

impl Eq for KeyType {}

impl<C> minicbor::Encode<C> for KeyType {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u8(self.0.number)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for KeyType {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        let number = decoder.u8()?;
        let known = KEY_TYPES.iter().copied().find(|known| known.0.number == number);
        known.ok_or_else(|| minicbor::decode::Error::message("unknown key type"))
    }
}
