use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use super::{Answered, Client, Setting};

/// "hello" in base64.
pub const HELLO: &str = "aGVsbG8=";

pub fn setting() -> Setting {
    let setting = Setting::new();
    setting.root().post("sys/mounts/transit", json!({ "type": "transit" })).is(204);
    setting
}

/// A key of this type.
pub fn make(client: &Client<'_>, name: &str, key_type: &str) -> Answered {
    client.post(&format!("transit/keys/{name}"), json!({ "type": key_type })).is(200)
}

fn encrypted(client: &Client<'_>, name: &str) -> String {
    let body = json!({ "plaintext": HELLO });
    client.post(&format!("transit/encrypt/{name}"), body).is(200).text("/data/ciphertext")
}

#[test]
fn a_key_is_made_read_listed_and_deleted() {
    let setting = setting();
    let root = setting.root();
    root.list("transit/keys").is(404);
    let made = make(&root, "k", "aes256-gcm96");
    let expected = json!({
        "name": "k", "type": "aes256-gcm96", "derived": false, "deletion_allowed": false,
        "exportable": false, "allow_plaintext_backup": false, "imported_key": false,
        "auto_rotate_period": 0, "latest_version": 1, "min_available_version": 0,
        "min_decryption_version": 1, "min_encryption_version": 0, "supports_encryption": true,
        "supports_decryption": true, "supports_signing": false, "supports_derivation": true,
        "keys": { "1": super::now(&setting).0 / 1_000 },
    });
    assert_eq!(*made.at("/data"), expected);
    assert_eq!(*made.at("/warnings"), Value::Null);
    assert_eq!(root.get("transit/keys/k").is(200).at("/data"), made.at("/data"));
    let again = make(&root, "k", "ed25519");
    assert_eq!(*again.at("/data"), expected);
    assert_eq!(*again.at("/warnings"), json!(["key k already existed"]));
    assert_eq!(*root.list("transit/keys").is(200).at("/data/keys"), json!(["k"]));
    let refused = root.delete("transit/keys/k").is(400);
    assert!(refused.text("/errors/0").contains("deletion is not allowed"), "{refused:?}");
    let configured = root.post("transit/keys/k/config", json!({ "deletion_allowed": true }));
    assert_eq!(*configured.is(200).at("/data/deletion_allowed"), true);
    root.delete("transit/keys/k").is(204);
    root.get("transit/keys/k").is(404);
}

#[test]
fn keys_are_listed_in_pages() {
    let setting = setting();
    let root = setting.root();
    for name in ["a", "b", "c"] {
        make(&root, name, "aes256-gcm96");
    }
    let page = root.get("transit/keys?list=True&after=a&limit=1").is(200);
    assert_eq!(*page.at("/data/keys"), json!(["b"]));
    assert_eq!(*page.at("/warnings"), Value::Null);
    root.get("transit/keys?list=true&limit=x").is(400);
}

#[test]
fn every_type_is_described_as_vault_does() {
    let setting = setting();
    let root = setting.root();
    for (key_type, name) in [("ed25519", "ed25519"), ("ecdsa-p256", "P-256")] {
        let made = make(&root, key_type, key_type);
        assert_eq!(made.text("/data/keys/1/name"), name);
        assert!(!made.text("/data/keys/1/public_key").is_empty());
        assert!(made.text("/data/keys/1/creation_time").ends_with('Z'));
        assert_eq!(*made.at("/data/supports_signing"), true);
    }
    let hmac = root.post("transit/keys/hmac", json!({ "type": "hmac", "key_size": "64" })).is(200);
    assert_eq!(*hmac.at("/data/key_size"), 64);
    let derived = json!({ "derived": "true", "convergent_encryption": true });
    let derived = root.post("transit/keys/derived", derived).is(200);
    assert_eq!(*derived.at("/data/convergent_encryption"), true);
    assert_eq!(*derived.at("/data/kdf"), "hkdf_sha256");
    root.post("transit/keys/d2", json!({ "type": "ed25519", "derived": true })).is(200);
    assert_eq!(root.get("transit/keys/d2").is(200).text("/data/keys/1/public_key"), "");
    let of_context = root.get(&format!("transit/keys/d2?context={HELLO}")).is(200);
    assert_ne!(of_context.text("/data/keys/1/public_key"), "");
}

