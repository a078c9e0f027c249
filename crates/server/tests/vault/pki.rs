use data_encoding::BASE64;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use super::{Client, Setting};

/// A mount with a root and the role `web`.
fn setting() -> Setting {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/mounts/pki", json!({ "type": "pki" })).is(204);
    let body = json!({ "common_name": "hvac.com", "ttl": "8760h", "key_type": "ec" });
    root.post("pki/root/generate/internal", body).is(200);
    role(&root, "web", json!({ "generate_lease": true }));
    setting
}

fn role(client: &Client<'_>, name: &str, mut more: Value) {
    let usual = json!({
        "allowed_domains": "hvac.com", "allow_subdomains": "true", "max_ttl": "72h",
        "key_type": "ec", "name": name,
    });
    if let (Value::Object(more), Value::Object(usual)) = (&mut more, usual) {
        more.extend(usual);
    }
    client.post(&format!("pki/roles/{name}"), more).is(200);
}

/// The serial number of a new certificate.
fn issued(client: &Client<'_>) -> String {
    let body = json!({ "common_name": "a.hvac.com" });
    client.post("pki/issue/web", body).is(200).text("/data/serial_number")
}

/// The bytes in PEM.
fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    BASE64.decode(lines.collect::<String>().as_bytes()).expect("base64")
}

fn holds(list: &[u8], serial: &str) -> bool {
    let serial: Vec<u8> =
        serial.split(':').map(|pair| u8::from_str_radix(pair, 16).expect("two digits")).collect();
    list.windows(serial.len()).any(|window| window == serial)
}

#[test]
fn a_root_is_made_once_and_its_key_is_shown_only_when_exported() {
    let setting = setting();
    let root = setting.root();
    root.post("sys/mounts/other", json!({ "type": "pki" })).is(204);
    let body = json!({
        "common_name": "Team CA", "key_type": "ed25519", "ttl": "24h", "organization": "Team",
        "max_path_length": "0", "issuer_name": "first", "private_key_format": "pkcs8",
    });
    let made = root.post("other/root/generate/exported", body.clone()).is(200);
    assert!(made.text("/data/private_key").starts_with("-----BEGIN PRIVATE KEY-----"));
    assert_eq!(made.text("/data/private_key_type"), "ed25519");
    assert_eq!(made.at("/data/certificate"), made.at("/data/issuing_ca"));
    let expiration = super::now(&setting).0 / 1_000 + 86_400;
    assert_eq!(*made.at("/data/expiration"), expiration);
    assert!(made.text("/warnings/0").contains("issuer_name is not kept"));
    assert_eq!(made.text("/data/serial_number").len(), 59);
    let again = root.post("other/root/generate/exported", body).is(400);
    assert!(again.text("/errors/0").contains("exists already"));
    root.delete("other/root").is(204);
    let body = json!({ "common_name": "Team CA", "key_type": "ed25519" });
    let internal = root.post("other/root/generate/internal", body).is(200);
    assert_eq!(internal.at("/data").get("private_key"), None);
}

#[test]
fn a_root_that_cannot_be_made_as_asked_is_refused() {
    let setting = setting();
    let root = setting.root();
    root.delete("pki/root").is(204);
    let made = |field: &str, value: Value| {
        let body = json!({ "common_name": "CA", "key_type": "ed25519", field: value });
        root.post("pki/root/generate/internal", body)
    };
    for (field, value) in [
        ("common_name", json!("")),
        ("key_type", json!("dsa")),
        ("key_bits", json!(-1)),
        ("signature_bits", json!(7)),
        ("max_path_length", json!(256)),
        ("max_path_length", json!(-2)),
        ("format", json!("xml")),
        ("private_key_format", json!("jwk")),
        ("ttl", json!("-1h")),
        ("comon_name", json!("CA")),
    ] {
        made(field, value).is(400);
    }
    for (field, value) in [
        ("not_after", json!("2030-01-01T00:00:00Z")),
        ("use_pss", json!(true)),
        ("other_sans", json!("1.2.3.4;UTF8:x")),
        ("not_before_duration", json!("5m")),
        ("excluded_dns_domains", json!(["evil.org"])),
        ("managed_key_name", json!("hsm")),
    ] {
        let refused = made(field, value).is(501);
        assert_eq!(refused.text("/errors/0"), format!("{field} is not supported"));
    }
    root.post("pki/root/generate/kms", json!({ "common_name": "CA" })).is(501);
    root.post("pki/root/generate/other", json!({ "common_name": "CA" })).is(400);
    root.get("pki/ca").is(404);
    made("not_before_duration", json!("30s")).is(200);
}

