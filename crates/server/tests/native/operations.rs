use serde_json::{Value, json};
use strongroom_server::native::registry::OPERATIONS;

use super::{Client, Setting};

const PATH: &str = "secret/app/KEY";

fn put(client: &Client<'_>, path: &str, text: &str) -> Value {
    client.ask("secret-write", json!({ "path": path, "value": { "text": text } })).ok().body
}

#[test]
fn a_secret_is_written_read_listed_and_described() {
    let setting = Setting::new();
    let root = setting.root();
    assert_eq!(put(&root, PATH, "one"), json!({ "version": 1 }));
    assert_eq!(put(&root, PATH, "two"), json!({ "version": 2 }));
    let read = root.ask("secret-read", json!({ "path": PATH })).ok();
    assert_eq!(*read.at("/value"), json!({ "text": "two" }));
    let first = json!({ "path": PATH, "which": { "version": 1 } });
    assert_eq!(*root.ask("secret-read", first).ok().at("/value/text"), "one");
    let labelled = json!({ "path": PATH, "which": { "label": "AWSPREVIOUS" } });
    assert_eq!(*root.ask("secret-read", labelled).ok().at("/value/text"), "one");
    let listed = root.ask("secrets-list", json!({ "prefix": "secret/app/" })).ok();
    assert_eq!(*listed.at("/entries/0/secret/path"), PATH);
    let described = root.ask("secret-describe", json!({ "path": PATH })).ok();
    assert_eq!(*described.at("/versions/1/labels"), json!(["AWSCURRENT"]));
    assert!(!described.body.to_string().contains("two"));
}

#[test]
fn a_secret_goes_through_all_its_states() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, PATH, "one");
    put(&root, PATH, "two");
    let path = || json!({ "path": PATH });
    let first = || json!({ "path": PATH, "versions": [1] });
    root.ask("versions-delete", first()).ok();
    let read = json!({ "path": PATH, "which": { "version": 1 } });
    root.ask("secret-read", read).refused(410, "deleted");
    root.ask("versions-undelete", first()).ok();
    let back = json!({ "path": PATH, "to": { "version": 1 } });
    assert_eq!(root.ask("secret-rollback", back).ok().body, json!({ "value_of": 1, "version": 3 }));
    assert_eq!(root.ask("versions-destroy", first()).ok().body, json!({ "versions": [1] }));
    root.ask("secret-delete", path()).ok().text("/kept_until");
    root.ask("secret-read", path()).refused(410, "deleted");
    let over = json!({ "path": PATH, "value": { "text": "v" } });
    root.ask("secret-write", over).refused(410, "deleted");
    root.ask("secret-restore", path()).ok();
    let tag = json!({ "path": PATH, "tags": { "a": "b" }, "description": "d" });
    root.ask("secret-tag", tag).ok();
    assert_eq!(*root.ask("secret-describe", path()).ok().at("/tags/a"), "b");
    assert_eq!(root.ask("secret-purge", path()).ok().body, json!({ "done": true }));
    root.ask("secret-read", path()).refused(404, "not-found");
}

#[test]
fn several_secrets_are_written_and_read_at_once() {
    let setting = Setting::new();
    let root = setting.root();
    let secrets = json!([
        { "path": "secret/app/A", "value": { "text": "a" } },
        { "path": "secret/app/B", "value": { "base64": "/wD+" } },
    ]);
    let written =
        root.ask("secrets-write", json!({ "subject": "secret/app/", "secrets": secrets }));
    assert_eq!(written.ok().body, json!({ "versions": [1, 1] }));
    let wanted = json!([
        { "name": "A", "candidates": ["secret/other/A", "secret/app/A"] },
        { "name": "C", "candidates": ["secret/app/C"] },
        { "name": "B", "candidates": ["secret/app/B"] },
    ]);
    let read =
        root.ask("secrets-read", json!({ "subject": "secret/app/", "secrets": wanted })).ok();
    assert_eq!(*read.at("/secrets/0/value/text"), "a");
    assert_eq!(*read.at("/secrets/1"), Value::Null);
    assert_eq!(*read.at("/secrets/2/value/base64"), "/wD+");
}