#[test]
fn a_plaintext_comes_back_from_its_ciphertext() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    let ciphertext = encrypted(&root, "k");
    assert!(ciphertext.starts_with("vault:v1:"));
    let read = root.post("transit/decrypt/k", json!({ "ciphertext": ciphertext })).is(200);
    assert_eq!(*read.at("/data"), json!({ "plaintext": HELLO }));
    // As `base64` writes it on a command line.
    let lines = root.post("transit/encrypt/k", json!({ "plaintext": "aGVs\nbG8=\n" })).is(200);
    assert_eq!(*lines.at("/data/key_version"), 1);
    let empty = root.post("transit/encrypt/k", json!({ "plaintext": "" })).is(200);
    let empty = json!({ "ciphertext": empty.text("/data/ciphertext") });
    assert_eq!(*root.post("transit/decrypt/k", empty).is(200).at("/data/plaintext"), "");
}

#[test]
fn versions_are_rotated_rewrapped_bounded_and_trimmed() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    let old = encrypted(&root, "k");
    let rotated = root.send("POST", "transit/keys/k/rotate", b"").is(200);
    assert_eq!(*rotated.at("/data/latest_version"), 2);
    assert_eq!(rotated.at("/data/keys").as_object().map(serde_json::Map::len), Some(2));
    let rewrapped = root.post("transit/rewrap/k", json!({ "ciphertext": old })).is(200);
    assert!(rewrapped.text("/data/ciphertext").starts_with("vault:v2:"));
    assert_eq!(*rewrapped.at("/data/key_version"), 2);
    // As the command line of Vault sends them.
    let minimums = json!({ "min_decryption_version": "2", "min_encryption_version": "2" });
    let configured = root.post("transit/keys/k/config", minimums).is(200);
    assert_eq!(*configured.at("/data/min_decryption_version"), 2);
    let refused = root.post("transit/decrypt/k", json!({ "ciphertext": old })).is(400);
    assert!(refused.text("/errors/0").contains("disallowed by policy (too old)"));
    root.post("transit/keys/k/trim", json!({})).is(400);
    let trimmed = root.post("transit/keys/k/trim", json!({ "min_available_version": 2 })).is(200);
    assert_eq!(*trimmed.at("/data/min_available_version"), 2);
    let forced = root.post("transit/keys/k2", json!({})).is(200);
    assert_eq!(*forced.at("/data/latest_version"), 1);
    let forced = root.post("transit/keys/k2/config", json!({ "min_decryption_version": 0 }));
    assert!(forced.is(200).text("/warnings/0").contains("forcing minimum to 1"));
    for (name, value) in [
        ("min_decryption_version", json!(-1)),
        ("min_encryption_version", json!(5_000_000_000_i64)),
        ("auto_rotate_period", json!("1m")),
        ("exportable", json!("perhaps")),
    ] {
        root.post("transit/keys/k/config", json!({ name: value })).is(400);
    }
    let period = json!({ "auto_rotate_period": "24h" });
    let period = root.post("transit/keys/k/config", period).is(200);
    assert_eq!(*period.at("/data/auto_rotate_period"), 86_400);
}

