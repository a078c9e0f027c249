use serde_json::{Value, json};
use strongroom_core::time::Seconds;

use super::{Client, Setting};

const ROLE: &str = "auth/approle/role/web";

fn setting() -> Setting {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/auth/approle", json!({ "type": "approle" })).is(204);
    root.post(ROLE, json!({ "token_policies": "team" })).is(204);
    setting
}

fn role_id(root: &Client<'_>) -> String {
    root.get(&format!("{ROLE}/role-id")).is(200).text("/data/role_id")
}

fn secret_id(root: &Client<'_>, body: Value) -> (String, String) {
    let made = root.post(&format!("{ROLE}/secret-id"), body).is(200);
    (made.text("/data/secret_id"), made.text("/data/secret_id_accessor"))
}

#[test]
fn a_program_logs_in_and_uses_its_token() {
    let setting = setting();
    let root = setting.root();
    // hvac sends metadata as the JSON of an object in a text.
    let (secret, _) = secret_id(&root, json!({ "metadata": "{\"a\": \"val1\", \"B\": \"two\"}" }));
    let login = json!({ "role_id": role_id(&root), "secret_id": secret });
    // A token that came along, good or bad, counts for nothing.
    for token in [None, Some("hvs.bad".to_owned()), root.token.clone()] {
        let answered = setting.client(token).post("auth/approle/login", login.clone()).is(200);
        let noted = json!({ "B": "two", "a": "val1", "role_name": "web" });
        assert_eq!(*answered.at("/auth/metadata"), noted);
        assert_eq!(*answered.at("/auth/policies"), json!(["default", "team"]));
        assert_eq!(*answered.at("/auth/token_type"), "service");
        assert_eq!(
            (answered.at("/data"), answered.at("/auth/orphan")),
            (&Value::Null, &json!(true))
        );
        let own = setting.client(Some(answered.text("/auth/client_token")));
        let found = own.get("auth/token/lookup-self").is(200);
        assert_eq!(*found.at("/data/meta"), noted);
        assert_eq!(found.text("/data/display_name"), "approle");
        assert_eq!(found.text("/data/path"), "auth/approle/login");
    }
}

#[test]
fn a_failed_login_is_one_answer_whatever_was_wrong() {
    let setting = setting();
    let root = setting.root();
    let (secret, accessor) = secret_id(&root, json!({}));
    let id = role_id(&root);
    let client = setting.client(None);
    for body in [
        json!({ "role_id": "other", "secret_id": secret }),
        json!({ "role_id": id, "secret_id": "other" }),
        json!({ "role_id": id, "secret_id": accessor }),
        json!({ "role_id": id, "secret_id": "" }),
        json!({ "role_id": id }),
        json!({ "role_id": id, "secret_id": null }),
        json!({ "role_id": "x".repeat(100_000), "secret_id": "x".repeat(100_000) }),
    ] {
        let answered = client.post("auth/approle/login", body).is(400);
        assert_eq!(answered.body, json!({ "errors": ["invalid role or secret ID"] }));
        assert_eq!(answered.content_type, "application/json");
    }
    let missing = client.post("auth/approle/login", json!({})).is(400);
    assert_eq!(missing.text("/errors/0"), "missing role_id");
    for body in [json!({ "role_id": 3 }), json!({ "role_id": ["x"] }), json!([])] {
        client.post("auth/approle/login", body).is(400);
    }
    client.get("auth/approle/login").is(403);
    client.post("auth/approle/login/x", json!({ "role_id": id, "secret_id": secret })).is(403);
    client.post("auth/none/login", json!({ "role_id": id, "secret_id": secret })).is(403);
}

