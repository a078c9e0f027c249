use serde_json::{Value, json};

use super::{Client, Setting};

fn prepared() -> Setting {
    let setting = Setting::new();
    let root = setting.root();
    for path in ["a", "a/b", "a/c/d", "b", "team-b/x", "z"] {
        root.post(&format!("secret/data/{path}"), json!({ "data": { "k": "v" } })).is(200);
    }
    setting
}

fn keys(client: &Client<'_>, method: &str, path: &str) -> Value {
    client.send(method, path, b"").is(200).at("/data/keys").clone()
}

#[test]
fn a_folder_is_listed_in_each_of_vaults_ways() {
    let setting = prepared();
    let root = setting.root();
    let all = json!(["a", "a/", "b", "team-b/", "z"]);
    for path in ["secret/metadata", "secret/metadata/"] {
        assert_eq!(keys(&root, "LIST", path), all);
        for query in ["list=true", "list=1", "list=True"] {
            assert_eq!(keys(&root, "GET", &format!("{path}?{query}")), all);
        }
    }
    for path in ["secret/metadata/a", "secret/metadata/a/"] {
        assert_eq!(keys(&root, "LIST", path), json!(["b", "c/"]));
    }
    for path in ["secret/metadata/none", "secret/metadata/b", "secret/metadata/a/b"] {
        assert_eq!(root.list(path).is(404).body, json!({ "errors": [] }));
    }
}

#[test]
fn a_scan_lists_at_any_depth() {
    let setting = prepared();
    let root = setting.root();
    let all = json!(["a", "a/b", "a/c/d", "b", "team-b/x", "z"]);
    assert_eq!(keys(&root, "SCAN", "secret/metadata"), all);
    assert_eq!(keys(&root, "GET", "secret/metadata/?scan=true"), all);
    assert_eq!(keys(&root, "SCAN", "secret/metadata/a"), json!(["b", "c/d"]));
}

#[test]
fn pages_follow_each_other() {
    let setting = prepared();
    let root = setting.root();
    for (method, total) in [("LIST", 5), ("SCAN", 6)] {
        for limit in 1..=7 {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let path = format!("secret/metadata?limit={limit}&after={after}");
                let answer = root.send(method, &path, b"");
                let Some(page) = answer.body.pointer("/data/keys").and_then(Value::as_array) else {
                    answer.is(404);
                    break;
                };
                assert!(page.len() <= limit);
                after = page.last().and_then(Value::as_str).expect("a name").to_owned();
                seen.extend(page.clone());
            }
            assert_eq!(seen.len(), total, "{method} {limit}: {seen:?}");
        }
    }
    assert_eq!(
        keys(&root, "LIST", "secret/metadata?limit=0"),
        keys(&root, "LIST", "secret/metadata")
    );
    assert_eq!(
        keys(&root, "LIST", "secret/metadata?limit=-1"),
        keys(&root, "LIST", "secret/metadata")
    );
    root.list("secret/metadata?limit=x").is(400);
}

#[test]
fn more_names_than_one_page_of_the_engine_are_one_list() {
    let setting = Setting::new();
    let owner = setting.room.owner();
    for index in 0..1_203 {
        owner.put(&format!("secret/many/{index:05}"), "v").expect("writes");
    }
    let root = setting.root();
    let listed = keys(&root, "LIST", "secret/metadata/many");
    assert_eq!(listed.as_array().map(Vec::len), Some(1_203));
    let page = keys(&root, "LIST", "secret/metadata/many?limit=1100");
    assert_eq!(page.as_array().map(Vec::len), Some(1_100));
}

#[test]
fn a_list_holds_what_the_caller_may_see() {
    let setting = prepared();
    let app = setting.bearer(
        "app",
        r#"path "secret/metadata/" { capabilities = ["list"] }
           path "secret/data/a/*" { capabilities = ["read"] }
           path "secret/z" { capabilities = ["read"] }"#,
    );
    assert_eq!(keys(&app, "LIST", "secret/metadata"), json!(["a/", "z"]));
    assert_eq!(keys(&app, "SCAN", "secret/metadata"), json!(["a/b", "a/c/d", "z"]));
    app.list("secret/metadata/a").is(403);
    app.list("secret/metadata/none").is(403);
}

#[test]
fn names_are_searched_for() {
    let setting = prepared();
    let root = setting.root();
    let found = root.list("secret/metadata?search=B").is(200);
    assert_eq!(*found.at("/data"), json!({ "keys": ["a/b", "b", "team-b/x"], "next": null }));
    let found = root.list("secret/metadata?search=*%2Fx&limit=1").is(200);
    assert_eq!(*found.at("/data/keys"), json!(["team-b/x"]));
    let found = root.get("secret/metadata/?list=true&search=b&limit=1").is(200);
    assert_eq!(*found.at("/data"), json!({ "keys": ["a/b"], "next": "a/b" }));
    let found = root.list("secret/metadata?search=b&after=a%2Fb").is(200);
    assert_eq!(*found.at("/data/keys"), json!(["b", "team-b/x"]));
    root.list("secret/metadata?search=nothing").is(404);
    root.list("secret/metadata?search=").is(400);
    root.list(&format!("secret/metadata?search={}", "x".repeat(257))).is(400);
}
