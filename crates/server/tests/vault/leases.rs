use serde_json::{Value, json};
use strongroom_core::pki::{
    Format, IssueRequest, KeyAlgorithm, NewRoot, PrivateKeyFormat, RoleSettings, SubjectAttributes,
};
use strongroom_core::time::Seconds;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::pki::{GeneratePkiRoot, IssueCertificate, WritePkiRole};

use super::Setting;

fn setting() -> Setting {
    let setting = Setting::new();
    let owner = setting.room.owner();
    owner.ask(&EnableMount::new(MountSide::Secret, "pki", "pki")).expect("mounts");
    let root = NewRoot {
        request: IssueRequest { common_name: "Root".into(), ..IssueRequest::default() },
        subject: SubjectAttributes::default(),
        key: KeyAlgorithm::Ed25519,
        signature_bits: 0,
        max_path_length: None,
        permitted_dns_domains: Vec::new(),
    };
    let root = GeneratePkiRoot::new("pki", false, root, Format::Pem, PrivateKeyFormat::default());
    owner.ask(&root).expect("makes a root");
    let role = RoleSettings {
        allow_any_name: true,
        key_type: "ed25519".into(),
        ttl: Seconds(600),
        generate_lease: true,
        ..RoleSettings::default()
    };
    owner.ask(&WritePkiRole::new("pki", "my-role", role)).expect("writes");
    setting
}

fn lease(setting: &Setting) -> String {
    let request = IssueRequest { common_name: "test.hvac.com".into(), ..IssueRequest::default() };
    let issue = IssueCertificate::issue("pki", "my-role", request);
    setting.room.owner().ask(&issue).expect("issues").lease.expect("carries a lease").id
}

#[test]
fn a_lease_is_looked_up_listed_and_revoked() {
    let setting = setting();
    let root = setting.root();
    root.list("sys/leases/lookup/pki").is(404);
    let id = lease(&setting);
    let read =
        root.send("PUT", "sys/leases/lookup", json!({ "lease_id": id }).to_string().as_bytes());
    let read = read.is(200);
    assert_eq!((read.text("/data/id"), read.at("/data/ttl")), (id.clone(), &json!(600)));
    assert_eq!(read.text("/data/issue_time"), "2027-01-15T08:00:00.000Z");
    assert_eq!(read.text("/data/expire_time"), "2027-01-15T08:10:00.000Z");
    assert_eq!(*read.at("/data/last_renewal"), Value::Null);
    assert_eq!(*root.list("sys/leases/lookup/pki").is(200).at("/data/keys"), json!(["issue/"]));
    assert_eq!(*root.list("sys/leases/lookup/pki/").is(200).at("/data/keys"), json!(["issue/"]));
    assert_eq!(*root.list("sys/leases/lookup").is(200).at("/data/keys"), json!(["pki/"]));
    assert_eq!(*root.get("sys/leases/count").is(200).at("/data/lease_count"), 1);
    let renewed = root.post("sys/leases/renew", json!({ "lease_id": id, "increment": null }));
    assert_eq!(renewed.is(400).text("/errors/0"), "lease is not renewable");
    root.post("sys/leases/revoke", json!({ "lease_id": id })).is(204);
    root.post("sys/leases/revoke", json!({ "lease_id": id })).is(204);
    root.list("sys/leases/lookup/pki").is(404);
    let gone = root.post("sys/leases/lookup", json!({ "lease_id": id })).is(400);
    assert_eq!(gone.text("/errors/0"), "invalid lease");
}

#[test]
fn leases_below_a_prefix_are_all_gone_when_it_is_answered() {
    let setting = setting();
    let root = setting.root();
    for path in ["sys/leases/revoke-prefix/pki", "sys/leases/revoke-force/pki/issue/my-role/"] {
        (0..20).for_each(|_| drop(lease(&setting)));
        root.post(path, json!({ "prefix": "pki" })).is(204);
        root.list("sys/leases/lookup/pki").is(404);
    }
    let id = lease(&setting);
    root.post(&format!("sys/leases/revoke-prefix/{id}"), json!({})).is(204);
    root.list("sys/leases/lookup/pki").is(404);
    root.post("sys/leases/revoke-prefix/auth/token", json!({})).is(501);
}

/// CVE-2026-45808: the older paths of leases knew fewer rules than the newer ones.
#[test]
fn older_paths_of_leases_need_what_the_newer_ones_need() {
    let setting = setting();
    let id = lease(&setting);
    let body = json!({ "lease_id": id });
    let paths = [
        ("revoke".to_owned(), body.clone()),
        (format!("revoke/{id}"), json!({})),
        ("revoke-prefix/pki".to_owned(), json!({})),
        ("revoke-force/pki".to_owned(), json!({})),
        ("renew".to_owned(), body),
        (format!("renew/{id}"), json!({})),
    ];
    let capabilities =
        r#"capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"]"#;
    let old_only = setting.bearer(
        "old",
        &format!(
            r#"path "sys/revoke*" {{ {capabilities} }} path "sys/renew*" {{ {capabilities} }}"#
        ),
    );
    let denied = setting.bearer(
        "denied",
        &format!(
            r#"path "sys/*" {{ {capabilities} }} path "sys/leases/*" {{ capabilities = ["deny"] }}"#
        ),
    );
    let without_sudo =
        setting.bearer("plain", r#"path "sys/*" { capabilities = ["create", "update"] }"#);
    for (path, body) in &paths {
        for old in ["sys", "sys/leases"] {
            let path = format!("{old}/{path}");
            setting.client(None).post(&path, body.clone()).is(403);
            old_only.post(&path, body.clone()).is(403);
            denied.post(&path, body.clone()).is(403);
            if path.contains("revoke-") {
                without_sudo.post(&path, body.clone()).is(403);
            }
        }
    }
    let root = setting.root();
    root.post("sys/leases/lookup", json!({ "lease_id": id })).is(200);
    root.post(&format!("sys/renew/{id}"), json!({})).is(400);
    without_sudo.post(&format!("sys/revoke/{id}"), json!({})).is(204);
    root.list("sys/leases/lookup/pki").is(404);
}

#[test]
fn bodies_and_names_of_leases_that_are_none_are_refused() {
    let setting = setting();
    let root = setting.root();
    let long = "a".repeat(2_000);
    for path in ["sys/leases/lookup", "sys/leases/renew", "sys/leases/revoke", "sys/revoke"] {
        for body in [
            json!({}),
            json!({ "lease_id": null }),
            json!({ "lease_id": "" }),
            json!({ "lease_id": 3 }),
            json!({ "lease_id": ["a"] }),
        ] {
            root.post(path, body).is(400);
        }
        root.send("POST", path, b"{").is(400);
    }
    for id in ["pki/issue/my-role/NONE", "..", "a\u{0}b", long.as_str()] {
        root.post("sys/leases/lookup", json!({ "lease_id": id })).is(400);
        root.post("sys/leases/revoke", json!({ "lease_id": id })).is(204);
    }
    root.post("sys/leases/renew", json!({ "lease_id": "x", "increment": "soon" })).is(400);
    root.get("sys/leases/count?type=none").is(400);
    root.send("LIST", "sys/leases/lookup/pki?limit=x", b"").is(400);
    root.get("sys/leases/revoke-prefix/pki").is(501);
}