#[test]
fn each_item_of_a_batch_has_its_answer_or_its_error() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    let items = json!([
        { "plaintext": HELLO, "reference": "first" },
        { "plaintext": "!" },
        { "plaintext": HELLO, "key_version": 7 },
        { "plaintext": HELLO, "nonce": "AAAAAAAAAAAAAAAA" },
        {},
        { "plaintext": "" },
    ]);
    let answer = root.post("transit/encrypt/k", json!({ "batch_input": items })).is(400);
    let results = answer.at("/data/batch_results").as_array().expect("results").clone();
    assert_eq!(results.len(), 6);
    assert_eq!(results[0]["reference"], "first");
    assert!(results[0]["ciphertext"].is_string() && results[0]["error"].is_null());
    assert_eq!(results[1]["error"], "illegal base64 data at input byte 0");
    assert!(results[2]["error"].as_str().expect("an error").contains("higher than the latest"));
    assert_eq!(results[3]["error"], "provided nonce not allowed for this key");
    assert_eq!(results[4]["error"], "missing plaintext to encrypt");
    assert!(results[5]["ciphertext"].is_string(), "{results:?}");
    assert!(results.iter().all(|result| result["reference"].is_string()));

    let items = json!([{ "ciphertext": results[0]["ciphertext"] }, { "ciphertext": "vault:v1:!" }]);
    let body = json!({ "batch_input": items, "partial_failure_response_code": 200 });
    let answer = root.post("transit/decrypt/k", body).is(200);
    assert_eq!(answer.text("/data/batch_results/0/plaintext"), HELLO);
    assert!(answer.text("/data/batch_results/1/error").contains("could not decode base64"));
    let rewrapped = root.post("transit/rewrap/k", json!({ "batch_input": items })).is(400);
    assert!(rewrapped.text("/data/batch_results/0/ciphertext").starts_with("vault:v1:"));
    let none =
        json!({ "batch_input": [{ "ciphertext": "x" }], "partial_failure_response_code": 200 });
    root.post("transit/decrypt/k", none).is(400);
    let good = json!({ "batch_input": [{ "plaintext": HELLO }] });
    root.post("transit/encrypt/k", good).is(200);
}

#[test]
fn a_batch_has_limits_and_one_shape() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    let of = |count| {
        let items = vec![json!({ "plaintext": "" }); count];
        root.post("transit/encrypt/k", json!({ "batch_input": items }))
    };
    of(0).is(400);
    of(1_000).is(200);
    of(1_001).is(400);
    for items in [json!({}), json!("x"), json!([1]), json!([{ "plaintext": 1 }])] {
        root.post("transit/encrypt/k", json!({ "batch_input": items })).is(400);
    }
    let mixed = json!([{ "plaintext": "", "context": HELLO }, { "plaintext": "" }]);
    let mixed = root.post("transit/encrypt/k", json!({ "batch_input": mixed })).is(400);
    assert!(mixed.text("/errors/0").contains("either in all the request blocks or in none"));
    for code in [json!(0), json!(204), json!(600), json!("x"), json!(-1)] {
        let body = json!({ "batch_input": [{}], "partial_failure_response_code": code });
        let answer = root.post("transit/encrypt/k", body).is(400);
        assert!(answer.body.get("errors").is_some(), "{answer:?}");
    }
}

#[test]
fn a_key_that_is_not_there_is_made_by_who_may_create() {
    let setting = setting();
    let creator =
        setting.bearer("app", r#"path "transit/encrypt/*" { capabilities = ["create"] }"#);
    let body = json!({ "plaintext": HELLO, "context": HELLO, "convergent_encryption": true });
    let first = creator.post("transit/encrypt/new", body.clone()).is(200);
    let root = setting.root();
    assert_eq!(*root.get("transit/keys/new").is(200).at("/data/convergent_encryption"), true);
    let second = root.post("transit/encrypt/new", body).is(200);
    assert_eq!(first.text("/data/ciphertext"), second.text("/data/ciphertext"));
    creator.post("transit/encrypt/new", json!({ "plaintext": HELLO, "context": HELLO })).is(403);
    let updater =
        setting.bearer("other", r#"path "transit/encrypt/*" { capabilities = ["update"] }"#);
    updater.post("transit/encrypt/none", json!({ "plaintext": HELLO })).is(403);
    for (name, value) in [
        ("type", json!("ecdsa-p256")),
        ("type", json!("rot13")),
        ("convergent_encryption", json!(true)),
    ] {
        let body = json!({ "plaintext": HELLO, name: value });
        creator.post("transit/encrypt/none", body).is(400);
    }
    root.get("transit/keys/none").is(404);
}

#[test]
fn associated_data_and_context_belong_to_a_ciphertext() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    let body = json!({ "plaintext": HELLO, "associated_data": HELLO });
    let ciphertext = root.post("transit/encrypt/k", body).is(200).text("/data/ciphertext");
    let plain = json!({ "ciphertext": ciphertext });
    assert!(root.post("transit/decrypt/k", plain).is(400).text("/errors/0").len() > 5);
    let body = json!({ "ciphertext": ciphertext, "associated_data": HELLO });
    root.post("transit/decrypt/k", body).is(200);
    root.post("transit/keys/d", json!({ "derived": true })).is(200);
    let missing = root.post("transit/encrypt/d", json!({ "plaintext": HELLO })).is(400);
    assert!(missing.text("/errors/0").starts_with("missing 'context'"));
    root.post("transit/encrypt/d", json!({ "plaintext": HELLO, "context": "!" })).is(400);
}

#[test]
fn a_data_key_is_shown_only_where_the_path_says_so() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "aes256-gcm96");
    let shown = root.post("transit/datakey/plaintext/k", json!({ "bits": 512 })).is(200);
    let key = BASE64.decode(shown.text("/data/plaintext").as_bytes()).expect("base64");
    assert_eq!(key.len(), 64);
    let body = json!({ "ciphertext": shown.text("/data/ciphertext") });
    let again = root.post("transit/decrypt/k", body).is(200);
    assert_eq!(again.text("/data/plaintext"), shown.text("/data/plaintext"));
    let wrapped = root.post("transit/datakey/wrapped/k", json!({ "bits": "128" })).is(200);
    assert_eq!(wrapped.at("/data").get("plaintext"), None);
    for (path, body) in [
        ("transit/datakey/other/k", json!({})),
        ("transit/datakey/plaintext/k", json!({ "bits": 64 })),
        ("transit/datakey/plaintext/k", json!({ "bits": -1 })),
        ("transit/datakey/plaintext/none", json!({})),
        ("transit/datakey/plaintext/k", json!({ "nonce": "AAAA" })),
    ] {
        root.post(path, body).is(400);
    }
}

