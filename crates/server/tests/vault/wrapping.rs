use serde_json::{Value, json};
use strongroom_core::time::Seconds;

use super::{Answered, Client, Setting};

const NOT_VALID: &str = "wrapping token is not valid or does not exist";

fn wrapped<'s>(
    client: &mut Client<'s>,
    ttl: &str,
    ask: impl Fn(&Client<'s>) -> Answered,
) -> Answered {
    client.headers.push(("X-Vault-Wrap-TTL", ttl.to_owned()));
    let answer = ask(client);
    client.headers.pop();
    answer
}

fn wrap(setting: &Setting) -> String {
    let wrap = |client: &Client<'_>| client.post("sys/wrapping/wrap", json!({ "k": "canary" }));
    wrapped(&mut setting.root(), "60", wrap).is(200).text("/wrap_info/token")
}

fn is_not_valid(answer: Answered) {
    assert_eq!(answer.is(400).text("/errors/0"), NOT_VALID);
}

#[test]
fn an_answer_is_replaced_by_a_token_and_taken_once() {
    let setting = Setting::new();
    let mut root = setting.root();
    root.post("secret/data/a", json!({ "data": { "k": "canary" } })).is(200);
    let answer = wrapped(&mut root, "5m", |client| client.get("secret/data/a")).is(200);
    for member in ["data", "auth", "warnings"] {
        assert_eq!(answer.body[member], Value::Null);
    }
    assert!(!answer.body.to_string().contains("canary"));
    let info = answer.at("/wrap_info");
    assert_eq!((&info["ttl"], &info["creation_path"]), (&json!(300), &json!("secret/data/a")));
    assert_eq!(info.get("wrapped_accessor"), None);
    assert_eq!(answer.text("/wrap_info/accessor").len(), 24);
    let holder = setting.client(Some(answer.text("/wrap_info/token")));
    let inner = holder.post("sys/wrapping/unwrap", json!({})).is(200);
    assert_eq!(*inner.at("/data/data"), json!({ "k": "canary" }));
    assert_eq!(inner.content_type, "application/json");
    is_not_valid(holder.post("sys/wrapping/unwrap", json!({})));
}

#[test]
fn a_token_that_is_made_is_wrapped_with_its_accessor() {
    let setting = Setting::new();
    let mut root = setting.root();
    let create = |client: &Client<'_>| client.post("auth/token/create", json!({}));
    let answer = wrapped(&mut root, "10s", create).is(200);
    let holder = setting.client(Some(answer.text("/wrap_info/token")));
    let inner = holder.post("sys/wrapping/unwrap", json!({})).is(200);
    assert_eq!(inner.text("/auth/accessor"), answer.text("/wrap_info/wrapped_accessor"));
    setting.client(Some(inner.text("/auth/client_token"))).get("auth/token/lookup-self").is(200);
}

#[test]
fn lists_are_wrapped_and_answers_without_data_are_not() {
    let setting = Setting::new();
    let mut root = setting.root();
    let write = |client: &Client<'_>| client.post("secret/data/a", json!({ "data": { "k": "v" } }));
    wrapped(&mut root, "60s", write).is(200).at("/wrap_info/token");
    let list = |client: &Client<'_>| client.list("secret/metadata");
    wrapped(&mut root, "60s", list).is(200).at("/wrap_info/token");
    wrapped(&mut root, "60s", |client| client.delete("secret/data/a")).is(204);
    wrapped(&mut root, "60s", |client| client.get("secret/data/a")).is(404);
    wrapped(&mut root, "60s", |client| client.get("secret/metadata/none")).is(404);
    wrapped(&mut root, "soon", |client| client.list("secret/metadata")).is(400);
    assert_eq!(wrapped(&mut root, "0", list).is(200).body["wrap_info"], Value::Null);
}

#[test]
fn a_wrapping_token_is_shown_in_the_body_or_as_the_callers_own() {
    let setting = Setting::new();
    let root = setting.root();
    let inner = root.post("sys/wrapping/unwrap", json!({ "token": wrap(&setting) })).is(200);
    assert_eq!(*inner.at("/data"), json!({ "k": "canary" }));
    let token = wrap(&setting);
    let both = setting.client(Some(token.clone()));
    both.post("sys/wrapping/unwrap", json!({ "token": token })).is(200);
    let token = wrap(&setting);
    let body = json!({ "token": token });
    setting.client(None).post("sys/wrapping/unwrap", body.clone()).is(403);
    setting.bearer("nobody", "").post("sys/wrapping/unwrap", body.clone()).is(403);
    setting.client(Some("hvs.none".into())).post("sys/wrapping/unwrap", body.clone()).is(403);
    root.post("sys/wrapping/unwrap", body).is(200);
    setting.client(None).post("sys/wrapping/unwrap", json!({})).is(403);
    is_not_valid(root.post("sys/wrapping/unwrap", json!({})));
    is_not_valid(root.post("sys/wrapping/unwrap", json!({ "token": "hvs.none" })));
    root.get("sys/mounts").is(200);
}

#[test]
fn a_wrapping_token_is_looked_up_without_being_used() {
    let setting = Setting::new();
    let token = wrap(&setting);
    let body = json!({ "token": token });
    for client in [setting.client(None), setting.root(), setting.client(Some(token.clone()))] {
        let found = client.post("sys/wrapping/lookup", body.clone()).is(200);
        assert_eq!(
            (found.at("/data/creation_path"), found.at("/data/creation_ttl")),
            (&json!("sys/wrapping/wrap"), &json!(60))
        );
    }
    let holder = setting.client(Some(token));
    holder.get("sys/wrapping/lookup").is(200);
    holder.post("sys/wrapping/lookup", json!({})).is(200);
    holder.post("sys/wrapping/unwrap", json!({})).is(200);
    is_not_valid(holder.post("sys/wrapping/lookup", json!({})));
    setting.client(None).post("sys/wrapping/lookup", json!({})).is(400);
}

