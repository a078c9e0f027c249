use proptest::prelude::*;

use super::*;
use crate::pki::samples::{Counting, LIFETIMES, NOW, role, root};
use crate::pki::{Issuance, IssueRequest, Issued, Role, Urls, Warning};

/// Made with `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=Acme/CN=a.example.com
/// -addext subjectAltName=DNS:b.example.com,email:me@example.com,IP:10.0.0.1,URI:spiffe://trust/a` (OpenSSL 3).
const EC: &str = include_str!("fixtures/ec.csr.pem");
/// As above, RSA with 2048 bits and without alternative names.
const RSA: &str = include_str!("fixtures/rsa.csr.pem");
/// As above, Ed25519, common name only.
const ED25519_ONLY: &str = include_str!("fixtures/ed25519.csr.pem");
/// As above, ECDSA on secp256k1.
const KOBLITZ: &str = include_str!("fixtures/secp256k1.csr.pem");
/// As above, RSA with 1024 bits.
const SHORT_RSA: &str = include_str!("fixtures/rsa1024.csr.pem");

fn sign(role: &Role, csr: &str, request: &IssueRequest) -> Result<Issued, IssueError> {
    let (issuer, urls, random) = (root(), Urls::default(), Counting::default());
    let lifetimes = LIFETIMES;
    Issuance { issuer: &issuer, role, urls: &urls, lifetimes, now: NOW, random: &random }
        .sign(csr, request)
}

fn any_key() -> Role {
    role(|role| {
        role.key_type = "any".to_owned();
        role.allowed_uri_sans = vec!["spiffe://trust/*".to_owned()];
    })
}

#[test]
fn a_request_of_openssl_is_read() {
    let request = SigningRequest::parse(EC).unwrap();
    assert_eq!(request.common_name, "a.example.com");
    assert_eq!(request.names.dns, ["b.example.com"]);
    assert_eq!(request.names.emails, ["me@example.com"]);
    assert_eq!(request.names.addresses, [IpAddr::from([10, 0, 0, 1])]);
    assert_eq!(request.names.uris, ["spiffe://trust/a"]);
    assert_eq!((request.key.key_type(), request.key.key_bits()), ("ec", 256));
    let request = SigningRequest::parse(RSA).unwrap();
    assert_eq!((request.key.key_type(), request.key.key_bits()), ("rsa", 2_048));
    let request = SigningRequest::parse(ED25519_ONLY).unwrap();
    assert_eq!((request.key.key_type(), request.key.key_bits()), ("ed25519", 0));
}

#[test]
fn a_request_is_signed_with_its_own_names_when_the_role_says_so() {
    let issued = sign(&any_key(), EC, &IssueRequest::default()).unwrap();
    assert!(issued.key.is_none());
    let asked = IssueRequest {
        common_name: "c.example.com".to_owned(),
        alt_names: vec!["d.example.com".to_owned()],
        ..IssueRequest::default()
    };
    let issued = sign(&any_key(), EC, &asked).unwrap();
    assert_eq!(issued.warnings, [Warning::CommonNameOfRequest, Warning::NamesOfRequest]);
}

#[test]
fn names_of_a_request_are_checked_as_others_are() {
    let elsewhere = |change: fn(&mut crate::pki::RoleSettings)| {
        let mut settings = any_key().settings().clone();
        change(&mut settings);
        let error = sign(&Role::new(settings).unwrap(), EC, &IssueRequest::default());
        error.err().expect("it is refused")
    };
    let error = elsewhere(|role| role.allowed_domains = vec!["evil.org".to_owned()]);
    assert_eq!(error, IssueError::CommonName { name: "a.example.com".to_owned() });
    let error = elsewhere(|role| {
        role.cn_validations = vec!["disabled".to_owned()];
        role.allowed_domains = vec!["evil.org".to_owned()];
    });
    assert_eq!(error, IssueError::AlternativeName { name: "b.example.com".to_owned() });
    assert_eq!(elsewhere(|role| role.allow_ip_sans = false), IssueError::IpAddresses);
    assert_eq!(elsewhere(|role| role.allowed_uri_sans.clear()), IssueError::Uri);
    let error = elsewhere(|role| role.use_csr_common_name = false);
    assert_eq!(error, IssueError::CommonNameMissing);
}

#[test]
fn a_key_must_be_what_the_role_wants() {
    for (key_type, key_bits, csr, fits) in [
        ("ec", 256, EC, true),
        ("ec", 384, EC, false),
        ("rsa", 0, EC, false),
        ("rsa", 2_048, RSA, true),
        ("rsa", 3_072, RSA, false),
        ("ed25519", 0, ED25519_ONLY, true),
        ("ed25519", 0, RSA, false),
        ("any", 0, RSA, true),
    ] {
        let mut settings = any_key().settings().clone();
        (settings.key_type, settings.key_bits) = (key_type.to_owned(), key_bits);
        let signed = sign(&Role::new(settings).unwrap(), csr, &IssueRequest::default());
        match signed {
            Ok(_) => assert!(fits, "{key_type} {key_bits}"),
            Err(error) => {
                assert!(!fits && matches!(error, IssueError::RequestKey { .. }), "{error}");
            }
        }
    }
}

#[test]
fn keys_that_are_not_supported_are_refused() {
    assert_eq!(SigningRequest::parse(KOBLITZ).err(), Some(IssueError::Request));
    let (key_type, key_bits) = ("rsa", 2_048);
    let error = IssueError::RequestKey { key_type, key_bits };
    assert_eq!(SigningRequest::parse(SHORT_RSA).err(), Some(error));
}

#[test]
fn a_request_that_was_changed_is_refused() {
    let der = CertificateSigningRequestDer::from_pem_slice(EC.as_bytes()).unwrap();
    let place = der.windows(4).position(|window| window == b"Acme").unwrap();
    let mut changed = der.to_vec();
    changed[place] = b'B';
    let pem = crate::pki::render::pem("CERTIFICATE REQUEST", &changed);
    assert_eq!(SigningRequest::parse(&pem).err(), Some(IssueError::RequestSignature));
}

#[test]
fn what_is_no_request_is_refused() {
    let certificate = EC.replace("CERTIFICATE REQUEST", "CERTIFICATE");
    let long = EC.to_owned() + &" ".repeat(REQUEST_LENGTH_MAX);
    for text in ["", "a", "-----BEGIN CERTIFICATE REQUEST-----", &certificate, &long] {
        assert_eq!(SigningRequest::parse(text).err(), Some(IssueError::Request));
    }
}

proptest! {
    #[test]
    fn no_request_panics(place in 0..300_usize, byte: u8, end in 0..400_usize) {
        let der = CertificateSigningRequestDer::from_pem_slice(EC.as_bytes()).unwrap();
        let mut changed = der.to_vec();
        if let Some(target) = changed.get_mut(place) {
            *target = byte;
        }
        changed.truncate(end);
        let pem = crate::pki::render::pem("CERTIFICATE REQUEST", &changed);
        let _ = SigningRequest::parse(&pem);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let pem = crate::pki::render::pem("CERTIFICATE REQUEST", &bytes);
        prop_assert!(SigningRequest::parse(&pem).is_err());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        prop_assert!(SigningRequest::parse(&text).is_err());
    }
}
