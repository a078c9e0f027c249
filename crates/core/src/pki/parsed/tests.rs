use proptest::prelude::*;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::*;
use crate::pki::samples::root;

/// Made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj
/// /C=FR/O=Acme/CN=server.example.com -addext subjectAltName=DNS:server.example.com -days 3650` (OpenSSL 3).
const OWN_AUTHORITY: &str = include_str!("fixtures/own-authority.pem");
/// As above, RSA with 2048 bits, 20000 days, `basicConstraints=critical,CA:FALSE`, `extendedKeyUsage=clientAuth` and
/// `keyUsage=digitalSignature`.
const CLIENT: &str = include_str!("fixtures/client.pem");

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

fn parsed(pem: &str) -> ParsedCertificate {
    ParsedCertificate::parse(&der(pem)).unwrap()
}

#[test]
fn a_certificate_of_openssl_is_read() {
    let own = parsed(OWN_AUTHORITY);
    let (begin, end) = (Timestamp(1_795_535_393_000), Timestamp(2_110_895_393_000));
    assert_eq!((own.not_before, own.not_after), (begin, end));
    assert!(own.is_valid_at(begin) && own.is_valid_at(end));
    assert!(!own.is_valid_at(Timestamp(begin.0 - 1)) && !own.is_valid_at(Timestamp(end.0 + 1)));
    assert!(own.is_for_servers());
    let client = parsed(CLIENT);
    assert!(!client.is_for_servers());
    // In the year 2081, which is written as GeneralizedTime.
    assert_eq!(client.not_after, Timestamp(3_523_535_364_000));
}

#[test]
fn a_root_of_this_authority_is_read_as_it_was_made() {
    let root = root();
    let parsed = ParsedCertificate::parse(root.certificate()).unwrap();
    assert_eq!((parsed.not_before, parsed.not_after), (root.not_before(), root.not_after()));
}

#[test]
fn a_certificate_has_a_largest_length() {
    assert!(ParsedCertificate::parse(&vec![0x30; CERTIFICATE_LENGTH_MAX + 1]).is_none());
    let bytes = der(OWN_AUTHORITY);
    assert!(ParsedCertificate::parse(&bytes[..bytes.len() - 1]).is_none());
    assert!(ParsedCertificate::parse(&[bytes.as_slice(), &[0]].concat()).is_none());
}

proptest! {
    #[test]
    fn a_certificate_with_any_byte_changed_is_read_or_refused(
        place in any::<prop::sample::Index>(),
        byte: u8,
    ) {
        let mut bytes = der(OWN_AUTHORITY);
        let length = bytes.len();
        bytes[place.index(length)] = byte;
        if let Some(changed) = ParsedCertificate::parse(&bytes) {
            prop_assert!(!changed.is_valid_at(Timestamp(u64::MAX)));
        }
    }
}
