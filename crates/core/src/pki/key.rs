//! Key pairs of issuers and of certificates.

use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, RsaKeyPair,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use zeroize::Zeroizing;

use crate::random::Random;

const SEED_LENGTH: usize = 32;

/// What keys there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum KeyAlgorithm {
    /// RSA with a modulus of 2048 bits.
    #[n(0)]
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    #[n(1)]
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    #[n(2)]
    Rsa4096,
    /// ECDSA on NIST P-256.
    #[n(3)]
    EcP256,
    /// ECDSA on NIST P-384.
    #[n(4)]
    EcP384,
    /// ECDSA on NIST P-521.
    #[n(5)]
    EcP521,
    /// Ed25519 (RFC 8032).
    #[n(6)]
    Ed25519,
}

/// Why there is no such key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The type is none of Vault's.
    #[error("unknown key type {key_type:?}; it is rsa, ec or ed25519")]
    UnknownType {
        /// The type that was asked for.
        key_type: String,
    },
    /// The number of bits does not go with the type, or is not supported with it.
    #[error("keys of type {key_type} with {key_bits} bits are not supported")]
    UnsupportedLength {
        /// The type that was asked for.
        key_type: &'static str,
        /// The bits that were asked for.
        key_bits: u32,
    },
    /// The issuer's key cannot sign with a hash of this length.
    #[error(
        "signatures with a hash of {signature_bits} bits are not supported with the issuer's {key_type} key"
    )]
    UnsupportedSignature {
        /// The type of the issuer's key.
        key_type: &'static str,
        /// The bits of the hash that were asked for.
        signature_bits: u32,
    },
    /// The crypto provider made no key, or did not read one that it made.
    #[error("the crypto provider failed")]
    Provider,
}

impl KeyAlgorithm {
    /// From Vault's `key_type` and `key_bits`, where 0 bits are the type's default: 2048 for `rsa`, 256 for `ec`. The
    /// bits are ignored with `ed25519`, as Vault does.
    ///
    /// # Errors
    /// When there is no such type or it is not supported with so many bits.
    pub fn parse(key_type: &str, key_bits: u32) -> Result<Self, KeyError> {
        let unsupported = |key_type| Err(KeyError::UnsupportedLength { key_type, key_bits });
        match (key_type, key_bits) {
            ("rsa", 0 | 2_048) => Ok(Self::Rsa2048),
            ("rsa", 3_072) => Ok(Self::Rsa3072),
            ("rsa", 4_096) => Ok(Self::Rsa4096),
            ("rsa", _) => unsupported("rsa"),
            ("ec", 0 | 256) => Ok(Self::EcP256),
            ("ec", 384) => Ok(Self::EcP384),
            ("ec", 521) => Ok(Self::EcP521),
            ("ec", _) => unsupported("ec"),
            ("ed25519", _) => Ok(Self::Ed25519),
            _ => Err(KeyError::UnknownType { key_type: key_type.chars().take(32).collect() }),
        }
    }

    /// Vault's `key_type` and `private_key_type`.
    #[must_use]
    pub fn key_type(self) -> &'static str {
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => "rsa",
            Self::EcP256 | Self::EcP384 | Self::EcP521 => "ec",
            Self::Ed25519 => "ed25519",
        }
    }

    /// Vault's `key_bits`: bits of the modulus or of the curve, 0 for Ed25519.
    #[must_use]
    pub fn key_bits(self) -> u32 {
        match self {
            Self::Rsa2048 => 2_048,
            Self::Rsa3072 => 3_072,
            Self::Rsa4096 => 4_096,
            Self::EcP256 => 256,
            Self::EcP384 => 384,
            Self::EcP521 => 521,
            Self::Ed25519 => 0,
        }
    }

    /// How a key of this kind signs. 0 bits leave the choice: SHA-256 with RSA, the curve's own hash with ECDSA.
    pub(super) fn signature(
        self,
        signature_bits: u32,
    ) -> Result<&'static rcgen::SignatureAlgorithm, KeyError> {
        match (self, signature_bits) {
            (Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096, 0 | 256) => Ok(&rcgen::PKCS_RSA_SHA256),
            (Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096, 384) => Ok(&rcgen::PKCS_RSA_SHA384),
            (Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096, 512) => Ok(&rcgen::PKCS_RSA_SHA512),
            (Self::EcP256, 0 | 256) => Ok(&rcgen::PKCS_ECDSA_P256_SHA256),
            (Self::EcP384, 0 | 384) => Ok(&rcgen::PKCS_ECDSA_P384_SHA384),
            (Self::EcP521, 0 | 512) => Ok(&rcgen::PKCS_ECDSA_P521_SHA512),
            (Self::Ed25519, 0) => Ok(&rcgen::PKCS_ED25519),
            _ => {
                let key_type = self.key_type();
                Err(KeyError::UnsupportedSignature { key_type, signature_bits })
            }
        }
    }
}

