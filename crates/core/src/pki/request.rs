//! Certificate signing requests: PKCS #10, RFC 2986.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use yasna::{ASN1Result, BERReader, Tag, TagClass};

use super::certificate::AlternativeNames;
use super::der::{invalid, signed, text};
use super::error::IssueError;
use super::limits::{NAMES_MAX, REQUEST_LENGTH_MAX};
use super::subject_key::{RSA_BITS_MIN, SubjectKey, key};

const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
const SERIAL_NUMBER: &[u64] = &[2, 5, 4, 5];
/// pkcs-9-at-extensionRequest, RFC 2985.
const EXTENSION_REQUEST: &[u64] = &[1, 2, 840, 113_549, 1, 9, 14];
const SUBJECT_ALTERNATIVE_NAME: &[u64] = &[2, 5, 29, 17];

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
    pub(super) key: SubjectKey,
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
        let request = yasna::parse_der(&signed.content, info).map_err(|_| IssueError::Request)?;
        if request.key.is_short() {
            return Err(IssueError::RequestKey { key_type: "rsa", key_bits: RSA_BITS_MIN });
        }
        request.key.has_signed(&signed).then_some(request).ok_or(IssueError::RequestSignature)
    }
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

#[cfg(test)]
mod tests;
