use serde_json::json;

use super::{NodeSetting, Setting};

#[test]
fn metrics_are_shown_to_who_may_see_them() {
    let setting = Setting::new();
    let root = setting.root();
    let page = root.get("sys/metrics?format=prometheus").is(200);
    assert!(page.content_type.starts_with("text/plain; version=0.0.4"));
    assert!(String::from_utf8(page.bytes).expect("text").contains("# TYPE strongroom_"));
    root.get("sys/metrics").is(501);
    setting.client(None).get("sys/metrics?format=prometheus").is(403);
    setting.bearer("nobody", "").get("sys/metrics").is(403);
    let host = root.get("sys/host-info").is(200);
    assert!(host.at("/data/memory/total").as_u64().is_some_and(|total| total > 0));
    setting.bearer("nobody", "").get("sys/host-info").is(403);
}

#[test]
fn what_policies_allow_is_told_rule_by_rule() {
    let setting = Setting::new();
    let policy = r#"path "secret/app/*" { capabilities = ["read"] }
        path "secret/+/x" { capabilities = ["list"] }
        path "sys/internal/ui/resultant-acl" { capabilities = ["read"] }"#;
    let told = setting.bearer("app", policy).get("sys/internal/ui/resultant-acl").is(200);
    let read = json!({ "capabilities": ["read"] });
    assert_eq!(*told.at("/data/root"), json!(false));
    assert_eq!(*told.at("/data/exact_paths"), json!({ "sys/internal/ui/resultant-acl": read }));
    assert_eq!(*told.at("/data/glob_paths/secret~1app~1"), read);
    assert_eq!(*told.at("/data/glob_paths/secret~1+~1x"), json!({ "capabilities": ["list"] }));
    let root = setting.root().get("sys/internal/ui/resultant-acl").is(200);
    assert_eq!(*root.at("/data"), json!({ "root": true }));
    setting.bearer("nobody", "").get("sys/internal/ui/resultant-acl").is(403);
}

#[test]
fn tools_make_random_bytes_and_hashes() {
    let setting = Setting::new();
    let root = setting.root();
    let random = root.post("sys/tools/random", json!({ "bytes": 32 })).is(200);
    assert_eq!(random.text("/data/random_bytes").len(), 44);
    let random = root.post("sys/tools/random/platform/4", json!({ "format": "hex" })).is(200);
    assert_eq!(random.text("/data/random_bytes").len(), 8);
    let hash = root.post("sys/tools/hash/sha2-256", json!({ "input": "YWJj" })).is(200);
    // FIPS 180-4, appendix B.1
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hash.text("/data/sum"), sum);
    root.post("sys/tools/hash", json!({})).is(400);
    root.post("sys/tools/random/0", json!({})).is(400);
    let other = setting.bearer("other", r#"path "sys/tools/hash" { capabilities = ["update"] }"#);
    other.post("sys/tools/hash", json!({ "input": "YWJj" })).is(200);
    other.post("sys/tools/hash/sha2-256", json!({ "input": "YWJj" })).is(403);
    other.post("sys/tools/random", json!({})).is(403);
}

/// What this server does not do does not answer success.
#[test]
fn what_an_edition_without_them_lacks_is_not_said_to_be_done() {
    let setting = Setting::new();
    let root = setting.root();
    for path in ["sys/policies/egp", "sys/policies/rgp", "sys/namespaces"] {
        root.list(path).is(404);
        root.post(&format!("{path}/x"), json!({ "policy": "x" })).is(404);
        root.get(&format!("{path}/x")).is(404);
        setting.client(None).get(&format!("{path}/x")).is(403);
    }
    root.get("sys/storage/raft/configuration").is(404);
    root.get("sys/storage/raft/snapshot-auto/config/x").is(404);
}

#[test]
fn a_store_remembers_which_versions_have_served_it() {
    let (setting, root, keys) = NodeSetting::opened(1, 1);
    let root = setting.client(Some(root));
    let listed = root.list("sys/version-history").is(200);
    assert_eq!(*listed.at("/data/keys"), json!([env!("CARGO_PKG_VERSION")]));
    let info = listed.at("/data/key_info").get(env!("CARGO_PKG_VERSION")).expect("is told");
    assert_eq!(info["previous_version"], json!(null));
    // Opened once more, it is the same.
    root.put("sys/seal", json!({})).is(204);
    setting.client(None).post("sys/unseal", json!({ "key": keys[0] })).is(200);
    let again = root.list("sys/version-history").is(200);
    assert_eq!(again.at("/data"), listed.at("/data"));
    setting.client(None).list("sys/version-history").is(403);
    let reader = Setting::new();
    reader.bearer("nobody", "").list("sys/version-history").is(403);
    reader.root().list("sys/version-history").is(404);
}
