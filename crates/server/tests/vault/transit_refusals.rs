use data_encoding::BASE64;
use serde_json::{Value, json};

use super::transit::{HELLO, make, setting};

/// Every route of the mount, with a body that it takes.
fn requests() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("LIST", "keys", json!({})),
        ("POST", "keys/k", json!({})),
        ("GET", "keys/k", json!({})),
        ("DELETE", "keys/k", json!({})),
        ("POST", "keys/k/config", json!({})),
        ("POST", "keys/k/rotate", json!({})),
        ("POST", "keys/k/trim", json!({ "min_available_version": 1 })),
        ("GET", "export/hmac-key/k", json!({})),
        ("GET", "export/hmac-key/k/1", json!({})),
        ("GET", "backup/k", json!({})),
        ("POST", "restore", json!({ "backup": "AA==" })),
        ("POST", "restore/k", json!({ "backup": "AA==" })),
        ("POST", "encrypt/k", json!({ "plaintext": HELLO })),
        ("POST", "decrypt/k", json!({ "ciphertext": "vault:v1:AAAA" })),
        ("POST", "rewrap/k", json!({ "ciphertext": "vault:v1:AAAA" })),
        ("POST", "datakey/wrapped/k", json!({})),
        ("POST", "sign/k", json!({ "input": HELLO })),
        ("POST", "sign/k/sha2-256", json!({ "input": HELLO })),
        ("POST", "verify/k", json!({ "input": HELLO, "hmac": "vault:v1:AAAA" })),
        ("POST", "verify/k/sha2-256", json!({ "input": HELLO, "signature": "vault:v1:AAAA" })),
        ("POST", "hmac/k", json!({ "input": HELLO })),
        ("POST", "hmac/k/sha2-256", json!({ "input": HELLO })),
        ("POST", "hash", json!({ "input": HELLO })),
        ("POST", "hash/sha2-256", json!({ "input": HELLO })),
        ("POST", "random", json!({})),
        ("POST", "random/4", json!({})),
        ("POST", "random/platform/4", json!({})),
        ("GET", "wrapping_key", json!({})),
    ]
}

#[test]
fn whoever_may_not_is_told_nothing_whatever_they_send() {
    let setting = setting();
    make(&setting.root(), "k", "aes256-gcm96");
    let elsewhere =
        setting.bearer("app", r#"path "transit/other/*" { capabilities = ["update"] }"#);
    for client in [setting.client(None), setting.client(Some("hvs.none".into())), elsewhere] {
        for (method, path, body) in requests() {
            let path = format!("transit/{path}");
            for body in [body.to_string(), r#"{"batch_input":[{}],"input":1}"#.into()] {
                let answer = client.send(method, &path, body.as_bytes()).is(403);
                assert_eq!(answer.at("/errors/0"), "permission denied", "{method} {path}");
            }
        }
    }
}

#[test]
fn a_body_that_is_none_is_refused_and_not_quoted() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    for (method, path, _) in requests().into_iter().filter(|(method, ..)| *method == "POST") {
        let path = format!("transit/{path}");
        for body in ["[]", "{", "\"canary\"", "{\"a\":}"] {
            let answer = root.send(method, &path, body.as_bytes()).is(400);
            assert!(!answer.body.to_string().contains("canary"), "{path}");
        }
        let nested = format!("{{\"batch_input\":{}{}}}", "[".repeat(200), "]".repeat(200));
        root.send(method, &path, nested.as_bytes()).is(400);
    }
    for (path, body) in [
        ("encrypt/k", json!({ "plaintext": ["canary"] })),
        ("encrypt/k", json!({ "plaintext": "canary!" })),
        ("decrypt/k", json!({ "ciphertext": "canary" })),
        ("decrypt/k", json!({ "ciphertext": 7 })),
        ("sign/k", json!({ "input": "canary!" })),
        ("hmac/k", json!({ "input": { "canary": 1 } })),
        ("hash", json!({ "input": HELLO, "algorithm": "canary" })),
    ] {
        let answer = root.post(&format!("transit/{path}"), body).is(400);
        assert!(!answer.body.to_string().contains("canary"), "{path} {answer:?}");
    }
}

#[test]
fn names_of_keys_are_vaults() {
    let setting = setting();
    let root = setting.root();
    for name in ["-a", "a-", "a%20b", "%C3%A4", "a:b", &"a".repeat(257)] {
        root.post(&format!("transit/keys/{name}"), json!({})).is(400);
    }
    for name in ["..", "%2e%2e", "a%00"] {
        root.post(&format!("transit/keys/{name}"), json!({})).is(400);
    }
    root.post("transit/keys/K", json!({})).is(200);
    root.get("transit/keys/k").is(404);
    root.get("transit/Keys/K").is(404);
    root.post(&format!("transit/keys/{}", "a".repeat(256)), json!({})).is(200);
}

#[test]
fn a_plaintext_has_a_longest_length() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    let of = |bytes: usize| {
        let body = json!({ "plaintext": BASE64.encode(&vec![0; bytes]) });
        root.post("transit/encrypt/k", body)
    };
    of(1 << 20).is(200);
    of((1 << 20) + 1).is(400);
}

#[test]
fn what_of_transit_is_not_done_says_so() {
    let setting = setting();
    let root = setting.root();
    for path in ["transit/keys/k/import", "transit/cache-config", "transit/config/keys"] {
        root.post(path, json!({})).is(501);
    }
    root.get("transit/wrapping_key").is(501);
    root.post("transit/keys/k", json!({ "managed_key_name": "x" })).is(501);
    root.get("transit/encrypt/k").is(501);
    root.get("transit/nothing").is(404);
}