#[test]
fn urls_are_set_one_by_one_and_are_in_certificates() {
    let setting = setting();
    let root = setting.root();
    let url = "http://127.0.0.1:8200/v1/pki/ca";
    let set = root.post("pki/config/urls", json!({ "issuing_certificates": url })).is(200);
    assert_eq!(*set.at("/data/issuing_certificates"), json!([url]));
    let lists = json!({ "crl_distribution_points": ["http://127.0.0.1:8200/v1/pki/crl"] });
    root.post("pki/config/urls", lists).is(200);
    let read = root.get("pki/config/urls").is(200);
    let expected = json!({
        "issuing_certificates": [url],
        "crl_distribution_points": ["http://127.0.0.1:8200/v1/pki/crl"],
        "ocsp_servers": [],
        "enable_templating": false,
    });
    assert_eq!(*read.at("/data"), expected);
    let made = root.post("pki/issue/web", json!({ "common_name": "a.hvac.com" })).is(200);
    let certificate = der(&made.text("/data/certificate"));
    assert!(certificate.windows(url.len()).any(|window| window == url.as_bytes()));
    root.post("pki/config/urls", json!({ "ocsp_servers": "nowhere" })).is(400);
    root.post("pki/config/urls", json!({ "enable_templating": true })).is(501);
    root.post("pki/config/urls", json!({ "issuing_certificates": [1] })).is(400);
    assert_eq!(*root.get("pki/config/urls").is(200).at("/data"), expected);
}

#[test]
fn a_role_is_written_read_listed_and_deleted() {
    let setting = setting();
    let root = setting.root();
    let read = root.get("pki/roles/web").is(200);
    for (field, value) in [
        ("allow_subdomains", json!(true)),
        ("allowed_domains", json!(["hvac.com"])),
        ("generate_lease", json!(true)),
        ("key_bits", json!(256)),
        ("key_usage", json!(["DigitalSignature", "KeyAgreement", "KeyEncipherment"])),
        ("max_ttl", json!(259_200)),
        ("not_before_duration", json!(30)),
        ("require_cn", json!(true)),
        ("issuer_ref", json!("default")),
    ] {
        assert_eq!(read.at("/data")[field], value, "{field}");
    }
    // What was read can be written.
    let written = root.post("pki/roles/copy", read.at("/data").clone()).is(200);
    assert_eq!(written.at("/data"), read.at("/data"));
    assert_eq!(*root.list("pki/roles").is(200).at("/data/keys"), json!(["copy", "web"]));
    let both = json!({ "generate_lease": true, "no_store": true });
    let both = root.post("pki/roles/copy", both).is(200);
    assert_eq!(*both.at("/data/generate_lease"), false);
    assert!(both.text("/warnings/0").contains("no_store=true takes priority"));
    assert_eq!(*both.at("/data/allowed_domains"), json!([]), "a role is written whole");
    root.delete("pki/roles/copy").is(204);
    root.get("pki/roles/copy").is(404);
    root.delete("pki/roles/web").is(204);
    root.list("pki/roles").is(404);
}

#[test]
fn a_field_of_a_role_that_would_be_passed_over_is_refused_by_its_name() {
    let setting = setting();
    let root = setting.root();
    for (field, value) in [
        ("allowed_domains_template", json!(true)),
        ("allowed_domains_template", json!("true")),
        ("allowed_uri_sans_template", json!(true)),
        ("allowed_other_sans", json!(["*"])),
        ("allowed_user_ids", json!("*")),
        ("allowed_ip_sans_cidr", json!(["10.0.0.0/8"])),
        ("allow_token_displayname", json!(true)),
        ("issuer_ref", json!("other")),
        ("not_after", json!("2030-01-01T00:00:00Z")),
        ("not_before_bound", json!("forbid")),
        ("use_pss", json!(1)),
    ] {
        let refused = root.post("pki/roles/new", json!({ field: value })).is(501);
        assert_eq!(refused.text("/errors/0"), format!("{field} is not supported"));
    }
    for (field, value) in [
        ("alowed_domains", json!("hvac.com")),
        ("allow_any_name", json!("perhaps")),
        ("ttl", json!("80h0")),
        ("key_type", json!("dsa")),
        ("key_bits", json!(1_024)),
        ("ext_key_usage", json!("Nothing")),
        ("allowed_domains", json!({ "a": 1 })),
    ] {
        root.post("pki/roles/new", json!({ field: value })).is(400);
    }
    root.get("pki/roles/new").is(404);
}

