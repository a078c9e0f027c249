use serde_json::{Value, json};
use strongroom_core::model::{Payload, PayloadKind};
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::PutSecret;

use super::{Client, Setting};

fn put(client: &Client<'_>, path: &str, data: Value) {
    client.post(&format!("secret/data/{path}"), json!({ "data": data })).is(200);
}

fn patch(client: &mut Client<'_>, path: &str, kind: &str, body: Value) -> super::Answered {
    client.headers = vec![("Content-Type", kind.to_owned())];
    let answer = client.send("PATCH", path, body.to_string().as_bytes());
    client.headers.clear();
    answer
}

const MERGE_PATCH: &str = "application/merge-patch+json";

#[test]
fn a_secret_is_written_and_read_in_vaults_envelope() {
    let setting = Setting::new();
    let root = setting.root();
    let body = json!({ "data": { "b": 1, "a": "x" }, "options": {} });
    let written = root.post("secret/data/app/db", body).is(200);
    assert_eq!(*written.at("/data/version"), 1);
    assert_eq!(
        (written.at("/data/destroyed"), written.at("/data/deletion_time")),
        (&json!(false), &json!(""))
    );
    let read = root.get("secret/data/app/db").is(200);
    assert_eq!(read.content_type, "application/json");
    assert_eq!(*read.at("/data/data"), json!({ "b": 1, "a": "x" }));
    assert_eq!(*read.at("/data/metadata/custom_metadata"), Value::Null);
    assert_eq!(read.text("/data/metadata/created_time").len(), 24);
    for member in ["wrap_info", "warnings", "auth"] {
        assert_eq!(read.body[member], Value::Null);
    }
    assert_eq!((&read.body["lease_id"], &read.body["lease_duration"]), (&json!(""), &json!(0)));
    assert_eq!(read.text("/request_id").len(), 32);
}

#[test]
fn the_text_of_a_value_is_kept_to_the_byte() {
    let setting = Setting::new();
    let root = setting.root();
    let object = r#"{ "z": 1.10, "a": 12345678901234567890123, "é": "\u00e9\"" }"#;
    let body = format!("{{\"data\":{object}}}");
    root.send("POST", "secret/data/exact", body.as_bytes()).is(200);
    let read = root.get_text("secret/data/exact");
    assert!(read.contains(&format!("\"data\":{{\"data\":{object},\"metadata\"")), "{read}");
}

