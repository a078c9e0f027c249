//! ECDSA on the NIST curves (FIPS 186-5). The material is a PKCS#8 document (RFC 5208) in DER.
//!
//! aws-lc-rs pairs each curve with few hashes, Vault with every one. ECDSA signs an integer: the leftmost bits of the
//! hash, as many as the curve's order has (FIPS 186-5, 6.4.1). [`Curve::scalar_of`] therefore hands every hash to
//! aws-lc in the width of the one hash the curve is paired with: a longer one cut on the right, a shorter one with
//! zeros on the left. Neither changes the integer.

use aws_lc_rs::digest::{self, Digest, SHA256, SHA384, SHA512};
use aws_lc_rs::encoding::{AsDer, EcPrivateKeyRfc5915Der, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED,
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING,
    ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_ASN1,
    ECDSA_P521_SHA512_ASN1_SIGNING, ECDSA_P521_SHA512_FIXED, ECDSA_P521_SHA512_FIXED_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, KeyPair, ParsedPublicKey,
};
use zeroize::Zeroizing;

use super::key_type::{Family, Kind, Supports};
use super::material::{KeyMaterial, MaterialError};
use super::sign::Marshaling;

/// The longest stored form, in bytes; P-521's is about 241.
pub(super) const PKCS8_BYTES_MAX: usize = 512;
/// The longest hash there is, in bytes.
pub(super) const HASH_BYTES_MAX: usize = 64;

const SUPPORTS: Supports = Supports {
    encryption: false,
    signing: true,
    derivation: false,
    convergent: false,
    associated_data: false,
};

pub(super) static P256: Kind = Kind {
    number: 5,
    name: "ecdsa-p256",
    algorithm_name: "P-256",
    supports: SUPPORTS,
    family: Family::Ecdsa(&Curve {
        hash: &SHA256,
        sign_asn1: &ECDSA_P256_SHA256_ASN1_SIGNING,
        sign_fixed: &ECDSA_P256_SHA256_FIXED_SIGNING,
        verify_asn1: &ECDSA_P256_SHA256_ASN1,
        verify_fixed: &ECDSA_P256_SHA256_FIXED,
    }),
};
pub(super) static P384: Kind = Kind {
    number: 6,
    name: "ecdsa-p384",
    algorithm_name: "P-384",
    supports: SUPPORTS,
    family: Family::Ecdsa(&Curve {
        hash: &SHA384,
        sign_asn1: &ECDSA_P384_SHA384_ASN1_SIGNING,
        sign_fixed: &ECDSA_P384_SHA384_FIXED_SIGNING,
        verify_asn1: &ECDSA_P384_SHA384_ASN1,
        verify_fixed: &ECDSA_P384_SHA384_FIXED,
    }),
};
pub(super) static P521: Kind = Kind {
    number: 7,
    name: "ecdsa-p521",
    algorithm_name: "P-521",
    supports: SUPPORTS,
    family: Family::Ecdsa(&Curve {
        hash: &SHA512,
        sign_asn1: &ECDSA_P521_SHA512_ASN1_SIGNING,
        sign_fixed: &ECDSA_P521_SHA512_FIXED_SIGNING,
        verify_asn1: &ECDSA_P521_SHA512_ASN1,
        verify_fixed: &ECDSA_P521_SHA512_FIXED,
    }),
};

/// A curve, and the algorithms of aws-lc that take any hash through [`Self::scalar_of`].
pub(super) struct Curve {
    hash: &'static digest::Algorithm,
    sign_asn1: &'static EcdsaSigningAlgorithm,
    sign_fixed: &'static EcdsaSigningAlgorithm,
    verify_asn1: &'static EcdsaVerificationAlgorithm,
    verify_fixed: &'static EcdsaVerificationAlgorithm,
}

/// A pair for each form of signature.
pub(super) struct Key {
    curve: &'static Curve,
    asn1: EcdsaKeyPair,
    fixed: EcdsaKeyPair,
    verify_asn1: ParsedPublicKey,
    verify_fixed: ParsedPublicKey,
}

pub(super) fn generate(curve: &Curve) -> Result<KeyMaterial, MaterialError> {
    let pair = EcdsaKeyPair::generate(curve.sign_asn1).map_err(|_| MaterialError)?;
    let document = pair.to_pkcs8v1().map_err(|_| MaterialError)?;
    Ok(KeyMaterial::new(document.as_ref().to_vec()))
}

impl Curve {
    /// `hash` in the width of this curve's own hash, with the same leftmost bits. `None` when it is empty or longer
    /// than any hash.
    fn scalar_of(&self, hash: &[u8]) -> Option<Digest> {
        if hash.is_empty() || hash.len() > HASH_BYTES_MAX {
            return None;
        }
        let width = self.hash.output_len();
        let mut padded = vec![0; width.saturating_sub(hash.len())];
        padded.extend(hash.iter().take(width));
        Digest::import_less_safe(&padded, self.hash).ok()
    }
}

impl Key {
    pub(super) fn parse(curve: &'static Curve, pkcs8: &[u8]) -> Result<Self, MaterialError> {
        let pair =
            |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, pkcs8).map_err(|_| MaterialError);
        let asn1 = pair(curve.sign_asn1)?;
        let public = asn1.public_key().as_ref();
        let parsed = |algorithm| ParsedPublicKey::new(algorithm, public).map_err(|_| MaterialError);
        let (verify_asn1, verify_fixed) = (parsed(curve.verify_asn1)?, parsed(curve.verify_fixed)?);
        Ok(Self { curve, fixed: pair(curve.sign_fixed)?, verify_asn1, verify_fixed, asn1 })
    }

    /// `None` when `hash` is no hash.
    pub(super) fn sign(
        &self,
        hash: &[u8],
        marshaling: Marshaling,
    ) -> Option<Result<Vec<u8>, MaterialError>> {
        let scalar = self.curve.scalar_of(hash)?;
        let pair = match marshaling {
            Marshaling::Asn1 => &self.asn1,
            Marshaling::Jws => &self.fixed,
        };
        let signature = pair.sign_digest(&scalar).map_err(|_| MaterialError);
        Some(signature.map(|signature| signature.as_ref().to_vec()))
    }

    /// `None` when `hash` is no hash.
    pub(super) fn verify(
        &self,
        hash: &[u8],
        marshaling: Marshaling,
        signature: &[u8],
    ) -> Option<bool> {
        let scalar = self.curve.scalar_of(hash)?;
        let public = match marshaling {
            Marshaling::Asn1 => &self.verify_asn1,
            Marshaling::Jws => &self.verify_fixed,
        };
        Some(public.verify_digest_sig(&scalar, signature).is_ok())
    }

    /// `SubjectPublicKeyInfo` (RFC 5280) in DER.
    pub(super) fn public_der(&self) -> Result<Vec<u8>, MaterialError> {
        let der: PublicKeyX509Der<'_> =
            self.asn1.public_key().as_der().map_err(|_| MaterialError)?;
        Ok(der.as_ref().to_vec())
    }

    /// `ECPrivateKey` (RFC 5915) in DER.
    pub(super) fn private_der(&self) -> Result<Zeroizing<Vec<u8>>, MaterialError> {
        let der: EcPrivateKeyRfc5915Der<'_> =
            self.asn1.private_key().as_der().map_err(|_| MaterialError)?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }
}