#[test]
fn a_certificate_is_issued_with_its_key_and_a_lease() {
    let setting = setting();
    let root = setting.root();
    let body = json!({ "common_name": "a.hvac.com", "alt_names": "b.hvac.com,c.hvac.com",
        "ip_sans": "127.0.0.1", "ttl": "1h" });
    let made = root.post("pki/issue/web", body).is(200);
    let lease = made.text("/lease_id");
    assert!(lease.starts_with("pki/issue/web/") && lease.len() > 30, "{lease}");
    assert_eq!((made.at("/lease_duration"), made.at("/renewable")), (&json!(3_600), &json!(false)));
    let expiration = super::now(&setting).0 / 1_000 + 3_600;
    assert_eq!(*made.at("/data/expiration"), expiration);
    assert_eq!(made.text("/data/private_key_type"), "ec");
    assert!(made.text("/data/private_key").starts_with("-----BEGIN EC PRIVATE KEY-----"));
    assert_eq!(made.at("/data/ca_chain/0"), made.at("/data/issuing_ca"));
    assert!(made.text("/data/certificate").starts_with("-----BEGIN CERTIFICATE-----"));
    let serial = made.text("/data/serial_number");
    let read = root.get(&format!("pki/cert/{serial}")).is(200);
    assert_eq!(read.at("/data/certificate"), made.at("/data/certificate"));
    let long = json!({ "common_name": "a.hvac.com", "ttl": "100h" });
    let long = root.post("pki/issue/web", long).is(200);
    assert!(long.text("/warnings/0").contains("longer than permitted maxTTL"));
    role(&root, "unleased", json!({}));
    let body = json!({ "common_name": "a.hvac.com", "format": "pem_bundle" });
    let unleased = root.post("pki/issue/unleased", body).is(200);
    assert_eq!(unleased.text("/lease_id"), "");
    assert!(unleased.text("/data/certificate").contains("PRIVATE KEY"));
}

#[test]
fn what_the_role_does_not_allow_is_not_issued() {
    let setting = setting();
    let root = setting.root();
    for body in [
        json!({}),
        json!({ "common_name": "evil.org" }),
        json!({ "common_name": "a.hvac.com", "alt_names": "evil.org" }),
        json!({ "common_name": "a.hvac.com", "ip_sans": "x" }),
        json!({ "common_name": "a.hvac.com\u{0}evil.org" }),
        json!({ "common_name": "a.hvac.com", "format": "xml" }),
        json!({ "common_name": "a.hvac.com", "nobody_knows": true }),
        json!({ "common_name": ["a.hvac.com"] }),
    ] {
        root.post("pki/issue/web", body).is(400);
    }
    for field in ["not_after", "other_sans", "user_ids", "issuer_ref", "remove_roots_from_chain"] {
        let refused = json!({ "common_name": "a.hvac.com", field: "true" });
        root.post("pki/issue/web", refused).is(501);
    }
    root.post("pki/issue/none", json!({ "common_name": "a.hvac.com" })).is(400);
    root.post("pki/issue/..", json!({ "common_name": "a.hvac.com" })).is(400);
    assert_eq!(root.list("pki/certs").is(200).at("/data/keys").as_array().map(Vec::len), Some(1));
}

#[test]
fn a_request_is_signed_and_keeps_its_key() {
    let setting = setting();
    let root = setting.root();
    let key = KeyPair::generate().expect("a key");
    let mut request = CertificateParams::new(vec!["a.hvac.com".to_owned()]).expect("parameters");
    request.distinguished_name.push(rcgen::DnType::CommonName, "a.hvac.com");
    let request = request.serialize_request(&key).expect("a request").pem().expect("PEM");
    let body = json!({ "csr": request, "common_name": "a.hvac.com" });
    let signed = root.post("pki/sign/web", body).is(200);
    assert_eq!(signed.at("/data").get("private_key"), None);
    let certificate = der(&signed.text("/data/certificate"));
    let public = key.public_key_raw();
    assert!(certificate.windows(public.len()).any(|window| window == public));
    for csr in ["", "canary", "-----BEGIN CERTIFICATE REQUEST-----\ncanary\n"] {
        let body = json!({ "csr": csr, "common_name": "a.hvac.com" });
        let refused = root.post("pki/sign/web", body).is(400);
        assert!(!refused.body.to_string().contains("canary"), "{refused:?}");
    }
}