#[test]
fn what_other_doors_wrote_is_read_as_an_object() {
    let setting = Setting::new();
    let (root, owner) = (setting.root(), setting.room.owner());
    let payload = |kind, bytes: &[u8]| {
        Payload::new(kind, SecretValue::new(bytes.to_vec())).expect("a payload")
    };
    owner.put("secret/text", "pa\"ss").expect("writes");
    owner.put("secret/object", r#"{"a":1}"#).expect("writes");
    let injected = payload(PayloadKind::Json, br#"{"a":1}},"auth":{"client_token":"x"}"#);
    owner.ask(&PutSecret::new("secret/broken", injected)).expect("writes");
    owner
        .ask(&PutSecret::new("secret/bytes", payload(PayloadKind::Bytes, &[0xff])))
        .expect("writes");
    let data =
        |path: &str| root.get(&format!("secret/data/{path}")).is(200).at("/data/data").clone();
    assert_eq!(data("text"), json!({ "value": "pa\"ss" }));
    assert_eq!(data("object"), json!({ "a": 1 }));
    assert!(data("broken")["value"].is_string());
    assert_eq!(root.get("secret/data/broken").body["auth"], Value::Null);
    let refused = root.get("secret/data/bytes").is(400);
    assert!(refused.text("/errors/0").contains("bytes"));
    put(&root, "bare", json!({ "value": "text" }));
    assert_eq!(owner.read("secret/bare").expect("reads"), "text");
}

#[test]
fn check_and_set_is_answered_in_vaults_words() {
    let setting = Setting::new();
    let root = setting.root();
    let write = |cas: Value| {
        root.post("secret/data/a", json!({ "data": { "k": "v" }, "options": { "cas": cas } }))
    };
    write(json!(0)).is(200);
    for cas in [json!(0), json!(-1), json!(2), json!("0")] {
        let refused = write(cas).is(400);
        let text = "check-and-set parameter did not match the current version";
        assert_eq!(refused.text("/errors/0"), text);
    }
    write(json!(1)).is(200);
    write(json!("2")).is(200);
    write(Value::Null).is(200);
    write(json!("x")).is(400);
    root.post("secret/config", json!({ "cas_required": true })).is(204);
    let refused = write(Value::Null).is(400);
    assert_eq!(refused.text("/errors/0"), "check-and-set parameter required for this call");
}

#[test]
fn a_deleted_version_is_answered_with_its_metadata() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, "a", json!({ "k": "1" }));
    put(&root, "a", json!({ "k": "2" }));
    root.delete("secret/data/a").is(204);
    let deleted = root.get("secret/data/a").is(404);
    assert_eq!(deleted.content_type, "application/json");
    assert_eq!(*deleted.at("/data/data"), Value::Null);
    assert_ne!(deleted.text("/data/metadata/deletion_time"), "");
    assert_eq!(*deleted.at("/data/metadata/version"), 2);
    assert_eq!(*root.get("secret/data/a?version=1").is(200).at("/data/data/k"), "1");
    root.post("secret/undelete/a", json!({ "versions": [2, 9] })).is(204);
    assert_eq!(*root.get("secret/data/a?version=0").is(200).at("/data/data/k"), "2");
    root.send("PUT", "secret/delete/a", br#"{"versions":["1"]}"#).is(204);
    root.get("secret/data/a?version=1").is(404);
    root.send("PUT", "secret/destroy/a", br#"{"versions":[2]}"#).is(204);
    let destroyed = root.get("secret/data/a").is(404);
    assert_eq!(*destroyed.at("/data/metadata/destroyed"), true);
    root.post("secret/undelete/a", json!({ "versions": [2] })).is(204);
    root.get("secret/data/a").is(404);
    for path in ["secret/data/none", "secret/data/a?version=7", "secret/metadata/none"] {
        assert_eq!(root.get(path).is(404).body, json!({ "errors": [] }), "{path}");
    }
    for verb in ["delete", "undelete", "destroy"] {
        root.post(&format!("secret/{verb}/none"), json!({ "versions": [1] })).is(204);
        let refused = root.post(&format!("secret/{verb}/a"), json!({ "versions": [] })).is(400);
        assert_eq!(refused.text("/errors/0"), "no version number provided");
        root.post(&format!("secret/{verb}/a"), json!({ "versions": ["x"] })).is(400);
        root.post(&format!("secret/{verb}/a"), json!({ "versions": 1 })).is(400);
        let many: Vec<u64> = (0..1_001).collect();
        root.post(&format!("secret/{verb}/a"), json!({ "versions": many })).is(400);
    }
    root.delete("secret/data/none").is(204);
    root.delete("secret/metadata/none").is(204);
    root.delete("secret/metadata/a").is(204);
    assert_eq!(root.get("secret/metadata/a").is(404).body, json!({ "errors": [] }));
}

#[test]
fn metadata_is_written_and_read_as_hvac_expects() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, "a", json!({ "k": "v" }));
    let read = root.get("secret/metadata/a").is(200);
    assert_eq!(
        (read.at("/data/max_versions"), read.at("/data/delete_version_after")),
        (&json!(0), &json!("0s"))
    );
    assert_eq!(*read.at("/data/versions/1/deletion_time"), "");
    assert_eq!(*read.at("/data/versions/1/destroyed"), false);
    assert_eq!(
        (read.at("/data/current_version"), read.at("/data/oldest_version")),
        (&json!(1), &json!(0))
    );
    let written = json!({
        "max_versions": 2, "cas_required": true, "delete_version_after": "30m",
        "custom_metadata": { "team": "ops" },
    });
    root.post("secret/metadata/a", written).is(204);
    let read = root.get("secret/metadata/a").is(200);
    assert_eq!(
        (read.at("/data/max_versions"), read.at("/data/cas_required")),
        (&json!(2), &json!(true))
    );
    assert_eq!(*read.at("/data/delete_version_after"), "30m0s");
    assert_eq!(*read.at("/data/custom_metadata"), json!({ "team": "ops" }));
    let metadata = root.get("secret/data/a").is(200).at("/data/metadata/custom_metadata").clone();
    assert_eq!(metadata, json!({ "team": "ops" }));
    for body in [
        json!({ "max_versions": -1 }),
        json!({ "max_versions": 1_001 }),
        json!({ "custom_metadata": { "a": 1 } }),
        json!({ "custom_metadata": "x" }),
        json!({ "delete_version_after": "soon" }),
        json!({ "cas_required": "maybe" }),
    ] {
        root.post("secret/metadata/a", body.clone()).is(400);
        if body.get("custom_metadata").is_none() {
            root.post("secret/config", body).is(400);
        }
    }
}

