//! What the certificate authority makes, as another implementation sees it: the `openssl` command.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use strongroom_core::pki::{
    Format, Issuance, IssueRequest, Issued, Issuer, KeyAlgorithm, Lifetimes, NewRoot,
    PrivateKeyFormat, Revocation, RevocationList, Role, RoleSettings, SubjectAttributes, Urls,
    pem_certificate,
};
use strongroom_core::random::Random;
use strongroom_core::time::{Seconds, Timestamp};
use tempfile::TempDir;

/// 2026-11-24T08:00:00Z.
const NOW: Timestamp = Timestamp(1_795_507_200_000);
const MINUTE: Seconds = Seconds(60);
const HOUR: Seconds = Seconds(3_600);
const DAY: Seconds = Seconds(86_400);
const LIFETIMES: Lifetimes = Lifetimes { default: HOUR, max: Seconds(365 * 86_400) };

struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let count = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            *byte = count.to_be_bytes().iter().fold(0, |sum, byte| sum ^ byte);
        }
    }
}

/// A folder with the files that `openssl` reads, an authority, and what its certificates say.
struct Authority {
    folder: TempDir,
    issuer: Issuer,
    urls: Urls,
    random: Counting,
}

impl Authority {
    fn with(change: impl FnOnce(&mut NewRoot)) -> Self {
        let url = |path: &str| vec![format!("http://pki.example.com/{path}")];
        let urls = Urls::new(url("ca"), url("crl"), url("ocsp")).unwrap();
        let random = Counting(AtomicU64::new(1));
        let mut root = NewRoot {
            request: IssueRequest {
                common_name: "Test Root".to_owned(),
                ttl: DAY,
                ..IssueRequest::default()
            },
            subject: SubjectAttributes {
                country: vec!["FR".to_owned()],
                organization: vec!["Société Générique".to_owned()],
                ..SubjectAttributes::default()
            },
            key: KeyAlgorithm::EcP256,
            signature_bits: 0,
            max_path_length: None,
            permitted_dns_domains: Vec::new(),
        };
        change(&mut root);
        let made = Issuer::generate_root(&root, &urls, LIFETIMES, NOW, &random).unwrap();
        let authority = Self { folder: TempDir::new().unwrap(), issuer: made.issuer, urls, random };
        authority.write("root.pem", &pem_certificate(authority.issuer.certificate()));
        authority
    }

    fn issuance<'a>(&'a self, role: &'a Role) -> Issuance<'a> {
        Issuance {
            issuer: &self.issuer,
            role,
            urls: &self.urls,
            lifetimes: LIFETIMES,
            now: NOW,
            random: &self.random,
        }
    }