#[test]
fn the_second_writer_of_a_version_is_told_that_it_is_there() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, PATH, "one");
    let body = json!({ "path": PATH, "value": { "text": "v" }, "check_and_set": 0 });
    root.ask("secret-write", body).refused(412, "version-conflict");
}

#[test]
fn tokens_are_made_looked_up_renewed_and_taken_back() {
    let setting = Setting::new();
    let root = setting.root();
    let made = root.ask("token-create", json!({ "ttl_secs": 300, "policies": ["app"] })).ok();
    assert_eq!(*made.at("/token/policies"), json!(["app", "default"]));
    let client = setting.client(Some(made.text("/text")));
    let own = client.ask("token-lookup", json!({})).ok();
    assert_eq!(own.text("/accessor"), made.text("/token/accessor"));
    client.ask("token-renew", json!({ "increment_secs": 600 })).ok();
    let accessor = json!({ "which": { "accessor": own.text("/accessor") } });
    root.ask("token-revoke", accessor.clone()).ok();
    client.ask("token-lookup", json!({})).refused(401, "unauthenticated");
    root.ask("token-lookup", accessor).refused(400, "invalid-request");
    root.ask("token-revoke", json!({})).refused(400, "invalid-request");
}

#[test]
fn policies_are_written_read_listed_and_deleted() {
    let setting = Setting::new();
    let root = setting.root();
    let text = r#"path "secret/*" { capabilities = ["read"] }"#;
    root.ask("policy-write", json!({ "name": "app", "policy": text })).ok();
    assert_eq!(*root.ask("policy-read", json!({ "name": "app" })).ok().at("/policy"), text);
    let names = root.ask("policies-list", json!({})).ok();
    assert!(names.at("/names").as_array().expect("a list").contains(&json!("app")));
    root.ask("policy-delete", json!({ "name": "app" })).ok();
    root.ask("policy-read", json!({ "name": "app" })).refused(404, "not-found");
    let broken = json!({ "name": "app", "policy": "path {" });
    root.ask("policy-write", broken).refused(400, "invalid-request");
}

#[test]
fn a_denial_is_explained_and_a_policy_is_tested() {
    let setting = Setting::new();
    let root = setting.root();
    let denied = setting.bearer("nobody", "").ask("secret-read", json!({ "path": PATH }));
    let hint = denied.refused(403, "forbidden").text("/error/hint");
    let id = hint.rsplit(' ').next().expect("an id");
    let told = root.ask("request-explain", json!({ "request_id": id })).ok();
    assert_eq!(told.text("/outcome"), "denied");
    assert_eq!(*told.at("/missing"), json!({ "capability": "read", "path": PATH }));
    let text = told.text("/rule");
    let tested = |policy: &str| {
        let texts = json!([{ "name": "draft", "policy": policy }]);
        let body = json!({ "texts": texts, "path": PATH, "capability": "read" });
        root.ask("policy-test", body).ok()
    };
    assert_eq!(*tested("").at("/allowed"), false);
    assert_eq!(*tested(&text).at("/allowed"), true);
    let odd = json!({ "path": PATH, "capability": "reed" });
    root.ask("policy-test", odd).refused(400, "invalid-request");
}

