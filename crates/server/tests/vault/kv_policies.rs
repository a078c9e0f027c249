//! Policies as they are written for Vault's KV version 2, and for the canonical path.

use serde_json::json;

use super::{Client, Setting};

const MERGE_PATCH: &str = "application/merge-patch+json";

/// What each route of the secret `a` answers, `-` for 403.
fn allowed(setting: &Setting, policy: &str) -> String {
    let root = setting.root();
    root.post("secret/data/a", json!({ "data": { "k": "v" } })).is(200);
    let mut client = setting.bearer("app", policy);
    client.headers.push(("Content-Type", MERGE_PATCH.into()));
    let body = br#"{"data":{"k":"w"},"versions":[1]}"#;
    [
        ("r", "GET", "secret/data/a"),
        ("u", "POST", "secret/data/a"),
        ("c", "POST", "secret/data/new"),
        ("p", "PATCH", "secret/data/a"),
        ("s", "GET", "secret/subkeys/a"),
        ("R", "GET", "secret/metadata/a"),
        ("U", "POST", "secret/metadata/a"),
        ("P", "PATCH", "secret/metadata/a"),
        ("L", "LIST", "secret/metadata"),
        ("1", "POST", "secret/delete/a"),
        ("2", "POST", "secret/undelete/a"),
        ("3", "POST", "secret/destroy/a"),
        ("d", "DELETE", "secret/data/a"),
        ("D", "DELETE", "secret/metadata/a"),
    ]
    .map(|(word, method, path)| match client.send(method, path, body).status.as_u16() {
        403 => "-".to_owned(),
        status => {
            assert!(status < 500, "{method} {path}: {status}");
            word.to_owned()
        }
    })
    .concat()
}

fn rule(path: &str, words: &str) -> String {
    let words: Vec<_> = words.split(' ').map(|word| format!("\"{word}\"")).collect();
    format!("path \"{path}\" {{ capabilities = [{}] }}\n", words.join(", "))
}

#[test]
fn a_policy_on_each_of_vaults_paths_allows_what_vault_does_there() {
    for (policy, wanted) in [
        (rule("secret/data/*", "read"), "r-------------"),
        (rule("secret/data/*", "update"), "-u------------"),
        (rule("secret/data/*", "create"), "--c-----------"),
        (rule("secret/data/*", "patch"), "---p----------"),
        (rule("secret/data/*", "delete"), "------------d-"),
        (rule("secret/data/a", "create read update patch delete"), "ru-p--------d-"),
        (rule("secret/subkeys/*", "read"), "----s---------"),
        (rule("secret/metadata/*", "read"), "-----R--------"),
        (rule("secret/metadata/*", "update"), "------U-------"),
        (rule("secret/metadata/*", "patch"), "-------P------"),
        (rule("secret/metadata/*", "list"), "--------L-----"),
        (rule("secret/metadata/*", "delete"), "-------------D"),
        (rule("secret/delete/*", "update"), "---------1----"),
        (rule("secret/undelete/*", "update"), "----------2---"),
        (rule("secret/destroy/*", "update"), "-----------3--"),
        (rule("secret/destroy/*", "delete read list sudo"), "--------------"),
        (rule("secret/+/a", "read"), "r---sR--------"),
        (rule("other/*", "create read update patch delete list sudo"), "--------------"),
    ] {
        assert_eq!(allowed(&Setting::new(), &policy), wanted, "{policy}");
    }
}

#[test]
fn a_policy_on_the_canonical_path_holds_for_every_aspect() {
    for (policy, wanted) in [
        (rule("secret/a", "read"), "r---sR--------"),
        (rule("secret/a", "update"), "-u----U-------"),
        (rule("secret/a", "patch"), "---p---P------"),
        (rule("secret/a", "delete"), "---------123d-"),
        (rule("secret/a", "delete sudo"), "---------123dD"),
        (rule("secret/", "list"), "--------L-----"),
        (rule("secret/new", "create"), "--c-----------"),
        (rule("secret/*", "create read update patch delete list sudo"), "rucpsRUPL123dD"),
    ] {
        assert_eq!(allowed(&Setting::new(), &policy), wanted, "{policy}");
    }
}

#[test]
fn the_narrower_rule_decides_whichever_way_it_is_written() {
    let all = "create read update patch delete list sudo";
    for (policy, wanted) in [
        (rule("secret/*", all) + &rule("secret/data/a", "deny"), "--c-sRUPL123-D"),
        (rule("secret/data/*", all) + &rule("secret/a", "deny"), "--c-----------"),
        (rule("secret/*", all) + &rule("secret/a", "read"), "r-c-sR--L-----"),
    ] {
        assert_eq!(allowed(&Setting::new(), &policy), wanted, "{policy}");
    }
}

#[test]
fn a_secret_named_like_a_word_of_the_api_is_reached_by_its_own_path_alone() {
    let setting = Setting::new();
    let root = setting.root();
    for path in ["data/a", "metadata/a", "config"] {
        root.post(&format!("secret/data/{path}"), json!({ "data": { "k": "v" } })).is(200);
    }
    let app = setting.bearer("app", &rule("secret/data/a", "read"));
    app.get("secret/data/a").is(404);
    app.get("secret/data/data/a").is(403);
    app.get("secret/data/config").is(403);
    let config = setting.bearer("config", &rule("secret/config", "read"));
    config.get("secret/config").is(200);
    config.get("secret/data/config").is(403);
}

#[test]
fn rules_on_parameters_see_the_body() {
    let setting = Setting::new();
    let policy = r#"path "secret/data/*" {
        capabilities = ["create", "update"]
        required_parameters = ["options"]
    }"#;
    let app = setting.bearer("app", policy);
    let write = |client: &Client<'_>, body| client.post("secret/data/a", body);
    write(&app, json!({ "data": { "k": "v" } })).is(403);
    write(&app, json!({ "data": { "k": "v" }, "options": { "cas": 0 } })).is(200);
}