#[test]
fn a_role_is_written_read_listed_and_deleted() {
    let setting = setting();
    let root = setting.root();
    let role = root.get(ROLE).is(200);
    let expected = json!({
        "bind_secret_id": true, "local_secret_ids": false, "secret_id_bound_cidrs": null,
        "secret_id_num_uses": 0, "secret_id_ttl": 0, "token_bound_cidrs": [],
        "token_explicit_max_ttl": 0, "token_max_ttl": 0, "token_no_default_policy": false,
        "token_num_uses": 0, "token_period": 0, "token_policies": ["team"], "token_ttl": 0,
        "token_type": "default",
    });
    assert_eq!(*role.at("/data"), expected);
    // As the command line of Vault sends it: every value is a text.
    let change = json!({
        "secret_id_num_uses": "40", "secret_id_ttl": "10m", "token_ttl": "20m",
        "token_max_ttl": "30m", "token_num_uses": "10", "bind_secret_id": "true",
        "secret_id_bound_cidrs": "10.0.0.0/8,127.0.0.1/32",
    });
    root.post(ROLE, change).is(204);
    let role = root.get("auth/approle/role/WEB").is(200);
    assert_eq!(
        (role.at("/data/token_ttl"), role.at("/data/token_max_ttl")),
        (&json!(1_200), &json!(1_800))
    );
    assert_eq!(*role.at("/data/secret_id_bound_cidrs"), json!(["10.0.0.0/8", "127.0.0.1/32"]));
    assert_eq!(*role.at("/data/token_policies"), json!(["team"]), "what is not said stays");
    assert_eq!(*root.list("auth/approle/role").is(200).at("/data/keys"), json!(["web"]));
    assert_eq!(*root.get("auth/approle/role?list=True").is(200).at("/data/keys"), json!(["web"]));
    root.delete(ROLE).is(204);
    root.delete(ROLE).is(204);
    root.get(ROLE).is(404);
    root.list("auth/approle/role").is(404);
    for path in ["role-id", "policies", "secret-id-ttl"] {
        root.get(&format!("{ROLE}/{path}")).is(404);
    }
    root.post(&format!("{ROLE}/secret-id"), json!({})).is(404);
    root.list(&format!("{ROLE}/secret-id")).is(404);
}

#[test]
fn what_is_wrong_with_a_role_is_refused() {
    let setting = setting();
    let root = setting.root();
    for body in [
        json!({ "token_type": "other" }),
        json!({ "token_ttl": "x" }),
        json!({ "token_ttl": -1 }),
        json!({ "token_ttl": 20, "token_max_ttl": 10 }),
        json!({ "token_num_uses": -1 }),
        json!({ "secret_id_num_uses": -1 }),
        json!({ "secret_id_num_uses": 1.5 }),
        json!({ "bind_secret_id": "maybe" }),
        json!({ "bind_secret_id": false }),
        json!({ "secret_id_bound_cidrs": "10.0.0.0/64" }),
        json!({ "token_bound_cidrs": ["x"] }),
        json!({ "token_policies": ["root"] }),
        json!({ "token_policies": { "a": 1 } }),
        json!({ "role_id": "" }),
        json!({ "local_secret_ids": true }),
        json!({ "token_type": "batch", "token_period": "1h" }),
        json!({ "token_type": "batch", "token_num_uses": 1 }),
    ] {
        root.post(ROLE, body.clone()).is(400);
    }
    let long = "x".repeat(257);
    for name in ["%20web", "web%20", "we%20b", "-web", "w%E2%84%AAb", long.as_str()] {
        root.post(&format!("auth/approle/role/{name}"), json!({})).is(400);
    }
    for name in ["..", "%2e%2e", "a%00", "web/"] {
        let answered = root.post(&format!("auth/approle/role/{name}"), json!({}));
        assert!(matches!(answered.status.as_u16(), 204 | 400), "{name} {answered:?}");
    }
    assert_eq!(*root.list("auth/approle/role").is(200).at("/data/keys"), json!(["web"]));
}

