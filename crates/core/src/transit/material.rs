//! Key material, and what is computed from it once.

use std::fmt;

use aws_lc_rs::aead::LessSafeKey;
use aws_lc_rs::signature::Ed25519KeyPair;
use zeroize::Zeroizing;

use super::key_type::Family;
use super::{HMAC_KEY_BYTES_MAX, HMAC_KEY_BYTES_MIN, ecdsa, ed25519, rsa};
use crate::random::Random;

/// The length of the HMAC key that every version of another type has, in bytes.
pub(super) const HMAC_KEY_BYTES: usize = 32;

/// Bytes of a key. Zeroized when dropped; no content in `Debug`.
pub(super) struct KeyMaterial(Zeroizing<Vec<u8>>);

/// The material is not that of its type, or aws-lc refused it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key's material is damaged")]
pub struct MaterialError;

/// A key as aws-lc uses it.
pub(super) enum Prepared {
    Aead(LessSafeKey),
    Ed25519(Ed25519KeyPair),
    Ecdsa(Box<ecdsa::Key>),
    Rsa(Box<rsa::Key>),
    Hmac,
}

impl KeyMaterial {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn random(length: usize, random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new(vec![0; length]);
        random.fill(&mut bytes);
        Self(bytes)
    }

    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Family {
    /// Material of a new version. `hmac_bytes` is the length of a key of type `hmac`.
    pub(super) fn generate(
        self,
        hmac_bytes: usize,
        random: &dyn Random,
    ) -> Result<KeyMaterial, MaterialError> {
        match self {
            Self::Aead(aead) => Ok(KeyMaterial::random(aead.key_bytes, random)),
            Self::Ed25519 => ed25519::generate(random),
            Self::Ecdsa(curve) => ecdsa::generate(curve),
            Self::Rsa(size) => rsa::generate(size),
            Self::Hmac => Ok(KeyMaterial::random(hmac_bytes, random)),
        }
    }

    /// Whether material may be of this family, by its length. [`Self::prepare`] looks further.
    pub(super) fn has_length(self, length: usize) -> bool {
        match self {
            Self::Aead(aead) => length == aead.key_bytes,
            Self::Ed25519 => length == ed25519::MATERIAL_BYTES,
            Self::Ecdsa(_) => (1..=ecdsa::PKCS8_BYTES_MAX).contains(&length),
            Self::Rsa(_) => (1..=rsa::PKCS8_BYTES_MAX).contains(&length),
            Self::Hmac => (HMAC_KEY_BYTES_MIN..=HMAC_KEY_BYTES_MAX).contains(&length),
        }
    }

    /// Parse the material.
    pub(super) fn prepare(self, material: &KeyMaterial) -> Result<Prepared, MaterialError> {
        match self {
            Self::Aead(aead) => aead.prepare(material.expose()).map(Prepared::Aead),
            Self::Ed25519 => ed25519::prepare(material.expose()).map(Prepared::Ed25519),
            Self::Ecdsa(curve) => {
                ecdsa::Key::parse(curve, material.expose()).map(Box::new).map(Prepared::Ecdsa)
            }
            Self::Rsa(size) => {
                rsa::Key::parse(size, material.expose()).map(Box::new).map(Prepared::Rsa)
            }
            Self::Hmac => Ok(Prepared::Hmac),
        }
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(..)")
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared(..)")
    }
}

impl<C> minicbor::Encode<C> for KeyMaterial {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(&self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for KeyMaterial {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        decoder.bytes().map(|bytes| Self::new(bytes.to_vec()))
    }
}