/// A body that each operation takes.
fn body(name: &str) -> Value {
    let path = json!({ "path": PATH });
    let versions = json!({ "path": PATH, "versions": [1] });
    let subject = "secret/app/";
    match name {
        "secret-write" => json!({ "path": PATH, "value": { "text": "v" } }),
        "secrets-read" => {
            json!({ "subject": subject, "secrets": [{ "name": "K", "candidates": [PATH] }] })
        }
        "secrets-write" => {
            json!({ "subject": subject, "secrets": [{ "path": PATH, "value": { "text": "v" } }] })
        }
        "secrets-list" => json!({ "prefix": subject }),
        "versions-delete" | "versions-undelete" | "versions-destroy" => versions,
        "secret-rollback" => json!({ "path": PATH, "to": { "version": 1 } }),
        "token-revoke" => json!({ "which": { "accessor": "x" } }),
        "token-create" | "policies-list" | "app-list" => json!({}),
        "app-create" => json!({ "name": "shop", "policies": ["shop"] }),
        "app-read" | "app-update" | "app-delete" => json!({ "name": "shop" }),
        "app-credential-add" => json!({ "app": "shop", "credential": { "kind": "access-key" } }),
        "app-credential-change" => json!({ "app": "shop", "id": "AKIA", "active": false }),
        "app-credential-remove" => json!({ "app": "shop", "id": "AKIA" }),
        "token-lookup" | "token-renew" => json!({ "which": { "accessor": "x" } }),
        "policy-write" => json!({ "name": "p", "policy": "" }),
        "policy-read" | "policy-delete" => json!({ "name": "p" }),
        "policy-test" => json!({ "path": PATH, "capability": "read" }),
        "usage-read" => json!({ "of": { "secret": PATH } }),
        "usage-list" => json!({ "prefix": subject }),
        "seal-read" | "store-seal" | "rekey-cancel" => json!({}),
        "store-initialise" | "rekey-start" => json!({ "shares": 1, "threshold": 1 }),
        "store-unseal" => json!({ "share": "00" }),
        "rekey-share" | "rekey-verify" => json!({ "nonce": "x", "share": "00" }),
        "request-explain" => json!({ "request_id": "0".repeat(32) }),
        _ => path,
    }
}

/// What anybody may ask of the store as a whole, because there may be no keys yet to know anybody by.
const OPEN: &[&str] = &["seal-read", "store-initialise", "store-unseal"];

fn guarded() -> impl Iterator<Item = &'static str> {
    OPERATIONS.iter().map(|entry| entry.name).filter(|name| !OPEN.contains(name))
}

#[test]
fn anybody_may_read_the_seal_and_neither_make_keys_anew_nor_open_it_without_a_share() {
    let setting = Setting::new();
    let stranger = setting.client(None);
    let seal = || stranger.ask("seal-read", json!({})).ok();
    assert_eq!(*seal().at("/sealed"), false);
    let again = || stranger.ask("store-initialise", body("store-initialise"));
    again().refused(409, "already-exists");
    setting.room.engine.seal();
    assert_eq!(*seal().at("/sealed"), true);
    again().refused(409, "already-exists");
    stranger.ask("store-unseal", body("store-unseal")).refused(400, "invalid-request");
    assert_eq!(*seal().at("/sealed"), true);
}

#[test]
fn every_operation_is_refused_without_a_token_and_with_one_that_may_nothing() {
    let setting = Setting::new();
    put(&setting.root(), PATH, "value");
    let (nobody, stranger) = (setting.bearer("nobody", ""), setting.client(None));
    let wrong = setting.client(Some("hvs.wrong".into()));
    for name in guarded() {
        let denied = nobody.ask(name, body(name)).refused(403, "forbidden");
        let hint = denied.text("/error/hint");
        assert!(hint.contains("strongroom explain "), "{hint}");
        stranger.ask(name, body(name)).refused(403, "forbidden");
        wrong.ask(name, body(name)).refused(401, "unauthenticated");
    }
}

#[test]
fn an_app_is_made_read_changed_and_deleted_and_its_secrets_are_told_once() {
    let setting = Setting::new();
    let root = setting.root();
    let kinds = ["secret-id", "access-key", "client-secret"];
    let credentials: Vec<_> = kinds.iter().map(|kind| json!({ "kind": kind })).collect();
    let create = json!({ "name": "Shop", "policies": ["shop"], "credentials": credentials });
    let made = root.ask("app-create", create.clone()).ok();
    assert_eq!(*made.at("/name"), "shop");
    root.ask("app-create", create).refused(409, "already-exists");
    let read = root.ask("app-read", json!({ "name": "shop" })).ok();
    for (place, kind) in kinds.iter().enumerate() {
        assert_eq!(*made.at(&format!("/credentials/{place}/kind")), **kind);
        assert_eq!(*read.at(&format!("/credentials/{place}/kind")), **kind);
        let secret = made.text(&format!("/credentials/{place}/secret"));
        assert!(!read.at("").to_string().contains(&secret), "{kind}");
    }
    let key = made.text("/credentials/1/id");
    let change = json!({ "app": "shop", "id": key, "active": false });
    root.ask("app-credential-change", change).ok();
    let read = root.ask("app-read", json!({ "name": "shop" })).ok();
    assert_eq!(*read.at("/credentials/1/active"), false);
    root.ask("app-credential-remove", json!({ "app": "shop", "id": key })).ok();
    let again = json!({ "app": "shop", "id": made.text("/credentials/1/id") });
    root.ask("app-credential-remove", again).refused(404, "not-found");
    let odd = json!({ "app": "shop", "credential": { "kind": "password" } });
    root.ask("app-credential-add", odd).refused(400, "invalid-request");
    root.ask("app-update", json!({ "name": "shop", "policies": ["root"] }))
        .refused(400, "invalid-request");
    root.ask("app-update", json!({ "name": "shop", "disabled": true })).ok();
    assert_eq!(*root.ask("app-list", json!({})).ok().at("/names"), json!(["shop"]));
    root.ask("app-delete", json!({ "name": "shop" })).ok();
    root.ask("app-read", json!({ "name": "shop" })).refused(404, "not-found");
}

