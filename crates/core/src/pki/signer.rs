//! How a key signs certificates and revocation lists.

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
    RsaEncoding, RsaKeyPair,
};
use rcgen::{PublicKeyData, SignatureAlgorithm, SigningKey};

use super::key::{KeyAlgorithm, KeyError, PrivateKey};

const KEY_IDENTIFIER_LENGTH: usize = 20;

/// A key that is ready to sign. The provider holds the key itself, and clears it when it is dropped.
pub(super) struct Signer {
    pair: Pair,
    algorithm: &'static SignatureAlgorithm,
}

enum Pair {
    Rsa(RsaKeyPair, &'static digest::Algorithm, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair, &'static digest::Algorithm),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// 0 bits leave the hash to the key: SHA-256 with RSA, that of the curve's size with ECDSA.
    pub(super) fn new(key: &PrivateKey, signature_bits: u32) -> Result<Self, KeyError> {
        let pkcs8 = key.expose_pkcs8();
        let rsa = || RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Provider);
        let ec = |curve| EcdsaKeyPair::from_pkcs8(curve, pkcs8).map_err(|_| KeyError::Provider);
        let algorithm = signature_algorithm(key.algorithm(), signature_bits)?;
        let pair = match (key.algorithm(), signature_bits) {
            (KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096, bits) => {
                match bits {
                    384 => Pair::Rsa(rsa()?, &SHA384, &RSA_PKCS1_SHA384),
                    512 => Pair::Rsa(rsa()?, &SHA512, &RSA_PKCS1_SHA512),
                    _ => Pair::Rsa(rsa()?, &SHA256, &RSA_PKCS1_SHA256),
                }
            }
            (KeyAlgorithm::EcP256, _) => Pair::Ec(ec(&ECDSA_P256_SHA256_ASN1_SIGNING)?, &SHA256),
            (KeyAlgorithm::EcP384, _) => Pair::Ec(ec(&ECDSA_P384_SHA384_ASN1_SIGNING)?, &SHA384),
            (KeyAlgorithm::EcP521, _) => Pair::Ec(ec(&ECDSA_P521_SHA512_ASN1_SIGNING)?, &SHA512),
            (KeyAlgorithm::Ed25519, _) => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Provider)?;
                Pair::Ed25519(pair)
            }
        };
        Ok(Self { pair, algorithm })
    }
}

impl PublicKeyData for Signer {
    fn der_bytes(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair, ..) => pair.public_key().as_ref(),
            Pair::Ec(pair, _) => pair.public_key().as_ref(),
            Pair::Ed25519(pair) => pair.public_key().as_ref(),
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for Signer {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let failed = |_| rcgen::Error::RemoteKeyError;
        match &self.pair {
            Pair::Rsa(pair, hash, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let digest = digest::digest(hash, message);
                pair.sign_digest(*encoding, &digest, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Pair::Ec(pair, hash) => {
                let signature = pair.sign_digest(&digest::digest(hash, message));
                signature.map(|signature| signature.as_ref().to_vec()).map_err(failed)
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

/// How a key of this kind signs with a hash of so many bits.
pub(super) fn signature_algorithm(
    algorithm: KeyAlgorithm,
    signature_bits: u32,
) -> Result<&'static SignatureAlgorithm, KeyError> {
    match (algorithm.key_type(), algorithm.key_bits(), signature_bits) {
        ("rsa", _, 0 | 256) => Ok(&rcgen::PKCS_RSA_SHA256),
        ("rsa", _, 384) => Ok(&rcgen::PKCS_RSA_SHA384),
        ("rsa", _, 512) => Ok(&rcgen::PKCS_RSA_SHA512),
        ("ec", 256, 0 | 256) => Ok(&rcgen::PKCS_ECDSA_P256_SHA256),
        ("ec", 384, 0 | 384) => Ok(&rcgen::PKCS_ECDSA_P384_SHA384),
        ("ec", 521, 0 | 512) => Ok(&rcgen::PKCS_ECDSA_P521_SHA512),
        ("ed25519", _, 0) => Ok(&rcgen::PKCS_ED25519),
        (key_type, _, _) => Err(KeyError::UnsupportedSignature { key_type, signature_bits }),
    }
}

/// The leftmost 160 bits of the SHA-256 of the public key: RFC 7093, section 2, method 1.
pub(super) fn key_identifier(key: &impl PublicKeyData) -> Vec<u8> {
    let digest = digest::digest(&SHA256, key.der_bytes());
    digest.as_ref().iter().copied().take(KEY_IDENTIFIER_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_a_key_does_not_sign_with_is_named_and_never_replaced() {
        let key_type = "ec";
        let error = signature_algorithm(KeyAlgorithm::EcP256, 384).unwrap_err();
        assert_eq!(error, KeyError::UnsupportedSignature { key_type, signature_bits: 384 });
        for (algorithm, bits) in [
            (KeyAlgorithm::EcP384, 256),
            (KeyAlgorithm::Ed25519, 256),
            (KeyAlgorithm::Rsa2048, 224),
        ] {
            assert!(signature_algorithm(algorithm, bits).is_err());
        }
    }
}