#[test]
fn every_part_of_a_role_has_a_path() {
    let setting = setting();
    let root = setting.root();
    for (part, member, value, reset) in [
        ("policies", "token_policies", json!(["a", "b"]), json!([])),
        ("bound-cidr-list", "bound_cidr_list", json!(["10.0.0.0/8"]), Value::Null),
        ("secret-id-bound-cidrs", "secret_id_bound_cidrs", json!(["10.0.0.0/8"]), Value::Null),
        ("token-bound-cidrs", "token_bound_cidrs", json!(["10.0.0.0/8"]), json!([])),
        ("bind-secret-id", "bind_secret_id", json!(true), json!(true)),
        ("secret-id-num-uses", "secret_id_num_uses", json!(5), json!(0)),
        ("secret-id-ttl", "secret_id_ttl", json!(60), json!(0)),
        ("token-num-uses", "token_num_uses", json!(5), json!(0)),
        ("token-ttl", "token_ttl", json!(60), json!(0)),
        ("token-max-ttl", "token_max_ttl", json!(60), json!(0)),
        ("period", "token_period", json!(60), json!(0)),
    ] {
        let path = format!("{ROLE}/{part}");
        let body = json!({ member: value });
        root.post(&path, body.clone()).is(204);
        assert_eq!(*root.get(&path).is(200).at("/data"), body, "{part}");
        root.post(&path, json!({ "other": 1 })).is(400);
        root.delete(&path).is(204);
        assert_eq!(*root.get(&path).is(200).at("/data"), json!({ member: reset }), "{part}");
    }
    let local = format!("{ROLE}/local-secret-ids");
    assert_eq!(*root.get(&local).is(200).at("/data"), json!({ "local_secret_ids": false }));
    root.post(&local, json!({ "local_secret_ids": true })).is(501);
    root.post(&format!("{ROLE}/role-id"), json!({ "role_id": "test_role_id" })).is(204);
    assert_eq!(role_id(&root), "test_role_id");
    root.get(&format!("{ROLE}/other")).is(404);
}

#[test]
fn a_secret_id_is_looked_up_and_destroyed_by_itself_and_by_its_accessor() {
    let setting = setting();
    let root = setting.root();
    root.list(&format!("{ROLE}/secret-id")).is(404);
    let body =
        json!({ "cidr_list": ["127.0.0.1/32"], "ttl": 60, "num_uses": 3, "metadata": "a=b" });
    let (secret, accessor) = secret_id(&root, body);
    let listed = root.list(&format!("{ROLE}/secret-id")).is(200);
    assert_eq!(*listed.at("/data/keys"), json!([accessor]));
    let by_text = json!({ "secret_id": secret });
    let by_accessor = json!({ "secret_id_accessor": accessor });
    let found = root.post(&format!("{ROLE}/secret-id/lookup"), by_text.clone()).is(200);
    let again =
        root.post(&format!("{ROLE}/secret-id-accessor/lookup"), by_accessor.clone()).is(200);
    assert_eq!(found.at("/data"), again.at("/data"));
    let expected = json!({
        "secret_id_accessor": accessor, "secret_id_num_uses": 3, "secret_id_ttl": 60,
        "creation_time": "2027-01-15T08:00:00.000Z", "last_updated_time": "2027-01-15T08:00:00.000Z",
        "expiration_time": "2027-01-15T08:01:00.000Z", "metadata": { "a": "b" },
        "cidr_list": ["127.0.0.1/32"], "token_bound_cidrs": [],
    });
    assert_eq!(*found.at("/data"), expected);
    root.post(&format!("{ROLE}/secret-id/destroy"), by_text.clone()).is(204);
    // What is not there is no error here, and no answer.
    root.post(&format!("{ROLE}/secret-id/lookup"), by_text.clone()).is(204);
    root.post(&format!("{ROLE}/secret-id/destroy"), by_text).is(204);
    root.post(&format!("{ROLE}/secret-id-accessor/lookup"), by_accessor.clone()).is(404);
    root.post(&format!("{ROLE}/secret-id-accessor/destroy"), by_accessor).is(404);
    let (_, accessor) = secret_id(&root, json!({}));
    let by_accessor = json!({ "secret_id_accessor": accessor });
    root.post(&format!("{ROLE}/secret-id-accessor/destroy"), by_accessor).is(204);
    let (secret, _) = secret_id(&root, json!({}));
    let by_text = json!({ "secret_id": secret }).to_string();
    root.send("DELETE", &format!("{ROLE}/secret-id/destroy"), by_text.as_bytes()).is(204);
    root.list(&format!("{ROLE}/secret-id")).is(404);
    for path in ["secret-id/lookup", "secret-id/destroy", "secret-id-accessor/lookup"] {
        root.post(&format!("{ROLE}/{path}"), json!({})).is(400);
    }
}