#[test]
fn the_limits_of_the_mount_are_read_as_they_were_written() {
    let setting = Setting::new();
    let root = setting.root();
    let nothing = json!({ "cas_required": false, "delete_version_after": "0s", "max_versions": 0 });
    assert_eq!(*root.get("secret/config").is(200).at("/data"), nothing);
    root.post("secret/config", json!({ "max_versions": 2, "delete_version_after": "30s" })).is(204);
    root.post("secret/config", json!({ "cas_required": false, "max_versions": null })).is(204);
    let read = root.get("secret/config").is(200);
    assert_eq!(
        (read.at("/data/max_versions"), read.at("/data/delete_version_after")),
        (&json!(2), &json!("30s"))
    );
    for _ in 0..4 {
        put(&root, "a", json!({ "k": "v" }));
    }
    let read = root.get("secret/metadata/a").is(200);
    assert_eq!(*read.at("/data/oldest_version"), 3);
    assert_eq!(read.at("/data/versions").as_object().map(serde_json::Map::len), Some(2));
    setting.room.clock.advance(Seconds(31));
    root.get("secret/data/a").is(404);
}

#[test]
fn a_patch_is_a_merge_patch_and_says_so() {
    let setting = Setting::new();
    let mut root = setting.root();
    let body = json!({ "data": { "b": null, "c": { "d": 1 } } });
    patch(&mut root, "secret/data/a", MERGE_PATCH, body.clone()).is(404);
    put(&root, "a", json!({ "a": "1", "b": "2" }));
    patch(&mut root, "secret/data/a", "application/json", body.clone()).is(415);
    root.send("PATCH", "secret/data/a", body.to_string().as_bytes()).is(415);
    let done =
        patch(&mut root, "secret/data/a", "Application/Merge-Patch+JSON; charset=utf-8", body);
    assert_eq!(*done.is(200).at("/data/version"), 2);
    let data = root.get("secret/data/a").is(200).at("/data/data").clone();
    assert_eq!(data, json!({ "a": "1", "c": { "d": 1 } }));
    let stale = json!({ "data": { "a": "2" }, "options": { "cas": 1 } });
    let refused = patch(&mut root, "secret/data/a", MERGE_PATCH, stale).is(400);
    assert!(refused.text("/errors/0").starts_with("check-and-set"));
    patch(&mut root, "secret/data/a", MERGE_PATCH, json!({})).is(400);
    let entries = json!({ "custom_metadata": { "a": "1", "b": "2" } });
    root.post("secret/metadata/a", entries).is(204);
    let change = json!({ "custom_metadata": { "a": null }, "max_versions": 4 });
    patch(&mut root, "secret/metadata/a", "application/json", change.clone()).is(415);
    patch(&mut root, "secret/metadata/a", MERGE_PATCH, change.clone()).is(204);
    patch(&mut root, "secret/metadata/none", MERGE_PATCH, change).is(404);
    let read = root.get("secret/metadata/a").is(200);
    assert_eq!(*read.at("/data/custom_metadata"), json!({ "b": "2" }));
}