#[test]
fn random_bytes_come_in_both_encodings_and_within_bounds() {
    let setting = setting();
    let root = setting.root();
    let count = |path: &str, body: Value| {
        let text = root.post(path, body).is(200).text("/data/random_bytes");
        BASE64.decode(text.as_bytes()).expect("base64").len()
    };
    assert_eq!(count("transit/random", json!({})), 32);
    assert_eq!(count("transit/random", json!({ "bytes": 7 })), 7);
    assert_eq!(count("transit/random/9", json!({ "bytes": 7 })), 9);
    assert_eq!(count("transit/random/platform", json!({ "bytes": "5" })), 5);
    assert_eq!(count("transit/random/platform/131072", json!({})), 131_072);
    let hex = root.post("transit/random/4", json!({ "format": "hex" })).is(200);
    assert_eq!(HEXLOWER.decode(hex.text("/data/random_bytes").as_bytes()).map(|b| b.len()), Ok(4));
    for (path, body) in [
        ("transit/random/0", json!({})),
        ("transit/random/131073", json!({})),
        ("transit/random/99999999999999999999999", json!({})),
        ("transit/random", json!({ "bytes": -1 })),
        ("transit/random/seal", json!({})),
        ("transit/random/platform/x", json!({})),
        ("transit/random", json!({ "format": "base32" })),
    ] {
        root.post(path, body).is(400);
    }
}

#[test]
fn hashes_are_those_of_the_input() {
    let setting = setting();
    let root = setting.root();
    // SHA-256 and SHA-224 of "hello", by sha256sum and sha224sum.
    let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let sha224 = "ea09ae9cc6768c50fcee903ed054556e5bfc8347907f12598aa24193";
    let sum = |path: &str, body: Value| root.post(path, body).is(200).text("/data/sum");
    assert_eq!(sum("transit/hash", json!({ "input": HELLO })), sha256);
    let algorithm = json!({ "input": HELLO, "algorithm": "sha2-224" });
    assert_eq!(sum("transit/hash", algorithm.clone()), sha224);
    assert_eq!(sum("transit/hash/sha2-256", algorithm), sha256);
    let base64 = sum("transit/hash", json!({ "input": HELLO, "format": "base64" }));
    assert_eq!(HEXLOWER.encode(&BASE64.decode(base64.as_bytes()).expect("base64")), sha256);
    for body in [
        json!({}),
        json!({ "input": "!" }),
        json!({ "input": HELLO, "algorithm": "sha1" }),
        json!({ "input": HELLO, "algorithm": "md5" }),
        json!({ "input": HELLO, "format": "binary" }),
    ] {
        root.post("transit/hash", body).is(400);
    }
}

