//! Certificate signing requests: PKCS #10, RFC 2986.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use rcgen::PublicKeyData;
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use yasna::models::ObjectIdentifier;
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader, Tag, TagClass};

use super::certificate::AlternativeNames;
use super::error::IssueError;
use super::limits::{NAMES_MAX, REQUEST_LENGTH_MAX};

const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
const SERIAL_NUMBER: &[u64] = &[2, 5, 4, 5];
/// pkcs-9-at-extensionRequest, RFC 2985.
const EXTENSION_REQUEST: &[u64] = &[1, 2, 840, 113_549, 1, 9, 14];
const SUBJECT_ALTERNATIVE_NAME: &[u64] = &[2, 5, 29, 17];

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
const RSA_BITS_MIN: u32 = 2_048;

/// Kinds of a GeneralName (RFC 5280, section 4.2.1.6).
const EMAIL_TAG: u64 = 1;
const DNS_TAG: u64 = 2;
const URI_TAG: u64 = 6;
const ADDRESS_TAG: u64 = 7;

/// A request whose signature was checked.
pub(super) struct SigningRequest {
    pub(super) common_name: String,
    pub(super) serial_number: String,
    pub(super) names: AlternativeNames,
    pub(super) key: RequestKey,
}

/// The key of a request.
pub(super) struct RequestKey {
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

impl SigningRequest {
    /// From PEM. Its signature must be that of its key, RSA keys have from 2048 to 8192 bits, and its alternative
    /// names are hosts, email addresses, IP addresses and URIs.
    pub(super) fn parse(pem: &str) -> Result<Self, IssueError> {
        if pem.len() > REQUEST_LENGTH_MAX {
            return Err(IssueError::Request);
        }
        let der = CertificateSigningRequestDer::from_pem_slice(pem.as_bytes());
        let der = der.map_err(|_| IssueError::Request)?;
        let signed = yasna::parse_der(&der, signed).map_err(|_| IssueError::Request)?;
        let request = yasna::parse_der(&signed.info, info).map_err(|_| IssueError::Request)?;
        let (key_type, key_bits) = ("rsa", RSA_BITS_MIN);
        if request.key.kind == Kind::Rsa && request.key.bits < key_bits {
            return Err(IssueError::RequestKey { key_type, key_bits });
        }
        request.key.verify(&signed)?;
        Ok(request)
    }
}

impl RequestKey {
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

    fn verify(&self, signed: &Signed) -> Result<(), IssueError> {
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
                _ => return Err(IssueError::Request),
            };
        UnparsedPublicKey::new(algorithm, &self.bytes)
            .verify(&signed.info, &signed.signature)
            .map_err(|_| IssueError::RequestSignature)
    }
}