    /// Issue one, and write it to `leaf.pem`.
    fn issue(&self, role: &Role, request: &IssueRequest) -> Issued {
        let issued = self.issuance(role).issue(request).unwrap();
        self.write("leaf.pem", &pem_certificate(&issued.certificate));
        issued
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Whether it succeeded, and what it said.
    fn openssl(&self, arguments: &str) -> (bool, String) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .output()
            .expect("the command `openssl` is installed: Debian's package openssl");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    #[track_caller]
    fn accepts(&self, arguments: &str) -> String {
        let (success, text) = self.openssl(arguments);
        assert!(success, "openssl {arguments}: {text}");
        text
    }

    #[track_caller]
    fn refuses(&self, arguments: &str, why: &str) {
        let (success, text) = self.openssl(arguments);
        assert!(!success && text.contains(why), "openssl {arguments}: {text}");
    }

    /// The arguments that verify `leaf.pem` some time after its issuance.
    fn verification(&self, after: Seconds, more: &str) -> String {
        let time = NOW.plus(after).0 / 1_000;
        format!("verify -x509_strict -CAfile root.pem -attime {time} {more}leaf.pem")
    }
}

fn role(change: impl FnOnce(&mut RoleSettings)) -> Role {
    let mut settings = RoleSettings {
        allowed_domains: vec!["example.com".to_owned(), "example.org".to_owned()],
        allow_bare_domains: true,
        allow_subdomains: true,
        key_type: "ed25519".to_owned(),
        ..RoleSettings::default()
    };
    change(&mut settings);
    Role::new(settings).unwrap()
}

fn request(common_name: &str) -> IssueRequest {
    IssueRequest { common_name: common_name.to_owned(), ..IssueRequest::default() }
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn a_chain_verifies_with_every_kind_of_key_and_hash() {
    for (issuer_key, signature_bits, leaf_key, name) in [
        (KeyAlgorithm::Rsa2048, 0, ("rsa", 2_048), "sha256WithRSAEncryption"),
        (KeyAlgorithm::Rsa2048, 512, ("ec", 256), "sha512WithRSAEncryption"),
        (KeyAlgorithm::Rsa3072, 384, ("ec", 384), "sha384WithRSAEncryption"),
        (KeyAlgorithm::EcP256, 256, ("ed25519", 0), "ecdsa-with-SHA256"),
        (KeyAlgorithm::EcP384, 0, ("ec", 256), "ecdsa-with-SHA384"),
        (KeyAlgorithm::EcP521, 512, ("ec", 521), "ecdsa-with-SHA512"),
        (KeyAlgorithm::Ed25519, 0, ("rsa", 3_072), "ED25519"),
    ] {
        let authority =
            Authority::with(|root| (root.key, root.signature_bits) = (issuer_key, signature_bits));
        let role =
            role(|role| (role.key_type, role.key_bits) = (leaf_key.0.to_owned(), leaf_key.1));
        authority.issue(&role, &request("a.example.com"));
        authority.accepts(&authority.verification(MINUTE, "-purpose sslserver "));
        authority.accepts(&authority.verification(MINUTE, "-verify_hostname a.example.com "));
        has(&authority.accepts("x509 -in leaf.pem -noout -text"), &[name]);
        has(&authority.accepts("x509 -in root.pem -noout -text"), &[name]);
    }
}

#[test]
fn a_certificate_of_another_authority_does_not_verify() {
    let (authority, other) = (Authority::with(|_| {}), Authority::with(|_| {}));
    authority.issue(&role(|_| {}), &request("a.example.com"));
    authority.write("root.pem", &pem_certificate(other.issuer.certificate()));
    authority.refuses(&authority.verification(MINUTE, ""), "error");
}

#[test]
fn a_certificate_is_valid_from_its_beginning_to_its_end() {
    let authority = Authority::with(|_| {});
    let issued = authority.issue(&role(|_| {}), &request("a.example.com"));
    assert_eq!(issued.not_after, NOW.plus(HOUR));
    authority.accepts(&authority.verification(Seconds(0), ""));
    authority.accepts(&authority.verification(Seconds(HOUR.0 - 1), ""));
    authority.refuses(&authority.verification(Seconds(HOUR.0 + 1), ""), "certificate has expired");
    let before = issued.not_before.0 / 1_000 - 1;
    let arguments = format!("verify -CAfile root.pem -attime {before} leaf.pem");
    authority.refuses(&arguments, "certificate is not yet valid");
}

#[test]
fn a_certificate_says_what_the_role_and_the_mount_say() {
    let authority = Authority::with(|_| {});
    let role = role(|role| {
        role.client_flag = false;
        role.ext_key_usage = vec!["TimeStamping".to_owned(), "IPSECUser".to_owned()];
        role.ext_key_usage_oids = vec!["1.3.6.1.4.1.99999.1".to_owned()];
        role.key_usage = vec!["DigitalSignature".to_owned(), "DecipherOnly".to_owned()];
        role.policy_identifiers = vec!["1.3.6.1.4.1.99999.2".to_owned()];
        role.allowed_uri_sans = vec!["spiffe://*".to_owned()];
        role.allowed_serial_numbers = vec!["*".to_owned()];
        role.basic_constraints_valid_for_non_ca = true;
        role.subject.organization = vec!["Acme".to_owned()];
        role.subject.street_address = vec!["1 Main Street".to_owned()];
    });
    let asked = IssueRequest {
        alt_names: vec!["*.example.com".to_owned(), "me@example.org".to_owned()],
        ip_sans: vec!["10.0.0.1".to_owned(), "2001:db8::1".to_owned()],
        uri_sans: vec!["spiffe://trust/a".to_owned()],
        serial_number: "42".to_owned(),
        ..request("b\u{fc}cher.example.com")
    };
    let issued = authority.issue(&role, &asked);
    authority.accepts(&authority.verification(MINUTE, ""));
    let text = authority.accepts("x509 -in leaf.pem -noout -text -nameopt utf8,sep_comma_plus");
    has(
        &text,
        &[
            "Version: 3",
            &issued.serial.to_string(),
            "Issuer: C=FR,O=Société Générique,CN=Test Root",
            "Subject: O=Acme,street=1 Main Street,CN=bücher.example.com,serialNumber=42",
            "DNS:*.example.com, DNS:xn--bcher-kva.example.com, email:me@example.org",
            "IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:spiffe://trust/a",
            "X509v3 Key Usage: critical\n                Digital Signature, Decipher Only",
            "TLS Web Server Authentication, Time Stamping, IPSec User, 1.3.6.1.4.1.99999.1\n",
            "X509v3 Basic Constraints: critical\n                CA:FALSE",
            "Policy: 1.3.6.1.4.1.99999.2",
            "URI:http://pki.example.com/crl",
            "OCSP - URI:http://pki.example.com/ocsp",
            "CA Issuers - URI:http://pki.example.com/ca",
            "X509v3 Authority Key Identifier",
            "X509v3 Subject Key Identifier",
        ],
    );
}

#[test]
fn a_certificate_without_a_subject_has_critical_names() {
    let authority = Authority::with(|_| {});
    let role = role(|role| role.require_cn = false);
    let alt_names = vec!["a.example.com".to_owned()];
    authority.issue(&role, &IssueRequest { alt_names, ..IssueRequest::default() });
    authority.accepts(&authority.verification(MINUTE, ""));
    let text = authority.accepts("x509 -in leaf.pem -noout -text");
    has(&text, &["X509v3 Subject Alternative Name: critical"]);
    // Not "CA:" alone: the octets of a key identifier may read so.
    assert!(!text.contains("Basic Constraints"), "{text}");
}

#[test]
fn a_purpose_that_the_role_does_not_give_is_refused() {
    let authority = Authority::with(|_| {});
    authority.issue(&role(|role| role.server_flag = false), &request("a.example.com"));
    authority.accepts(&authority.verification(MINUTE, "-purpose sslclient "));
    authority.refuses(&authority.verification(MINUTE, "-purpose sslserver "), "purpose");
    authority.refuses(&authority.verification(MINUTE, "-purpose crlsign "), "purpose");
}

#[test]
fn a_root_is_an_authority_and_says_how_many_may_be_below_it() {
    let authority = Authority::with(|root| root.max_path_length = Some(0));
    let text = authority.accepts("x509 -in root.pem -noout -text -nameopt utf8");
    has(
        &text,
        &[
            "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
            "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign",
            &authority.issuer.serial().to_string(),
        ],
    );
    authority.issue(&role(|_| {}), &request("a.example.com"));
    authority.accepts(&authority.verification(MINUTE, ""));
}

#[test]
fn names_outside_the_permitted_domains_do_not_verify() {
    let authority =
        Authority::with(|root| root.permitted_dns_domains = vec!["example.com".to_owned()]);
    let text = authority.accepts("x509 -in root.pem -noout -text");
    has(&text, &["X509v3 Name Constraints: critical", "DNS:example.com"]);
    authority.issue(&role(|_| {}), &request("a.example.com"));
    authority.accepts(&authority.verification(MINUTE, ""));
    authority.issue(&role(|_| {}), &request("a.example.org"));
    authority.refuses(&authority.verification(MINUTE, ""), "permitted subtree violation");
}

#[test]
fn a_revoked_certificate_is_on_the_list_and_does_not_verify() {
    for key in [KeyAlgorithm::EcP256, KeyAlgorithm::Rsa2048, KeyAlgorithm::Ed25519] {
        let authority = Authority::with(|root| root.key = key);
        let revoked = authority.issue(&role(|_| {}), &request("a.example.com"));
        let (serial, not_after) = (revoked.serial, revoked.not_after);
        let revocation = Revocation { serial, revoked_at: NOW, not_after };
        for (number, revocations) in [(1, &[][..]), (258, &[revocation])] {
            let list = RevocationList::sign(&authority.issuer, revocations, number, NOW, DAY);
            let list = list.unwrap();
            authority.write("crl.pem", &list.pem());
            fs::write(authority.path("crl.der"), list.der()).unwrap();
            let text =
                authority.accepts("crl -inform DER -in crl.der -noout -text -CAfile root.pem");
            has(&text, &["verify OK", "Version 2", &format!("{number}\n"), "Nov 25 08:00:00 2026"]);
            let digits = serial.to_string().replace(':', "").to_uppercase();
            assert_eq!(text.contains(&digits), number == 258, "{text}");
            let check = authority.verification(MINUTE, "-crl_check -CRLfile crl.pem ");
            if number == 258 {
                authority.refuses(&check, "certificate revoked");
            } else {
                authority.accepts(&check);
            }
        }
        authority.issue(&role(|_| {}), &request("b.example.com"));
        authority.accepts(&authority.verification(MINUTE, "-crl_check -CRLfile crl.pem "));
    }
}

#[test]
fn a_list_of_another_authority_is_not_believed() {
    let (authority, other) = (Authority::with(|_| {}), Authority::with(|_| {}));
    let list = RevocationList::sign(&other.issuer, &[], 1, NOW, DAY).unwrap();
    authority.write("crl.pem", &list.pem());
    let (_, text) = authority.openssl("crl -in crl.pem -noout -CAfile root.pem");
    assert!(text.contains("verify failure"), "{text}");
    authority.issue(&role(|_| {}), &request("a.example.com"));
    authority.refuses(&authority.verification(MINUTE, "-crl_check -CRLfile crl.pem "), "CRL");
}

#[test]
fn keys_are_read_in_every_form_and_fit_their_certificates() {
    for (key_type, key_bits, label) in [
        ("rsa", 2_048, "RSA PRIVATE KEY"),
        ("ec", 384, "EC PRIVATE KEY"),
        ("ec", 521, "EC PRIVATE KEY"),
        ("ed25519", 0, "PRIVATE KEY"),
    ] {
        let authority = Authority::with(|_| {});
        let role = role(|role| (role.key_type, role.key_bits) = (key_type.to_owned(), key_bits));
        let issued = authority.issue(&role, &request("a.example.com"));
        let public = authority.accepts("x509 -in leaf.pem -noout -pubkey");
        for (form, label) in
            [(PrivateKeyFormat::Traditional, label), (PrivateKeyFormat::Pkcs8, "PRIVATE KEY")]
        {
            let rendered = issued.render(Format::Pem, form).unwrap();
            assert_eq!(rendered.private_key_type, Some(key_type));
            let key = rendered.private_key.unwrap();
            let text = key.expose_text().unwrap();
            assert!(text.starts_with(&format!("-----BEGIN {label}-----\n")));
            authority.write("key.pem", text);
            assert_eq!(authority.accepts("pkey -in key.pem -pubout"), public);
            let rendered = issued.render(Format::Der, form).unwrap();
            let key = rendered.private_key.unwrap();
            authority.write("key.base64", key.expose_text().unwrap());
            authority.accepts("base64 -d -A -in key.base64 -out key.der");
            assert_eq!(authority.accepts("pkey -inform DER -in key.der -pubout"), public);
        }
    }
}

#[test]
fn a_bundle_has_the_key_the_certificate_and_the_chain() {
    let authority = Authority::with(|_| {});
    let issued = authority.issue(&role(|_| {}), &request("a.example.com"));
    let bundle = issued.render(Format::PemBundle, PrivateKeyFormat::Traditional).unwrap();
    let (certificate, key) = (bundle.certificate, bundle.private_key.unwrap());
    let parts = [
        key.expose_text().unwrap(),
        &pem_certificate(&issued.certificate),
        &pem_certificate(authority.issuer.certificate()),
    ];
    assert_eq!(certificate.expose_text().unwrap(), parts.join("\n"));
    assert_eq!(bundle.ca_chain, [bundle.issuing_ca]);
}

#[test]
fn a_root_is_given_with_its_key_only_when_it_is_exported() {
    let authority = Authority::with(|_| {});
    let render = |with_key| {
        authority.issuer.render(with_key, Format::Pem, PrivateKeyFormat::default()).unwrap()
    };
    let internal = render(false);
    assert!(internal.private_key.is_none() && internal.private_key_type.is_none());
    authority.write("key.pem", render(true).private_key.unwrap().expose_text().unwrap());
    let public = authority.accepts("x509 -in root.pem -noout -pubkey");
    assert_eq!(authority.accepts("pkey -in key.pem -pubout"), public);
}

#[test]
fn a_request_of_openssl_becomes_a_certificate_for_its_key() {
    for key in [
        "rsa:2048",
        "ec -pkeyopt ec_paramgen_curve:P-384",
        "ec -pkeyopt ec_paramgen_curve:P-521",
        "ed25519",
    ] {
        let authority = Authority::with(|_| {});
        authority.accepts(&format!(
            "req -new -newkey {key} -nodes -keyout key.pem -out csr.pem -subj /CN=a.example.com -addext subjectAltName=DNS:b.example.com,IP:10.0.0.1 -addext basicConstraints=critical,CA:TRUE"
        ));
        let role = role(|role| role.key_type = "any".to_owned());
        let csr = fs::read_to_string(authority.path("csr.pem")).unwrap();
        let issued = authority.issuance(&role).sign(&csr, &IssueRequest::default()).unwrap();
        authority.write("leaf.pem", &pem_certificate(&issued.certificate));
        authority.accepts(&authority.verification(MINUTE, "-verify_hostname b.example.com "));
        let public = authority.accepts("x509 -in leaf.pem -noout -pubkey");
        assert_eq!(authority.accepts("pkey -in key.pem -pubout"), public);
        let text = authority.accepts("x509 -in leaf.pem -noout -text");
        has(&text, &["DNS:b.example.com", "DNS:a.example.com", "IP Address:10.0.0.1"]);
        assert!(!text.contains("CA:TRUE"), "a request does not make itself an authority: {text}");
    }
}

#[test]
fn an_issuer_from_a_record_signs_as_before() {
    let authority = Authority::with(|root| root.signature_bits = 256);
    let bytes = minicbor::to_vec(&authority.issuer).unwrap();
    let authority = Authority { issuer: minicbor::decode(&bytes).unwrap(), ..authority };
    authority.issue(&role(|_| {}), &request("a.example.com"));
    authority.accepts(&authority.verification(MINUTE, ""));
}