#[test]
fn a_wrapped_answer_is_wrapped_anew() {
    let setting = Setting::new();
    let root = setting.root();
    let token = wrap(&setting);
    let again = root.post("sys/wrapping/rewrap", json!({ "token": token })).is(200);
    assert_eq!(
        (again.at("/wrap_info/ttl"), again.at("/wrap_info/creation_path")),
        (&json!(60), &json!("sys/wrapping/wrap"))
    );
    is_not_valid(root.post("sys/wrapping/unwrap", json!({ "token": token })));
    let holder = setting.client(Some(again.text("/wrap_info/token")));
    let own = holder.post("sys/wrapping/rewrap", json!({})).is(200);
    let holder = setting.client(Some(own.text("/wrap_info/token")));
    assert_eq!(*holder.post("sys/wrapping/unwrap", json!({})).is(200).at("/data/k"), "canary");
    setting
        .bearer("nobody", "")
        .post("sys/wrapping/rewrap", json!({ "token": wrap(&setting) }))
        .is(403);
}

#[test]
fn a_wrapping_token_is_not_spent_on_an_answer_that_would_be_wrapped_itself() {
    let setting = Setting::new();
    let mut holder = setting.client(Some(wrap(&setting)));
    for path in ["sys/wrapping/unwrap", "sys/wrapping/rewrap", "sys/wrapping/lookup"] {
        wrapped(&mut holder, "60", |client| client.post(path, json!({}))).is(400);
    }
    holder.post("sys/wrapping/unwrap", json!({})).is(200);
}

#[test]
fn wrapping_needs_a_time_and_a_policy() {
    let setting = Setting::new();
    let refused = setting.root().post("sys/wrapping/wrap", json!({ "k": "v" })).is(400);
    assert!(refused.text("/errors/0").contains("requires response wrapping"));
    let post = |client: &Client<'_>| client.post("sys/wrapping/wrap", json!({ "k": "v" }));
    wrapped(&mut setting.client(None), "60", post).is(403);
    wrapped(&mut setting.bearer("nobody", ""), "60", post).is(403);
    let mut app = setting.bearer(
        "app",
        r#"path "secret/data/a" {
            capabilities = ["create", "read"]
            min_wrapping_ttl = "1m"
            max_wrapping_ttl = "5m"
        }"#,
    );
    setting.root().post("secret/data/a", json!({ "data": { "k": "v" } })).is(200);
    let read = |client: &Client<'_>| client.get("secret/data/a");
    read(&app).is(403);
    for (ttl, status) in [("59s", 403), ("1m", 200), ("5m", 200), ("301", 403)] {
        wrapped(&mut app, ttl, read).is(status);
    }
}

#[test]
fn a_token_with_its_last_use_gets_its_wrapped_answer() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("secret/data/a", json!({ "data": { "k": "v" } })).is(200);
    let made = root.post("auth/token/create", json!({ "num_uses": 1 })).is(200);
    let mut once = setting.client(Some(made.text("/auth/client_token")));
    let answer = wrapped(&mut once, "60", |client| client.get("secret/data/a")).is(200);
    once.get("secret/data/a").is(403);
    let holder = setting.client(Some(answer.text("/wrap_info/token")));
    holder.post("sys/wrapping/unwrap", json!({})).is(200);
}

#[test]
fn a_wrapping_token_reads_nothing_and_ends() {
    let setting = Setting::new();
    let holder = setting.client(Some(wrap(&setting)));
    holder.get("secret/data/a").is(403);
    holder.post("auth/token/create", json!({})).is(403);
    holder.get("auth/token/lookup-self").is(403);
    holder.post("sys/wrapping/unwrap", json!({})).is(200);
    let holder = setting.client(Some(wrap(&setting)));
    setting.room.clock.advance(Seconds(61));
    is_not_valid(holder.post("sys/wrapping/unwrap", json!({})));
}

#[test]
fn a_login_is_wrapped_and_other_answers_to_anybody_are_not() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/auth/approle", json!({ "type": "approle" })).is(204);
    root.post("auth/approle/role/app", json!({ "token_ttl": "1h" })).is(204);
    let role_id = root.get("auth/approle/role/app/role-id").is(200).text("/data/role_id");
    let made = root.post("auth/approle/role/app/secret-id", json!({})).is(200);
    let body = json!({ "role_id": role_id, "secret_id": made.text("/data/secret_id") });
    let mut nobody = setting.client(None);
    let log_in = |client: &Client<'_>| client.post("auth/approle/login", body.clone());
    let answer = wrapped(&mut nobody, "60", log_in).is(200);
    assert_eq!(answer.body["auth"], Value::Null);
    let holder = setting.client(Some(answer.text("/wrap_info/token")));
    let inner = holder.post("sys/wrapping/unwrap", json!({})).is(200);
    assert_eq!(inner.text("/auth/accessor"), answer.text("/wrap_info/wrapped_accessor"));
    let bad = |client: &Client<'_>| client.post("auth/approle/login", json!({ "role_id": "x" }));
    assert!(wrapped(&mut nobody, "60", bad).body.get("wrap_info").is_none());
    let look = |client: &Client<'_>| {
        client.post("sys/wrapping/lookup", json!({ "token": wrap(&setting) }))
    };
    wrapped(&mut nobody, "60", look).is(400);
}