/// A key pair. It is zeroized when dropped, and has no `Debug`.
#[derive(minicbor::Encode, minicbor::Decode)]
pub struct PrivateKey {
    #[n(0)]
    algorithm: KeyAlgorithm,
    #[cbor(n(1), with = "zeroizing_bytes")]
    pkcs8: Zeroizing<Vec<u8>>,
}

impl PrivateKey {
    /// Generate one. An Ed25519 key is made from `random`; RSA and ECDSA keys can only be generated by the crypto
    /// provider, with its own random generator.
    ///
    /// # Errors
    /// When the provider fails.
    pub fn generate(algorithm: KeyAlgorithm, random: &dyn Random) -> Result<Self, KeyError> {
        let pkcs8 = match algorithm {
            KeyAlgorithm::Rsa2048 => rsa(KeySize::Rsa2048),
            KeyAlgorithm::Rsa3072 => rsa(KeySize::Rsa3072),
            KeyAlgorithm::Rsa4096 => rsa(KeySize::Rsa4096),
            KeyAlgorithm::EcP256 => ec(&ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyAlgorithm::EcP384 => ec(&ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyAlgorithm::EcP521 => ec(&ECDSA_P521_SHA512_ASN1_SIGNING),
            KeyAlgorithm::Ed25519 => ed25519(random),
        };
        pkcs8.map(|pkcs8| Self { algorithm, pkcs8 }).ok_or(KeyError::Provider)
    }

    /// What kind of key it is.
    #[must_use]
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The key in PKCS #8 (RFC 5208), DER.
    #[must_use]
    pub fn expose_pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The key in the form of its algorithm, DER: PKCS #1 (RFC 8017) for RSA, SEC 1 (RFC 5915) for ECDSA, and PKCS #8
    /// for Ed25519, which has no other.
    ///
    /// # Errors
    /// When the provider does not read the key.
    pub fn traditional_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let der = match self.algorithm {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
                inside_pkcs8(&self.pkcs8)
            }
            KeyAlgorithm::EcP256 => self.sec1(&ECDSA_P256_SHA256_ASN1_SIGNING),
            KeyAlgorithm::EcP384 => self.sec1(&ECDSA_P384_SHA384_ASN1_SIGNING),
            KeyAlgorithm::EcP521 => self.sec1(&ECDSA_P521_SHA512_ASN1_SIGNING),
            KeyAlgorithm::Ed25519 => Some(self.pkcs8.clone()),
        };
        der.ok_or(KeyError::Provider)
    }

    pub(super) fn key_pair(
        &self,
        signature_bits: u32,
    ) -> Result<Zeroizing<rcgen::KeyPair>, KeyError> {
        let signature = self.algorithm.signature(signature_bits)?;
        let pkcs8 = PrivatePkcs8KeyDer::from(&**self.pkcs8);
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, signature)
            .map(Zeroizing::new)
            .map_err(|_| KeyError::Provider)
    }

    fn sec1(&self, algorithm: &'static EcdsaSigningAlgorithm) -> Option<Zeroizing<Vec<u8>>> {
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &self.pkcs8).ok()?;
        let der: EcPrivateKeyRfc5915Der<'_> = pair.private_key().as_der().ok()?;
        Some(Zeroizing::new(der.as_ref().to_vec()))
    }
}