#[test]
fn the_names_in_a_value_are_read_without_it() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, "a", json!({ "x": { "y": "canary" }, "z": ["canary"] }));
    let read = root.get("secret/subkeys/a").is(200);
    assert_eq!(*read.at("/data/subkeys"), json!({ "x": { "y": null }, "z": null }));
    assert_eq!(*read.at("/data/metadata/version"), 1);
    let read = root.get("secret/subkeys/a?depth=1&version=1").is(200);
    assert_eq!(*read.at("/data/subkeys"), json!({ "x": null, "z": null }));
    root.get("secret/subkeys/a?depth=x").is(400);
    root.delete("secret/data/a").is(204);
    assert_eq!(*root.get("secret/subkeys/a").is(404).at("/data/subkeys"), Value::Null);
}

#[test]
fn bodies_and_names_that_are_none_are_refused() {
    let setting = Setting::new();
    let root = setting.root();
    let nested = format!("{{\"data\":{{\"a\":{}{}}}}}", "[".repeat(40), "]".repeat(40));
    for body in [
        "",
        "{}",
        r#"{"data":null}"#,
        r#"{"data":[]}"#,
        r#"{"data":"x"}"#,
        r#"{"data":{"a":1,"a":2}}"#,
        r#"{"data":{"a":1},"data":{"a":2}}"#,
        r#"{"data":{"a":1},"options":1}"#,
        r#"{"data":{"a":1}"#,
        r#"[1]"#,
        &nested,
        &"[".repeat(100_000),
    ] {
        root.send("POST", "secret/data/a", body.as_bytes()).is(400);
    }
    root.get("secret/metadata/a").is(404);
    let long = "x".repeat(513);
    for path in
        ["secret/data/..", "secret/data/a%00", "secret/data/a//b", &format!("secret/data/{long}")]
    {
        root.post(path, json!({ "data": { "a": "1" } })).is(400);
    }
    for path in ["secret/data", "secret", "secret/DATA/a", "secret/nothing/a"] {
        root.post(path, json!({ "data": { "a": "1" } })).is(404);
    }
    for query in ["version=x", "version=-1", "version=99999999999999999999"] {
        root.get(&format!("secret/data/a?{query}")).is(400);
    }
    let fits = "x".repeat(strongroom_core::model::VALUE_BYTES_MAX);
    put(&root, "a", json!({ "value": fits }));
    root.post("secret/data/a", json!({ "data": { "value": format!("{fits}x") } })).is(400);
    assert_eq!(root.get("secret/data/a").is(200).text("/data/data/value").len(), fits.len());
}

#[test]
fn names_differ_by_case_and_hold_what_a_path_can() {
    let setting = Setting::new();
    let root = setting.root();
    for (index, path) in
        ["a", "A", "http:/test.com", "a%20b", "a%2Fc", "%C3%A9", "a'b"].iter().enumerate()
    {
        put(&root, path, json!({ "i": index }));
    }
    for (index, path) in
        ["a", "A", "http:/test.com", "a%20b", "a/c", "%c3%a9", "a'b"].iter().enumerate()
    {
        let read = root.get(&format!("secret/data/{path}")).is(200);
        assert_eq!(*read.at("/data/data/i"), index, "{path}");
    }
}

