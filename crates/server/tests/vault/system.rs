use serde_json::json;

use super::{NodeSetting, Setting};

#[test]
fn metrics_are_shown_to_who_may_see_them() {
    let setting = Setting::new();
    let root = setting.root();
    let page = root.get("sys/metrics?format=prometheus").is(200);
    assert!(page.content_type.starts_with("text/plain; version=0.0.4"));
    assert!(String::from_utf8(page.bytes).expect("text").contains("# TYPE strongroom_"));
    let told = root.get("sys/metrics").is(200);
    let gauges = told.at("/Gauges").as_array().expect("a list").iter();
    assert!(gauges.clone().any(|gauge| gauge["Name"] == "strongroom_connections_open"));
    assert!(told.at("/Counters").as_array().is_some_and(|counters| !counters.is_empty()));
    root.get("sys/metrics?format=statsd").is(400);
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
        let refused = root.get(&format!("{path}/x")).is(404);
        assert_eq!(refused.text("/errors/0"), "unsupported path");
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

#[test]
fn the_host_is_described_as_far_as_the_kernel_tells() {
    let setting = Setting::new();
    let host = setting.root().get("sys/host-info").is(200);
    assert!(host.at("/data/memory/total").as_u64().is_some_and(|total| total > 0));
    assert!(host.at("/data/cpu_times").as_array().is_some_and(|times| !times.is_empty()));
    assert!(host.at("/data/disk").is_array() && host.at("/data/cpu").is_array());
    assert!(host.at("/data/host/bootTime").as_u64().is_some_and(|time| time > 0));
}

#[test]
fn what_can_be_mounted_is_listed_and_nothing_is_added() {
    let setting = Setting::new();
    let root = setting.root();
    let all = root.get("sys/plugins/catalog").is(200);
    assert_eq!(*all.at("/data/secret"), json!(["kv", "pki", "transit"]));
    assert_eq!(*all.at("/data/database"), json!([]));
    let logins = root.list("sys/plugins/catalog/auth").is(200);
    assert_eq!(logins.at("/data/keys"), all.at("/data/auth"));
    assert_eq!(*root.get("sys/plugins/catalog/secret/kv").is(200).at("/data/builtin"), json!(true));
    root.get("sys/plugins/catalog/secret/consul").is(404);
    root.list("sys/plugins/catalog/database").is(404);
    root.list("sys/plugins/catalog/other").is(400);
    root.post("sys/plugins/catalog/secret/mine", json!({ "command": "x", "sha256": "y" })).is(501);
    root.delete("sys/plugins/catalog/secret/kv").is(501);
    let reads = setting.bearer("r", r#"path "sys/plugins/*" { capabilities = ["read"] }"#);
    reads.get("sys/plugins/catalog").is(403);
}

#[test]
fn web_pages_may_not_ask_and_that_cannot_be_changed() {
    let setting = Setting::new();
    let root = setting.root();
    let told = root.get("sys/config/cors").is(200);
    assert_eq!(*told.at("/data/enabled"), json!(false));
    root.post("sys/config/cors", json!({ "allowed_origins": "*" })).is(501);
    root.delete("sys/config/cors").is(501);
    root.post("sys/config/ui/headers/X-Frame", json!({ "values": ["x"] })).is(501);
    setting.bearer("nobody", "").post("sys/config/cors", json!({})).is(403);
    setting.bearer("nobody", "").get("sys/config/cors").is(403);
}

#[test]
fn requests_that_are_running_are_listed_to_operators() {
    let setting = Setting::new();
    let listed = setting.root().get("sys/in-flight-req").is(200);
    assert_eq!(*listed.at("/data"), json!({}));
    // A request that may wait is among those that it lists.
    let own = setting.root().get("sys/in-flight-req?list=false&scan=false").is(200);
    let own = own.at("/data").as_object().expect("an object");
    let seen = own.values().next().expect("itself");
    assert_eq!(seen["request_path"], json!("/v1/sys/in-flight-req"));
    assert_eq!(seen["request_method"], json!("GET"));
    let reads = setting.bearer("r", r#"path "sys/in-flight-req" { capabilities = ["read"] }"#);
    reads.get("sys/in-flight-req").is(403);
    assert_eq!(*setting.root().get("sys/in-flight-req").is(200).at("/data"), json!({}));
}

#[test]
fn the_one_node_is_told() {
    let setting = Setting::new();
    let nodes = setting.root().get("sys/ha-status").is(200);
    assert_eq!(*nodes.at("/data/nodes/0/active_node"), json!(true));
    assert!(nodes.at("/data/nodes").as_array().is_some_and(|nodes| nodes.len() == 1));
    setting.bearer("nobody", "").get("sys/ha-status").is(403);
}
