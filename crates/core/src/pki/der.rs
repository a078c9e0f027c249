//! DER (X.690) that certificates and requests have in common.

use yasna::models::ObjectIdentifier;
use yasna::{ASN1Error, ASN1ErrorKind, ASN1Result, BERReader};

/// `SEQUENCE { content, signatureAlgorithm, signature }`: a request (RFC 2986, section 4.2) or a certificate (RFC 5280,
/// section 4.1).
pub(super) struct Signed {
    /// What is signed.
    pub(super) content: Vec<u8>,
    pub(super) algorithm: ObjectIdentifier,
    pub(super) signature: Vec<u8>,
}

pub(super) fn signed(reader: BERReader<'_, '_>) -> ASN1Result<Signed> {
    reader.read_sequence(|reader| {
        let content = reader.next().read_der()?;
        let algorithm = signature_algorithm(reader.next())?;
        let signature = whole_bytes(reader.next())?;
        Ok(Signed { content, algorithm, signature })
    })
}

/// `AlgorithmIdentifier` of a signature without parameters.
pub(super) fn signature_algorithm(reader: BERReader<'_, '_>) -> ASN1Result<ObjectIdentifier> {
    reader.read_sequence(|reader| {
        let algorithm = reader.next().read_oid()?;
        reader.read_optional(|reader| reader.read_null())?;
        Ok(algorithm)
    })
}

pub(super) fn text(reader: BERReader<'_, '_>) -> ASN1Result<String> {
    match reader.lookahead_tag()? {
        yasna::tags::TAG_UTF8STRING => reader.read_utf8string(),
        yasna::tags::TAG_PRINTABLESTRING => reader.read_printable_string(),
        yasna::tags::TAG_IA5STRING => reader.read_ia5_string(),
        _ => Err(invalid()),
    }
}

/// A bit string of whole bytes.
pub(super) fn whole_bytes(reader: BERReader<'_, '_>) -> ASN1Result<Vec<u8>> {
    let (bytes, bits) = reader.read_bitvec_bytes()?;
    (bytes.len().checked_mul(8) == Some(bits)).then_some(bytes).ok_or_else(invalid)
}

pub(super) fn invalid() -> ASN1Error {
    ASN1Error::new(ASN1ErrorKind::Invalid)
}