#[test]
fn version_one_keeps_what_was_written_last() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/mounts/kv", json!({ "type": "kv", "options": { "version": "1" } })).is(204);
    root.post("kv/app/db", json!({ "a": "1" })).is(204);
    root.send("PUT", "kv/app/db", br#"{"a":"2","ttl":"1h"}"#).is(204);
    let read = root.get("kv/app/db").is(200);
    assert_eq!(*read.at("/data"), json!({ "a": "2", "ttl": "1h" }));
    assert_eq!(read.body["lease_duration"], 3_600);
    root.post("kv/b", json!({ "data": "x" })).is(204);
    assert_eq!(root.get("kv/b").is(200).body["lease_duration"], 2_764_800);
    assert_eq!(*root.list("kv").is(200).at("/data/keys"), json!(["app/", "b"]));
    assert_eq!(*root.list("kv/app/").is(200).at("/data/keys"), json!(["db"]));
    assert_eq!(*root.send("SCAN", "kv", b"").is(200).at("/data/keys"), json!(["app/db", "b"]));
    root.delete("kv/b").is(204);
    root.delete("kv/b").is(204);
    root.get("kv/b").is(404);
    for body in ["", "{}", "[]", r#"{"a":1,"a":2}"#] {
        root.send("POST", "kv/b", body.as_bytes()).is(400);
    }
    root.send("PATCH", "kv/app/db", b"{}").is(501);
    root.delete("sys/mounts/kv").is(204);
    root.get("kv/app/db").is(404);
}

#[test]
fn a_mount_of_version_one_that_is_made_version_two_keeps_its_secrets() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/mounts/kv", json!({ "type": "kv" })).is(204);
    root.post("kv/a", json!({ "k": "1" })).is(204);
    root.post("kv/a", json!({ "k": "2" })).is(204);
    root.post("sys/mounts/kv/tune", json!({ "options": { "version": "2" } })).is(204);
    assert_eq!(*root.get("kv/data/a").is(200).at("/data/data"), json!({ "k": "2" }));
    root.post("kv/data/a", json!({ "data": { "k": "3" } })).is(200);
    let read = root.get("kv/metadata/a").is(200);
    assert_eq!(read.at("/data/versions").as_object().map(serde_json::Map::len), Some(2));
}

#[test]
fn nobody_without_a_policy_reaches_a_route() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/mounts/kv", json!({ "type": "kv" })).is(204);
    put(&root, "a", json!({ "k": "v" }));
    let other = setting.bearer("other", r#"path "secret/data/other" { capabilities = ["read"] }"#);
    let mut spent = setting.client(None);
    spent.token = Some("hvs.none".into());
    for client in [setting.client(None), other, spent] {
        for (method, path) in [
            ("GET", "secret/config"),
            ("POST", "secret/config"),
            ("GET", "secret/data/a"),
            ("GET", "secret/data/none"),
            ("POST", "secret/data/a"),
            ("PATCH", "secret/data/a"),
            ("DELETE", "secret/data/a"),
            ("GET", "secret/subkeys/a"),
            ("GET", "secret/metadata/a"),
            ("POST", "secret/metadata/a"),
            ("PATCH", "secret/metadata/a"),
            ("DELETE", "secret/metadata/a"),
            ("LIST", "secret/metadata"),
            ("LIST", "secret/metadata/a"),
            ("SCAN", "secret/metadata"),
            ("LIST", "secret/metadata?search=a"),
            ("POST", "secret/delete/a"),
            ("POST", "secret/undelete/a"),
            ("POST", "secret/destroy/a"),
            ("GET", "kv/a"),
            ("POST", "kv/a"),
            ("DELETE", "kv/a"),
            ("LIST", "kv"),
            ("SCAN", "kv/a"),
        ] {
            let mut client = setting.client(client.token.clone());
            client.headers.push(("Content-Type", MERGE_PATCH.into()));
            let body = br#"{"data":{"a":"1"},"versions":[1]}"#;
            let answer = client.send(method, path, body).is(403);
            assert_eq!(answer.text("/errors/0"), "permission denied", "{method} {path}");
        }
    }
    assert_eq!(*root.get("secret/data/a").is(200).at("/data/data/k"), "v");
}
