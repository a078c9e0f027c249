use serde_json::json;
use strongroom_core::model::{PATH_BYTES_MAX, VALUE_BYTES_MAX};

use super::Setting;

#[test]
fn bodies_that_are_not_what_an_operation_takes_are_refused() {
    let setting = Setting::new();
    let root = setting.root();
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "{",
        "{\"path\":}",
        r#"{"path":7}"#,
        r#"{"path":null}"#,
        r#"{"path":["secret/a"]}"#,
        r#"{"path":"secret/a","extra":1}"#,
        r#"{"path":"secret/a","path":"secret/b"}"#,
        r#"{"path":"secret/a"} {}"#,
        r#"{"path":"secret/a","which":{"version":-1}}"#,
        r#"{"path":"secret/a","which":{"version":1,"label":"x"}}"#,
        r#"{"path":"secret/a","which":{"id":"zz"}}"#,
        "{\"path\":\"\u{fffd}",
    ] {
        root.raw("POST", "secret-read", body.as_bytes()).refused(400, "invalid-request");
    }
    root.raw("POST", "secret-read", &[0xff, 0xfe]).refused(400, "invalid-request");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    root.raw("POST", "secret-read", deep.as_bytes()).refused(400, "invalid-request");
    let deep = format!(r#"{{"path":"secret/a","which":{deep}}}"#);
    root.raw("POST", "secret-read", deep.as_bytes()).refused(400, "invalid-request");
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let setting = Setting::new();
    let root = setting.root();
    let long = format!("secret/{}", "x".repeat(PATH_BYTES_MAX + 1));
    for path in
        ["secret/../sys/x", "secret/a/./b", "secret//a", "secret/", "", "secret/a\u{0}b", &long]
    {
        let body = json!({ "path": path, "value": { "text": "v" } });
        root.ask("secret-write", body).refused(400, "invalid-request");
    }
    let longest = format!("secret/{}", "x".repeat(PATH_BYTES_MAX));
    root.ask("secret-write", json!({ "path": longest, "value": { "text": "v" } })).ok();
    root.ask("secret-read", json!({ "path": "SECRET/a" })).refused(400, "invalid-request");
}

#[test]
fn a_value_is_held_to_its_limit() {
    let setting = Setting::new();
    let root = setting.root();
    let put = |bytes: usize| {
        let value = json!({ "text": "x".repeat(bytes) });
        root.ask("secret-write", json!({ "path": "secret/app/KEY", "value": value }))
    };
    put(VALUE_BYTES_MAX).ok();
    put(VALUE_BYTES_MAX + 1).refused(400, "invalid-request");
}

#[test]
fn there_are_no_other_paths_and_methods() {
    let setting = Setting::new();
    let root = setting.root();
    for path in ["", "nothing", "secret-read/", "SECRET-READ", "../v1/sys/mounts", "secret%2Dread"]
    {
        root.raw("POST", path, b"{}").refused(404, "not-found");
    }
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"] {
        root.raw(method, "secret-read", b"").refused(405, "invalid-request");
    }
    root.raw("POST", "status", b"{}").refused(405, "invalid-request");
    root.raw("GET", "secrets-watch", b"{}").refused(405, "invalid-request");
}