impl PublicKeyData for RequestKey {
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

/// `CertificationRequest ::= SEQUENCE { info, signatureAlgorithm, signature }`.
struct Signed {
    info: Vec<u8>,
    algorithm: ObjectIdentifier,
    signature: Vec<u8>,
}

fn signed(reader: BERReader<'_, '_>) -> ASN1Result<Signed> {
    reader.read_sequence(|reader| {
        let info = reader.next().read_der()?;
        let algorithm = reader.next().read_sequence(|reader| {
            let algorithm = reader.next().read_oid()?;
            reader.read_optional(|reader| reader.read_null())?;
            Ok(algorithm)
        })?;
        let signature = whole_bytes(reader.next())?;
        Ok(Signed { info, algorithm, signature })
    })
}

/// `CertificationRequestInfo ::= SEQUENCE { version, subject, subjectPKInfo, attributes [0] }`.
fn info(reader: BERReader<'_, '_>) -> ASN1Result<SigningRequest> {
    reader.read_sequence(|reader| {
        if reader.next().read_u8()? != 0 {
            return Err(invalid());
        }
        let (common_name, serial_number) = subject(reader.next())?;
        let key = key(reader.next())?;
        let mut names = AlternativeNames::default();
        reader.read_optional(|reader| {
            reader.read_tagged_implicit(Tag::context(0), |reader| {
                reader.read_set_of(|reader| attribute(reader, &mut names))
            })
        })?;
        Ok(SigningRequest { common_name, serial_number, names, key })
    })
}

/// The last common name, as Go takes it, and the last serial number.
fn subject(reader: BERReader<'_, '_>) -> ASN1Result<(String, String)> {
    let (mut common_name, mut serial_number) = (String::new(), String::new());
    reader.read_sequence_of(|reader| {
        reader.read_set_of(|reader| {
            reader.read_sequence(|reader| {
                let kind = reader.next().read_oid()?;
                let value = reader.next().read_der()?;
                match kind.components().as_slice() {
                    COMMON_NAME => common_name = yasna::parse_der(&value, text)?,
                    SERIAL_NUMBER => serial_number = yasna::parse_der(&value, text)?,
                    _ => {}
                }
                Ok(())
            })
        })
    })?;
    Ok((common_name, serial_number))
}

fn text(reader: BERReader<'_, '_>) -> ASN1Result<String> {
    match reader.lookahead_tag()? {
        yasna::tags::TAG_UTF8STRING => reader.read_utf8string(),
        yasna::tags::TAG_PRINTABLESTRING => reader.read_printable_string(),
        yasna::tags::TAG_IA5STRING => reader.read_ia5_string(),
        _ => Err(invalid()),
    }
}

/// `SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { algorithm, parameters }, BIT STRING }`.
fn key(reader: BERReader<'_, '_>) -> ASN1Result<RequestKey> {
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
        Ok(RequestKey { kind, bits, bytes })
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

/// `Attribute ::= SEQUENCE { type, values SET }`; only requested extensions are looked at.
fn attribute(reader: BERReader<'_, '_>, names: &mut AlternativeNames) -> ASN1Result<()> {
    reader.read_sequence(|reader| {
        let kind = reader.next().read_oid()?;
        let values = reader.next().read_der()?;
        if kind.components().as_slice() != EXTENSION_REQUEST {
            return Ok(());
        }
        yasna::parse_der(&values, |reader| {
            reader.read_set_of(|reader| reader.read_sequence_of(|reader| extension(reader, names)))
        })
    })
}

/// `Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }`; only alternative names are looked at.
fn extension(reader: BERReader<'_, '_>, names: &mut AlternativeNames) -> ASN1Result<()> {
    reader.read_sequence(|reader| {
        let kind = reader.next().read_oid()?;
        reader.read_optional(|reader| reader.read_bool())?;
        let value = reader.next().read_bytes()?;
        if kind.components().as_slice() != SUBJECT_ALTERNATIVE_NAME {
            return Ok(());
        }
        yasna::parse_der(&value, |reader| {
            reader.read_sequence_of(|reader| general_name(reader, names))
        })
    })
}

fn general_name(reader: BERReader<'_, '_>, names: &mut AlternativeNames) -> ASN1Result<()> {
    let name = reader.read_tagged_der()?;
    let tag = name.tag();
    if tag.tag_class != TagClass::ContextSpecific || names.count() >= NAMES_MAX {
        return Err(invalid());
    }
    let value = name.value();
    let ascii = || {
        let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii());
        text.map(str::to_owned).ok_or_else(invalid)
    };
    match tag.tag_number {
        EMAIL_TAG => names.emails.push(ascii()?),
        DNS_TAG => names.dns.push(ascii()?),
        URI_TAG => names.uris.push(ascii()?),
        ADDRESS_TAG => names.addresses.push(address(value).ok_or_else(invalid)?),
        _ => return Err(invalid()),
    }
    Ok(())
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).ok().map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes)));
    let sixteen =
        || <[u8; 16]>::try_from(bytes).ok().map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes)));
    four.or_else(sixteen)
}

/// A bit string of whole bytes.
fn whole_bytes(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    let (bytes, bits) = reader.read_bitvec_bytes()?;
    (bytes.len().checked_mul(8) == Some(bits)).then_some(bytes).ok_or_else(invalid)
}

fn invalid() -> ASN1Error {
    ASN1Error::new(ASN1ErrorKind::Invalid)
}

#[cfg(test)]
mod tests;
