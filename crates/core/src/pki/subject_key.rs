//! Public keys of requests and of certificates.

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rcgen::PublicKeyData;
use yasna::{ASN1Result, BERReader};

use super::der::{Signed, invalid, whole_bytes};

const RSA_ENCRYPTION: &[u64] = &[1, 2, 840, 113_549, 1, 1, 1];
const EC_PUBLIC_KEY: &[u64] = &[1, 2, 840, 10_045, 2, 1];
const ED25519: &[u64] = &[1, 3, 101, 112];
const P256: &[u64] = &[1, 2, 840, 10_045, 3, 1, 7];
const P384: &[u64] = &[1, 3, 132, 0, 34];
const P521: &[u64] = &[1, 3, 132, 0, 35];

const RSA_SHA256: &[u64] = &[1, 2, 840, 113_549, 1, 1, 11];
const RSA_SHA384: &[u64] = &[1, 2, 840, 113_549, 1, 1, 12];
const RSA_SHA512: &[u64] = &[1, 2, 840, 113_549, 1, 1, 13];
const ECDSA_SHA256: &[u64] = &[1, 2, 840, 10_045, 4, 3, 2];
const ECDSA_SHA384: &[u64] = &[1, 2, 840, 10_045, 4, 3, 3];
const ECDSA_SHA512: &[u64] = &[1, 2, 840, 10_045, 4, 3, 4];

/// Shorter RSA keys are not safe (NIST SP 800-131A).
pub(super) const RSA_BITS_MIN: u32 = 2_048;

/// The key of a subject.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SubjectKey {
    kind: Kind,
    bits: u32,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

impl SubjectKey {
    /// Vault's `key_type`.
    pub(super) fn key_type(&self) -> &'static str {
        match self.kind {
            Kind::Rsa => "rsa",
            Kind::P256 | Kind::P384 | Kind::P521 => "ec",
            Kind::Ed25519 => "ed25519",
        }
    }

    /// Bits of the modulus or of the curve, 0 for Ed25519.
    pub(super) fn key_bits(&self) -> u32 {
        self.bits
    }

    /// Whether it is an RSA key that is too short to be safe.
    pub(super) fn is_short(&self) -> bool {
        self.kind == Kind::Rsa && self.bits < RSA_BITS_MIN
    }

    /// Whether something is signed with it; no when the algorithm is none that this key signs with.
    pub(super) fn has_signed(&self, signed: &Signed) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm =
            match (self.kind, signed.algorithm.components().as_slice()) {
                (Kind::Rsa, RSA_SHA256) => &signature::RSA_PKCS1_2048_8192_SHA256,
                (Kind::Rsa, RSA_SHA384) => &signature::RSA_PKCS1_2048_8192_SHA384,
                (Kind::Rsa, RSA_SHA512) => &signature::RSA_PKCS1_2048_8192_SHA512,
                (Kind::P256, ECDSA_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
                (Kind::P256, ECDSA_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
                (Kind::P256, ECDSA_SHA512) => &signature::ECDSA_P256_SHA512_ASN1,
                (Kind::P384, ECDSA_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
                (Kind::P384, ECDSA_SHA512) => &signature::ECDSA_P384_SHA512_ASN1,
                (Kind::P521, ECDSA_SHA256) => &signature::ECDSA_P521_SHA256_ASN1,
                (Kind::P521, ECDSA_SHA384) => &signature::ECDSA_P521_SHA384_ASN1,
                (Kind::P521, ECDSA_SHA512) => &signature::ECDSA_P521_SHA512_ASN1,
                (Kind::P384, ECDSA_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
                (Kind::Ed25519, ED25519) => &signature::ED25519,
                _ => return false,
            };
        UnparsedPublicKey::new(algorithm, &self.bytes)
            .verify(&signed.content, &signed.signature)
            .is_ok()
    }
}

impl PublicKeyData for SubjectKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Of the algorithm only what says which kind of key it is becomes part of a certificate.
    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.kind {
            Kind::Rsa => &rcgen::PKCS_RSA_SHA256,
            Kind::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Kind::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Kind::P521 => &rcgen::PKCS_ECDSA_P521_SHA512,
            Kind::Ed25519 => &rcgen::PKCS_ED25519,
        }
    }
}

/// `SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { algorithm, parameters }, BIT STRING }`.
pub(super) fn key(reader: BERReader<'_, '_>) -> ASN1Result<SubjectKey> {
    reader.read_sequence(|reader| {
        let kind = reader.next().read_sequence(|reader| {
            let algorithm = reader.next().read_oid()?;
            match algorithm.components().as_slice() {
                RSA_ENCRYPTION => reader.next().read_null().map(|()| Kind::Rsa),
                ED25519 => Ok(Kind::Ed25519),
                EC_PUBLIC_KEY => match reader.next().read_oid()?.components().as_slice() {
                    P256 => Ok(Kind::P256),
                    P384 => Ok(Kind::P384),
                    P521 => Ok(Kind::P521),
                    _ => Err(invalid()),
                },
                _ => Err(invalid()),
            }
        })?;
        let bytes = whole_bytes(reader.next())?;
        let bits = match kind {
            Kind::Rsa => yasna::parse_der(&bytes, modulus_bits)?,
            Kind::P256 => 256,
            Kind::P384 => 384,
            Kind::P521 => 521,
            Kind::Ed25519 => 0,
        };
        Ok(SubjectKey { kind, bits, bytes })
    })
}

/// `RSAPublicKey ::= SEQUENCE { modulus, publicExponent }`.
fn modulus_bits(reader: BERReader<'_, '_>) -> ASN1Result<u32> {
    reader.read_sequence(|reader| {
        let (modulus, positive) = reader.next().read_bigint_bytes()?;
        reader.next().read_bigint_bytes()?;
        let mut significant = modulus.iter().skip_while(|byte| **byte == 0);
        let first = significant.next().filter(|_| positive).ok_or_else(invalid)?;
        let rest = u32::try_from(significant.count()).map_err(|_| invalid())?;
        Ok(u8::BITS - first.leading_zeros() + rest.saturating_mul(u8::BITS))
    })
}
