use serde_json::{Value, json};
use strongroom_engine::audit::DevicesAllowed;

use super::Setting;

#[test]
fn an_audit_device_is_enabled_listed_asked_for_a_hash_and_disabled() {
    let setting = Setting::new();
    let folder = tempfile::tempdir().expect("a folder");
    let allowed =
        DevicesAllowed { folder: Some(folder.path().to_owned()), ..DevicesAllowed::default() };
    setting.room.engine.allow_audit_devices(allowed).expect("is allowed");
    let root = setting.root();
    let path = folder.path().join("vault.audit.log");
    let device = json!({
        "type": "file", "description": null, "local": null, "options": { "path": path },
    });
    assert_eq!(*root.get("sys/audit").is(200).at("/data"), json!({}));
    root.post("sys/audit/test-tempfile", device.clone()).is(204);
    root.send("PUT", "sys/audit/test-tempfile", device.to_string().as_bytes()).is(400);
    let listed = root.get("sys/audit").is(200);
    for member in ["", "/data"] {
        assert_eq!(*listed.at(&format!("{member}/test-tempfile~1/type")), "file");
        assert_eq!(*listed.at(&format!("{member}/test-tempfile~1/failing")), json!(false));
    }
    let hash = root.post("sys/audit-hash/test-tempfile", json!({ "input": "hvac-rox" })).is(200);
    let text = hash.text("/data/hash");
    assert!(text.starts_with("hmac-sha256:") && text.len() == 12 + 64, "{text}");
    root.get("secret/x");
    let token = root.token.clone().expect("a token");
    let hashed = root.post("sys/audit-hash/test-tempfile", json!({ "input": token })).is(200);
    let log = std::fs::read_to_string(&path).expect("is read");
    assert!(log.contains(&hashed.text("/data/hash")) && !log.contains(&token));
    root.delete("sys/audit/test-tempfile").is(204);
    root.delete("sys/audit/test-tempfile").is(204);
    assert_eq!(*root.get("sys/audit").is(200).at("/data"), json!({}));
    let unknown = root.post("sys/audit-hash/test-tempfile", json!({ "input": "x" })).is(400);
    assert_eq!(unknown.text("/errors/0"), "unknown audit backend");
}

#[test]
fn a_device_that_is_none_or_not_allowed_is_refused() {
    let setting = Setting::new();
    let root = setting.root();
    let nobody = setting.bearer("nobody", r#"path "sys/audit/x" { capabilities = ["update"] }"#);
    for body in [
        json!({}),
        json!({ "type": "file" }),
        json!({ "type": "file", "options": { "path": "/tmp/x" } }),
        json!({ "type": "file", "options": { "path": "/etc/../tmp/x" } }),
        json!({ "type": "socket", "options": { "address": "169.254.169.254:80" } }),
        json!({ "type": "syslog" }),
        json!({ "type": "nothing" }),
        json!({ "type": 3 }),
        json!({ "type": "file", "options": "x" }),
        json!({ "type": "file", "options": { "path": ["x"] } }),
    ] {
        root.post("sys/audit/x", body.clone()).is(400);
        setting.client(None).post("sys/audit/x", body).refused_as_not_done();
    }
    let body = json!({ "type": "file", "options": { "path": "x" } });
    nobody.post("sys/audit/x", body).is(403);
    nobody.delete("sys/audit/x").is(403);
    nobody.get("sys/audit").is(403);
    nobody.post("sys/audit-hash/x", json!({ "input": "x" })).is(403);
    for body in [json!({}), json!({ "input": 3 }), Value::Null] {
        root.post("sys/audit-hash/x", body).is(400);
    }
    assert_eq!(*root.get("sys/audit").is(200).at("/data"), json!({}));
}