fn rsa(size: KeySize) -> Option<Zeroizing<Vec<u8>>> {
    let der: Pkcs8V1Der<'_> = RsaKeyPair::generate(size).ok()?.as_der().ok()?;
    Some(Zeroizing::new(der.as_ref().to_vec()))
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> Option<Zeroizing<Vec<u8>>> {
    let document = EcdsaKeyPair::generate(algorithm).ok()?.to_pkcs8v1().ok()?;
    Some(Zeroizing::new(document.as_ref().to_vec()))
}

fn ed25519(random: &dyn Random) -> Option<Zeroizing<Vec<u8>>> {
    let mut seed = Zeroizing::new([0; SEED_LENGTH]);
    random.fill(&mut *seed);
    let document = Ed25519KeyPair::from_seed_unchecked(&*seed).ok()?.to_pkcs8v1().ok()?;
    Some(Zeroizing::new(document.as_ref().to_vec()))
}

/// The key inside `PrivateKeyInfo ::= SEQUENCE { version, algorithm, OCTET STRING }`.
fn inside_pkcs8(pkcs8: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let inside = yasna::parse_der(pkcs8, |reader| {
        reader.read_sequence(|reader| {
            reader.next().read_u8()?;
            reader.next().read_der()?;
            reader.next().read_bytes()
        })
    });
    inside.ok().map(Zeroizing::new)
}

/// Bytes in a record that are zeroized when they are dropped.
mod zeroizing_bytes {
    use minicbor::decode::{Decoder, Error as DecodeError};
    use minicbor::encode::{Encoder, Error as EncodeError, Write};
    use zeroize::Zeroizing;

    pub(super) fn encode<C, W: Write>(
        bytes: &Zeroizing<Vec<u8>>,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.bytes(bytes)?.ok()
    }

    pub(super) fn decode<C>(
        decoder: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
        decoder.bytes().map(|bytes| Zeroizing::new(bytes.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn every_supported_key_is_generated_and_signs() {
        for (key_type, key_bits) in
            [("rsa", 2_048), ("rsa", 3_072), ("ec", 256), ("ec", 384), ("ec", 521), ("ed25519", 0)]
        {
            let algorithm = KeyAlgorithm::parse(key_type, key_bits).unwrap();
            assert_eq!((algorithm.key_type(), algorithm.key_bits()), (key_type, key_bits));
            let key = PrivateKey::generate(algorithm, &Sevens).unwrap();
            let bytes = minicbor::to_vec(&key).unwrap();
            let again: PrivateKey = minicbor::decode(&bytes).unwrap();
            assert!(again.expose_pkcs8() == key.expose_pkcs8() && again.algorithm() == algorithm);
            assert!(!key.traditional_der().unwrap().is_empty());
            assert!(key.key_pair(0).is_ok());
        }
        assert_eq!(KeyAlgorithm::parse("rsa", 4_096), Ok(KeyAlgorithm::Rsa4096));
    }

    #[test]
    fn zero_bits_are_the_default() {
        assert_eq!(KeyAlgorithm::parse("rsa", 0), Ok(KeyAlgorithm::Rsa2048));
        assert_eq!(KeyAlgorithm::parse("ec", 0), Ok(KeyAlgorithm::EcP256));
        assert_eq!(KeyAlgorithm::parse("ed25519", 5), Ok(KeyAlgorithm::Ed25519));
    }

    #[test]
    fn what_is_not_supported_is_named_and_never_replaced() {
        for (key_type, key_bits) in [("rsa", 1_024), ("rsa", 8_192), ("ec", 224), ("ec", 2_048)] {
            let error = KeyAlgorithm::parse(key_type, key_bits).unwrap_err();
            assert_eq!(error, KeyError::UnsupportedLength { key_type, key_bits });
        }
        assert!(matches!(KeyAlgorithm::parse("any", 0), Err(KeyError::UnknownType { .. })));
        assert!(matches!(KeyAlgorithm::parse("RSA", 0), Err(KeyError::UnknownType { .. })));
        let key_type = "ec";
        let error = KeyAlgorithm::EcP256.signature(384).unwrap_err();
        assert_eq!(error, KeyError::UnsupportedSignature { key_type, signature_bits: 384 });
        assert!(KeyAlgorithm::Ed25519.signature(256).is_err());
        assert!(KeyAlgorithm::Rsa2048.signature(224).is_err());
    }
}
