//! Certificates of others, as they are read (RFC 5280, section 4.1).

use yasna::models::ObjectIdentifier;
use yasna::{ASN1Result, BERReader, BERReaderSeq, Tag};

use super::der::{invalid, signed};
use super::limits::CERTIFICATE_LENGTH_MAX;
use crate::time::Timestamp;

/// Version 3, as it is written.
const VERSION_3: u8 = 2;
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
const ANY_EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37, 0];
const SERVER_AUTHENTICATION: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
/// A certificate of version 3 that was read. Nothing of it was verified.
pub struct ParsedCertificate {
    not_before: Timestamp,
    not_after: Timestamp,
    extended_usages: Option<Vec<ObjectIdentifier>>,
}

#[derive(Default)]
struct Extensions {
    seen: Vec<ObjectIdentifier>,
    extended_usages: Option<Vec<ObjectIdentifier>>,
}

impl ParsedCertificate {
    /// From DER. `None` when it is longer than [`CERTIFICATE_LENGTH_MAX`], or no certificate of version 3.
    #[must_use]
    pub fn parse(der: &[u8]) -> Option<Self> {
        if der.len() > CERTIFICATE_LENGTH_MAX {
            return None;
        }
        let signed = yasna::parse_der(der, signed).ok()?;
        yasna::parse_der(&signed.content, certificate).ok()
    }

    /// Whether this is a time in its life.
    #[must_use]
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Whether its extended key usages, if it has any, let a server show it.
    #[must_use]
    pub fn is_for_servers(&self) -> bool {
        let Some(usages) = &self.extended_usages else { return true };
        let wanted = [ANY_EXTENDED_KEY_USAGE, SERVER_AUTHENTICATION];
        usages.iter().any(|usage| wanted.contains(&usage.components().as_slice()))
    }
}

/// `TBSCertificate ::= SEQUENCE { version [0], serialNumber, signature, issuer, validity, subject,
/// subjectPublicKeyInfo, ..., extensions [3] }`.
fn certificate(reader: BERReader<'_, '_>) -> ASN1Result<ParsedCertificate> {
    reader.read_sequence(|reader| {
        let version = reader.next().read_tagged(Tag::context(0), |reader| reader.read_u8())?;
        if version != VERSION_3 {
            return Err(invalid());
        }
        let _serial_number = reader.next().read_bigint_bytes()?;
        let _signature = reader.next().read_der()?;
        let _issuer = reader.next().read_der()?;
        let (not_before, not_after) = reader.next().read_sequence(|reader| {
            let not_before = time(reader.next())?;
            Ok((not_before, time(reader.next())?))
        })?;
        let _subject = reader.next().read_der()?;
        let _key = reader.next().read_der()?;
        for unique_identifier in [1, 2] {
            reader.read_optional(|reader| {
                reader.read_tagged_implicit(Tag::context(unique_identifier), |reader| {
                    reader.read_bitvec_bytes()
                })
            })?;
        }
        let mut extensions = Extensions::default();
        reader.read_optional(|reader| {
            reader.read_tagged(Tag::context(3), |reader| {
                reader.read_sequence_of(|reader| {
                    reader.read_sequence(|reader| extension(reader, &mut extensions))
                })
            })
        })?;
        let Extensions { extended_usages, .. } = extensions;
        Ok(ParsedCertificate { not_before, not_after, extended_usages })
    })
}

/// `Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }`, each once.
fn extension(reader: &mut BERReaderSeq<'_, '_>, found: &mut Extensions) -> ASN1Result<()> {
    let kind = reader.next().read_oid()?;
    reader.read_optional(|reader| reader.read_bool())?;
    let value = reader.next().read_bytes()?;
    if found.seen.contains(&kind) {
        return Err(invalid());
    }
    found.seen.push(kind.clone());
    if kind.components().as_slice() == EXTENDED_KEY_USAGE {
        let usages =
            |reader: BERReader<'_, '_>| reader.collect_sequence_of(|reader| reader.read_oid());
        found.extended_usages = Some(yasna::parse_der(&value, usages)?);
    }
    Ok(())
}

/// `Time ::= CHOICE { utcTime, generalTime }`, as RFC 5280 writes them: in seconds and UTC. A time before 1970 is its
/// first second.
fn time(reader: BERReader<'_, '_>) -> ASN1Result<Timestamp> {
    let value = reader.read_tagged_der()?;
    let digits = value.value().strip_suffix(b"Z").ok_or_else(invalid)?;
    let digits = std::str::from_utf8(digits).map_err(|_| invalid())?;
    let year_digits = match (value.tag(), digits.len()) {
        (yasna::tags::TAG_UTCTIME, 12) => 2,
        (yasna::tags::TAG_GENERALIZEDTIME, 14) => 4,
        _ => return Err(invalid()),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    let number = |from: usize, to: usize| {
        let part = digits.get(from..to).ok_or_else(invalid)?;
        part.parse::<u64>().map_err(|_| invalid())
    };
    let part = |index: usize| number(year_digits + index * 2, year_digits + index * 2 + 2);
    let year = match (year_digits, number(0, year_digits)?) {
        (2, year @ 0..50) => 2_000 + year,
        (2, year) => 1_900 + year,
        (_, year) => year,
    };
    let date = (year.max(1_970), part(0)?, part(1)?);
    let time = Timestamp::from_civil(date, (part(2)?, part(3)?, part(4)?)).ok_or_else(invalid)?;
    Ok(if year < 1_970 { Timestamp(0) } else { time })
}

#[cfg(test)]
mod tests;
