use serde_json::json;

use super::Setting;

#[test]
fn a_token_keeps_reads_lists_and_erases_in_its_cubbyhole() {
    let setting = Setting::new();
    let root = setting.root();
    root.list("cubbyhole").is(404);
    root.post("cubbyhole/a/b", json!({ "k": 1 })).is(204);
    root.post("cubbyhole/c", json!({ "k": { "n": [1] } })).is(204);
    assert_eq!(*root.get("cubbyhole/a/b").is(200).at("/data"), json!({ "k": 1 }));
    assert_eq!(*root.list("cubbyhole").is(200).at("/data/keys"), json!(["a/", "c"]));
    assert_eq!(*root.list("cubbyhole/a/").is(200).at("/data/keys"), json!(["b"]));
    let other = setting.root();
    assert_eq!(other.get("cubbyhole/c").is(404).body, json!({ "errors": [] }));
    root.delete("cubbyhole/c").is(204);
    root.delete("cubbyhole/c").is(204);
    root.get("cubbyhole/c").is(404);
}

#[test]
fn a_token_with_the_default_policy_has_a_cubbyhole_and_a_batch_token_none() {
    let setting = Setting::new();
    let root = setting.root();
    let made = root.post("auth/token/create", json!({ "policies": ["default"] })).is(200);
    let client = setting.client(Some(made.text("/auth/client_token")));
    client.post("cubbyhole/a", json!({ "k": "v" })).is(204);
    client.get("cubbyhole/a").is(200);
    let batch = json!({ "policies": ["default"], "type": "batch" });
    let made = root.post("auth/token/create", batch).is(200);
    let client = setting.client(Some(made.text("/auth/client_token")));
    client.post("cubbyhole/a", json!({ "k": "v" })).is(400);
    client.get("cubbyhole/a").is(400);
    client.list("cubbyhole").is(400);
}

#[test]
fn what_is_no_object_or_not_allowed_is_refused() {
    let setting = Setting::new();
    let root = setting.root();
    for body in ["", "{}", "[]", "{", "null"] {
        root.send("POST", "cubbyhole/a", body.as_bytes()).is(400);
    }
    root.post("cubbyhole/..", json!({ "k": "v" })).is(400);
    for client in [setting.client(None), setting.bearer("nobody", "")] {
        client.post("cubbyhole/a", json!({ "k": "v" })).is(403);
        client.get("cubbyhole/a").is(403);
        client.list("cubbyhole").is(403);
        client.delete("cubbyhole/a").is(403);
    }
    root.send("PATCH", "cubbyhole/a", b"{}").is(501);
}