#[test]
fn signatures_and_hmacs_verify() {
    let setting = setting();
    let root = setting.root();
    for key_type in ["ed25519", "ecdsa-p256", "ecdsa-p384"] {
        make(&root, key_type, key_type);
        let signed = root.post(&format!("transit/sign/{key_type}"), json!({ "input": HELLO }));
        let signature = signed.is(200).text("/data/signature");
        let verify = |input: &str| {
            let body = json!({ "input": input, "signature": signature });
            let answer = root.post(&format!("transit/verify/{key_type}"), body).is(200);
            answer.at("/data").clone()
        };
        assert_eq!(verify(HELLO), json!({ "valid": true }));
        assert_eq!(verify("b3RoZXI="), json!({ "valid": false }));
    }
    let made = root.post("transit/hmac/ed25519/sha2-512", json!({ "input": HELLO })).is(200);
    let body = json!({ "input": HELLO, "hmac": made.text("/data/hmac") });
    let path = "transit/verify/ed25519/sha2-512";
    assert_eq!(*root.post(path, body.clone()).is(200).at("/data/valid"), true);
    assert_eq!(*root.post("transit/verify/ed25519", body).is(200).at("/data/valid"), false);
    let jws =
        json!({ "input": HELLO, "marshaling_algorithm": "jws", "hash_algorithm": "sha2-384" });
    let jws = root.post("transit/sign/ecdsa-p256", jws).is(200).text("/data/signature");
    let body = json!({ "input": HELLO, "marshaling_algorithm": "jws", "signature": jws });
    let path = "transit/verify/ecdsa-p256/sha2-384";
    assert_eq!(*root.post(path, body).is(200).at("/data/valid"), true);
}

#[test]
fn rsa_signs_with_the_padding_and_salt_that_are_asked_for() {
    let setting = setting();
    let root = setting.root();
    make(&root, "rsa", "rsa-2048");
    for options in [
        json!({}),
        json!({ "salt_length": "hash" }),
        json!({ "salt_length": 20 }),
        json!({ "salt_length": "auto", "hash_algorithm": "sha2-512" }),
        json!({ "signature_algorithm": "pkcs1v15" }),
    ] {
        let mut body = options.clone();
        body["input"] = HELLO.into();
        let signed = root.post("transit/sign/rsa", body.clone()).is(200);
        body["signature"] = signed.at("/data/signature").clone();
        assert_eq!(*root.post("transit/verify/rsa", body).is(200).at("/data/valid"), true);
    }
    for options in [
        json!({ "salt_length": "long" }),
        json!({ "salt_length": -2 }),
        json!({ "salt_length": 5_000 }),
        json!({ "signature_algorithm": "pss2" }),
        json!({ "marshaling_algorithm": "xml" }),
        json!({ "hash_algorithm": "sha1" }),
        json!({ "hash_algorithm": "none" }),
        json!({ "key_version": 9 }),
        json!({ "key_version": -1 }),
    ] {
        let mut body = options.clone();
        body["input"] = HELLO.into();
        root.post("transit/sign/rsa", body).is(400);
    }
}

#[test]
fn a_batch_of_signatures_is_a_success_with_errors_in_it() {
    let setting = setting();
    let root = setting.root();
    make(&root, "k", "ed25519");
    let items = json!([{ "input": HELLO, "reference": "one" }, { "input": "!" }]);
    let signed = root.post("transit/sign/k", json!({ "batch_input": items })).is(200);
    let error = "unable to decode input as base64: illegal base64 data at input byte 0";
    assert_eq!(signed.text("/data/batch_results/1/error"), error);
    let signature = signed.text("/data/batch_results/0/signature");
    let items = json!([
        { "input": HELLO, "signature": signature },
        { "input": "b3RoZXI=", "signature": signature },
        { "input": HELLO, "signature": "x" },
    ]);
    let verified = root.post("transit/verify/k", json!({ "batch_input": items })).is(200);
    assert_eq!(*verified.at("/data/batch_results/0/valid"), true);
    assert_eq!(*verified.at("/data/batch_results/1/valid"), false);
    assert_eq!(verified.text("/data/batch_results/2/error"), "invalid signature: no prefix");
    let hmacs = json!({ "batch_input": [{ "input": HELLO }, { "input": "!" }] });
    let hmacs = root.post("transit/hmac/k", hmacs).is(200);
    let hmac = hmacs.text("/data/batch_results/0/hmac");
    for items in [
        json!([{ "input": HELLO, "hmac": hmac }, { "input": HELLO, "signature": signature }]),
        json!([{ "input": HELLO, "hmac": hmac, "signature": signature }]),
        json!([{ "input": HELLO }]),
    ] {
        root.post("transit/verify/k", json!({ "batch_input": items })).is(400);
    }
    root.post("transit/verify/k", json!({ "input": HELLO, "cmac": "x" })).is(501);
}