#[test]
fn what_is_for_everybody_needs_no_token_and_is_as_vault_answers_it() {
    let setting = setting();
    let serial = issued(&setting.root());
    for client in [setting.client(None), setting.client(Some("hvs.gone".into()))] {
        let pem = client.get("pki/ca/pem").is(200);
        assert_eq!(pem.content_type, "application/pem-certificate-chain");
        let text = String::from_utf8(pem.bytes).expect("text");
        let raw = client.get("pki/ca").is(200);
        assert_eq!((raw.content_type.as_str(), raw.bytes), ("application/pkix-cert", der(&text)));
        let chain = client.get("pki/ca_chain").is(200);
        assert_eq!(
            (chain.content_type.as_str(), chain.bytes.as_slice()),
            ("application/pkix-cert", text.as_bytes())
        );
        for path in ["ca", "ca_chain"] {
            let read = client.get(&format!("pki/cert/{path}")).is(200);
            assert_eq!(read.text("/data/certificate"), text);
        }
        let list = client.get("pki/crl").is(200);
        assert_eq!(list.content_type, "application/pkix-crl");
        let list_pem = client.get("pki/crl/pem").is(200);
        assert_eq!(list_pem.content_type, "application/x-pem-file");
        let list_pem = String::from_utf8(list_pem.bytes).expect("text");
        assert!(list_pem.starts_with("-----BEGIN X509 CRL-----\n") && !list_pem.ends_with('\n'));
        assert_eq!(der(&list_pem), list.bytes);
        assert_eq!(client.get("pki/cert/crl").is(200).text("/data/certificate"), list_pem);
        assert_eq!(client.get("pki/cert/crl/raw").is(200).bytes, list.bytes);
        let read = client.get(&format!("pki/cert/{serial}")).is(200);
        let certificate = der(&read.text("/data/certificate"));
        assert_eq!(*read.at("/data/revocation_time"), 0);
        assert_eq!(client.get(&format!("pki/cert/{serial}/raw")).is(200).bytes, certificate);
        let hyphens = serial.replace(':', "-");
        let pem = client.get(&format!("pki/cert/{hyphens}/raw/pem")).is(200);
        assert_eq!(der(&String::from_utf8(pem.bytes).expect("text")), certificate);
        let none = serial.replace(|digit: char| digit.is_ascii_hexdigit(), "1");
        assert_eq!(client.get(&format!("pki/cert/{none}")).is(404).body, json!({ "errors": [] }));
        client.get("pki/cert/x").is(400);
    }
}