#[test]
fn usage_is_told_of_secrets_tokens_and_secret_ids() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, PATH, "value");
    let ask = |of: Value| root.ask("usage-read", json!({ "of": of }));
    assert_eq!(*ask(json!({ "secret": PATH })).ok().at("/total"), 0);
    root.ask("secret-read", json!({ "path": PATH })).ok();
    let told = ask(json!({ "secret": PATH })).ok();
    assert_eq!(*told.at("/total"), 1);
    assert_eq!(*told.at("/by/0/count"), 1);
    assert_eq!(*told.at("/versions/0/version"), 1);
    let list = json!({ "prefix": "secret/app/" });
    let page = root.ask("usage-list", list).ok();
    assert_eq!(*page.at("/entries/0/usage/last"), *told.at("/last"));
    let unused = json!({ "prefix": "secret/app/", "unused_for_secs": 60 });
    assert_eq!(*root.ask("usage-list", unused).ok().at("/entries"), json!([]));
    let own = root.ask("token-lookup", json!({})).ok().text("/accessor");
    assert_ne!(*ask(json!({ "token": own })).ok().at("/total"), 0);
    ask(json!({ "token": "none" })).refused(400, "invalid-request");
    let secret_id = json!({ "mount": "auth/approle", "role": "web", "accessor": "x" });
    ask(json!({ "secret_id": secret_id })).refused(400, "invalid-request");
    ask(json!({ "other": "x" })).refused(400, "invalid-request");
}

#[test]
fn a_token_that_was_taken_back_is_refused_at_once() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, PATH, "value");
    let app = setting.bearer("app", r#"path "secret/*" { capabilities = ["read"] }"#);
    app.ask("secret-read", json!({ "path": PATH })).ok();
    let own = json!({ "which": { "token": app.token } });
    root.ask("token-revoke", own).ok();
    app.ask("secret-read", json!({ "path": PATH })).refused(401, "unauthenticated");
}

#[test]
fn a_sealed_server_says_so_and_answers_its_status() {
    let setting = Setting::new();
    let root = setting.root();
    assert_eq!(*root.raw("GET", "status", b"").ok().at("/sealed"), false);
    setting.room.engine.seal();
    for name in guarded() {
        root.ask(name, body(name)).refused(503, "sealed");
    }
}

#[test]
fn a_token_is_taken_from_either_header() {
    let setting = Setting::new();
    let root = setting.root();
    put(&root, PATH, "value");
    let request = http::Request::post("/api/v1/secret-read")
        .header("X-Vault-Token", root.token.clone().expect("a token"))
        .body(())
        .expect("a request");
    let incoming = strongroom_server::door::Incoming {
        head: request.into_parts().0,
        body: json!({ "path": PATH }).to_string().into(),
        peer: ([127, 0, 0, 1], 4_000).into(),
        encrypted: false,
        id: strongroom_core::audit::RequestId(7),
        arrived: setting.room.clock_now(),
        arrived_micros: 0,
    };
    use strongroom_server::door::Door;
    assert_eq!(setting.door.answer(incoming).status, 200);
}