#[test]
fn wrong_signatures_of_any_salt_length_do_not_hold_a_request_for_long() {
    let setting = setting();
    let root = setting.root();
    make(&root, "rsa", "rsa-2048");
    let wrong = format!("vault:v1:{}", BASE64.encode(&[1; 256]));
    let items = vec![json!({ "input": HELLO, "signature": wrong }); 60];
    let answer = root.post("transit/verify/rsa", json!({ "batch_input": items })).is(200);
    assert_eq!(*answer.at("/data/batch_results/0/valid"), false);
    let last = answer.text("/data/batch_results/59/error");
    assert!(last.contains("state salt_length"), "{last}");
}

#[test]
fn keys_are_exported_backed_up_and_restored_by_leave_only() {
    let setting = setting();
    let root = setting.root();
    make(&root, "shut", "aes256-gcm96");
    root.get("transit/export/encryption-key/shut").is(400);
    let refused = root.get("transit/backup/shut").is(500);
    assert_eq!(refused.text("/errors/0"), "exporting is disallowed on the policy");
    root.post("transit/keys/half", json!({ "exportable": true })).is(200);
    let refused = root.get("transit/backup/half").is(500);
    assert_eq!(refused.text("/errors/0"), "plaintext backup is disallowed on the policy");
    let open = json!({ "exportable": true, "allow_plaintext_backup": true });
    root.post("transit/keys/open", open).is(200);
    let stays = root.post("transit/keys/open/config", json!({ "exportable": false })).is(200);
    assert_eq!(*stays.at("/data/exportable"), true);
    assert_eq!(*stays.at("/warnings"), json!(["exportable stays set"]));
    let exported = root.get("transit/export/encryption-key/open/latest").is(200);
    assert_eq!(
        (exported.text("/data/name"), exported.text("/data/type")),
        ("open".to_owned(), "aes256-gcm96".to_owned())
    );
    let key = exported.text("/data/keys/1");
    assert_eq!(BASE64.decode(key.as_bytes()).map(|key| key.len()), Ok(32));
    assert_eq!(
        root.get("transit/export/hmac-key/open")
            .is(200)
            .at("/data/keys")
            .as_object()
            .map(serde_json::Map::len),
        Some(1)
    );
    for path in
        ["private/open", "signing-key/open", "encryption-key/open/9", "encryption-key/open/x"]
    {
        root.get(&format!("transit/export/{path}")).is(400);
    }
    root.get("transit/export/encryption-key/none").is(404);
    root.get("transit/export/encryption-key/open?format=der").is(400);

    let ciphertext = encrypted(&root, "open");
    let backup = root.get("transit/backup/open").is(200).text("/data/backup");
    let there = root.post("transit/restore", json!({ "backup": backup })).is(500);
    assert_eq!(there.text("/errors/0"), "key \"open\" already exists");
    root.post("transit/restore", json!({ "backup": backup, "force": true })).is(204);
    root.post("transit/restore/other", json!({ "backup": backup })).is(204);
    let body = json!({ "ciphertext": ciphertext });
    assert_eq!(root.post("transit/decrypt/other", body).is(200).text("/data/plaintext"), HELLO);
    assert_eq!(*root.get("transit/keys/other").is(200).at("/data/restore_info/version"), 1);
    for body in [json!({}), json!({ "backup": "canary" }), json!({ "backup": 1 })] {
        let refused = root.post("transit/restore/x", body).is(400);
        assert!(!refused.body.to_string().contains("canary"), "{refused:?}");
    }
}