#[test]
fn whoever_may_not_is_told_nothing_of_the_rest() {
    let setting = setting();
    let serial = issued(&setting.root());
    let elsewhere = setting.bearer("app", r#"path "pki/cert/*" { capabilities = ["read"] }"#);
    for client in [setting.client(None), setting.client(Some("hvs.gone".into())), elsewhere] {
        for (method, path) in [
            ("POST", "pki/root/generate/internal"),
            ("POST", "pki/root/generate/other"),
            ("DELETE", "pki/root"),
            ("GET", "pki/config/urls"),
            ("POST", "pki/config/urls"),
            ("LIST", "pki/roles"),
            ("GET", "pki/roles/web"),
            ("POST", "pki/roles/web"),
            ("DELETE", "pki/roles/web"),
            ("POST", "pki/issue/web"),
            ("POST", "pki/sign/web"),
            ("POST", "pki/revoke"),
            ("LIST", "pki/certs"),
            ("GET", "pki/crl/rotate"),
            ("POST", "pki/tidy"),
            ("GET", "pki/issuer/default"),
            ("GET", "pki/nothing"),
        ] {
            for body in [r#"{"common_name":"a.hvac.com"}"#, r#"{"nobody_knows":[1]}"#] {
                let answer = client.send(method, path, body.as_bytes()).is(403);
                assert_eq!(answer.at("/errors/0"), "permission denied", "{method} {path}");
            }
        }
    }
    for (method, path) in [("POST", "pki/ca"), ("DELETE", &*format!("pki/cert/{serial}"))] {
        setting.client(None).send(method, path, b"").is(403);
    }
    // Deleting the root needs sudo as well.
    let deleter = setting.bearer("op", r#"path "pki/root" { capabilities = ["delete"] }"#);
    deleter.delete("pki/root").is(403);
    setting.client(None).get("pki/ca").is(200);
}

#[test]
fn a_revoked_certificate_is_on_the_list_and_says_when() {
    let setting = setting();
    let root = setting.root();
    let (first, second) = (issued(&root), issued(&root));
    let hyphens = first.replace(':', "-");
    let revoked = root.post("pki/revoke", json!({ "serial_number": hyphens })).is(200);
    assert_eq!(revoked.text("/data/state"), "revoked");
    let time = super::now(&setting).0 / 1_000;
    assert_eq!(*revoked.at("/data/revocation_time"), time);
    let list = setting.client(None).get("pki/crl").is(200).bytes;
    assert!(holds(&list, &first) && !holds(&list, &second));
    let read = root.get(&format!("pki/cert/{first}")).is(200);
    assert_eq!(*read.at("/data/revocation_time"), time);
    assert!(read.text("/data/revocation_time_rfc3339").ends_with('Z'));
    let rotated = root.get("pki/crl/rotate").is(200);
    assert_eq!(*rotated.at("/data"), json!({ "success": true }));
    assert_ne!(setting.client(None).get("pki/crl").is(200).bytes, list);
    for body in [json!({}), json!({ "serial_number": "x" }), json!({ "serial_number": 1 })] {
        root.post("pki/revoke", body).is(400);
    }
    root.post("pki/revoke", json!({ "certificate": "-----BEGIN" })).is(501);
}

#[test]
fn serial_numbers_are_listed_in_pages() {
    let setting = setting();
    let root = setting.root();
    for _ in 0..3 {
        issued(&root);
    }
    let all = root.list("pki/certs").is(200).at("/data/keys").clone();
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 4, "the root's as well");
    let after = all[1].as_str().expect("a text");
    assert!(after.contains(':'));
    let page = root.get(&format!("pki/certs?list=true&limit=1&after={after}")).is(200);
    assert_eq!(*page.at("/data/keys"), json!([all[2]]));
}

#[test]
fn what_ended_long_ago_is_forgotten_when_that_is_asked_for() {
    let setting = setting();
    let root = setting.root();
    issued(&root);
    for body in [json!({}), json!({ "tidy_cert_store": "false" })] {
        let nothing = root.post("pki/tidy", body).is(202);
        assert!(nothing.text("/warnings/0").starts_with("no tidy operation was asked for"));
        assert_eq!(*nothing.at("/data"), json!(null));
    }
    setting.client(None).post("pki/tidy", json!({})).is(403);
    setting
        .bearer("none", r#"path "pki/issue/*" { capabilities = ["update"] }"#)
        .post("pki/tidy", json!({}))
        .is(403);
    root.post("pki/tidy", json!({ "tidy_expired_issuers": true })).is(501);
    let body =
        json!({ "tidy_cert_store": true, "tidy_revoked_certs": true, "safety_buffer": "72h" });
    let nothing = root.post("pki/tidy", body.clone()).is(200);
    assert_eq!(*nothing.at("/data"), json!({ "forgotten": 0, "after": null }));
    setting.room.clock.advance(strongroom_core::time::Seconds(30 * 86_400));
    // The token of the root lives on; the certificate of `web` ended.
    let one = root.post("pki/tidy", body).is(200);
    assert_eq!(*one.at("/data/forgotten"), 1);
    assert_eq!(root.list("pki/certs").is(200).at("/data/keys").as_array().map(Vec::len), Some(1));
}

#[test]
fn what_of_pki_is_not_done_says_so() {
    let setting = setting();
    let root = setting.root();
    for path in [
        "config/ca",
        "config/crl",
        "intermediate/generate/internal",
        "intermediate/set-signed",
        "root/sign-intermediate",
        "root/sign-self-issued",
        "sign-verbatim/web",
        "sign-verbatim",
        "revoke-with-key",
        "issuer/default",
        "ocsp",
    ] {
        root.post(&format!("pki/{path}"), json!({ "csr": "x" })).is(501);
    }
    root.list("pki/issuers").is(501);
    root.get("pki/crl/delta").is(501);
    root.send("PATCH", "pki/roles/web", b"{}").is(501);
    root.get("pki/nothing").is(404);
}