#[test]
fn a_secret_id_of_the_callers_own_is_given_back() {
    let setting = setting();
    let root = setting.root();
    let path = format!("{ROLE}/custom-secret-id");
    let made = root.post(&path, json!({ "secret_id": "custom_secret" })).is(200);
    assert_eq!(made.text("/data/secret_id"), "custom_secret");
    root.post(&path, json!({ "secret_id": "custom_secret" })).is(400);
    root.post(&path, json!({})).is(400);
    for metadata in [json!("{"), json!("{\"a\": 1}"), json!(["a"]), json!("a"), json!(5)] {
        root.post(&format!("{ROLE}/secret-id"), json!({ "metadata": metadata })).is(400);
    }
    for metadata in [json!({ "a": "b" }), json!(""), json!("a=b, c=d"), Value::Null] {
        root.post(&format!("{ROLE}/secret-id"), json!({ "metadata": metadata })).is(200);
    }
}

#[test]
fn a_secret_id_is_bound_to_networks() {
    let setting = setting();
    let root = setting.root();
    let id = role_id(&root);
    let log_in = |cidrs: &str| {
        let (secret, _) = secret_id(&root, json!({ "cidr_list": cidrs }));
        let body = json!({ "role_id": id, "secret_id": secret });
        setting.client(None).post("auth/approle/login", body)
    };
    log_in("127.0.0.1/32").is(200);
    log_in("10.0.0.0/8").is(400);
}

#[test]
fn nobody_without_a_policy_learns_or_changes_anything() {
    let setting = setting();
    let root = setting.root();
    let (secret, accessor) = secret_id(&root, json!({}));
    let body = json!({ "secret_id": secret, "secret_id_accessor": accessor, "role_id": "x" });
    let nobody = setting.bearer("nobody", "");
    for client in [&nobody, &setting.client(None), &setting.client(Some("hvs.bad".into()))] {
        for path in ["role/web", "role/none", "role/web/role-id", "role/web/policies", "role/web/x"]
        {
            let path = format!("auth/approle/{path}");
            let denied = client.get(&path).is(403);
            assert_eq!(denied.text("/errors/0"), "permission denied");
            client.post(&path, body.clone()).is(403);
            client.post(&path, json!({ "token_ttl": [] })).is(403);
            client.delete(&path).is(403);
        }
        for path in [
            "secret-id",
            "custom-secret-id",
            "secret-id/lookup",
            "secret-id/destroy",
            "secret-id-accessor/lookup",
            "secret-id-accessor/destroy",
        ] {
            client.post(&format!("{ROLE}/{path}"), body.clone()).is(403);
        }
        client.list("auth/approle/role").is(403);
        client.list(&format!("{ROLE}/secret-id")).is(403);
        client.post("auth/approle/tidy/secret-id", json!({})).is(403);
    }
    root.post(&format!("{ROLE}/secret-id/lookup"), json!({ "secret_id": secret })).is(200);
}

#[test]
fn a_secret_id_is_wrapped_when_that_is_asked_for() {
    let setting = setting();
    let mut root = setting.root();
    root.headers.push(("X-Vault-Wrap-TTL", "5m".to_owned()));
    let wrapped = root.post(&format!("{ROLE}/secret-id"), json!({})).is(200);
    assert_eq!((wrapped.at("/wrap_info/ttl"), wrapped.at("/data")), (&json!(300), &Value::Null));
    let token = wrapped.text("/wrap_info/token");
    let unwrapped = setting.client(Some(token)).post("sys/wrapping/unwrap", json!({})).is(200);
    let root = setting.root();
    let login =
        json!({ "role_id": role_id(&root), "secret_id": unwrapped.text("/data/secret_id") });
    setting.client(None).post("auth/approle/login", login).is(200);
}

#[test]
fn ended_secret_ids_are_tidied_and_the_token_of_a_deleted_role_is_not_renewed() {
    let setting = setting();
    let root = setting.root();
    let (secret, _) = secret_id(&root, json!({ "ttl": "60s" }));
    let login = json!({ "role_id": role_id(&root), "secret_id": secret });
    let login = setting.client(None).post("auth/approle/login", login).is(200);
    let client = setting.client(Some(login.text("/auth/client_token")));
    client.post("auth/token/renew-self", json!({ "increment": "10m" })).is(200);
    setting.room.clock.advance(Seconds(60));
    let tidied = root.post("auth/approle/tidy/secret-id", json!({})).is(202);
    assert_ne!(*tidied.at("/warnings"), Value::Null);
    root.list(&format!("{ROLE}/secret-id")).is(404);
    root.delete(ROLE).is(204);
    client.post("auth/token/renew-self", json!({})).is(400);
    client.get("auth/token/lookup-self").is(200);
}
