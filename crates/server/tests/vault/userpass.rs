use serde_json::{Value, json};

use super::Setting;

const USER: &str = "auth/userpass/users/mary";
const LOGIN: &str = "auth/userpass/login/mary";

fn setting() -> Setting {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/auth/userpass", json!({ "type": "userpass" })).is(204);
    // The older names, as hvac sends them.
    let user =
        json!({ "password": "horse", "policies": "team,ops", "ttl": "10m", "max_ttl": 1_200 });
    root.post(USER, user).is(204);
    setting
}

#[test]
fn a_person_logs_in_and_uses_the_token() {
    let setting = setting();
    for token in [None, Some("hvs.bad".to_owned())] {
        let login = setting.client(token).post(LOGIN, json!({ "password": "horse" })).is(200);
        assert_eq!(*login.at("/auth/policies"), json!(["default", "ops", "team"]));
        assert_eq!(*login.at("/auth/metadata"), json!({ "username": "mary" }));
        assert_eq!(*login.at("/auth/lease_duration"), 600);
        let client = setting.client(Some(login.text("/auth/client_token")));
        let found = client.get("auth/token/lookup-self").is(200);
        assert_eq!(found.text("/data/display_name"), "userpass-mary");
        assert_eq!(*found.at("/data/meta"), json!({ "username": "mary" }));
        let renewed = client.post("auth/token/renew-self", json!({ "increment": "1h" })).is(200);
        assert_eq!(*renewed.at("/auth/lease_duration"), 1_200);
    }
}

#[test]
fn a_failed_login_is_one_answer_whatever_was_wrong() {
    let setting = setting();
    let client = setting.client(None);
    for (path, password) in [
        (LOGIN, "cow"),
        ("auth/userpass/login/john", "horse"),
        ("auth/userpass/login/mary%20", "horse"),
        ("auth/userpass/login/%20mary", "horse"),
        ("auth/userpass/login/m%C3%A4ry", "horse"),
    ] {
        let answered = client.post(path, json!({ "password": password })).is(400);
        assert_eq!(answered.body, json!({ "errors": ["invalid username or password"] }), "{path}");
    }
    for body in [json!({}), json!({ "password": "" }), json!({ "password": null })] {
        assert_eq!(client.post(LOGIN, body).is(400).text("/errors/0"), "missing password");
    }
    for body in [json!({ "password": 3 }), json!({ "password": ["horse"] }), json!([])] {
        client.post(LOGIN, body).is(400);
    }
    client.get(LOGIN).is(403);
    client.post("auth/userpass/login", json!({ "password": "horse" })).is(403);
}

#[test]
fn a_locked_user_is_told_what_everybody_is_told() {
    let setting = setting();
    let client = setting.client(None);
    for password in ["1", "2", "3", "4", "5", "horse"] {
        let answered = client.post(LOGIN, json!({ "password": password })).is(400);
        assert_eq!(answered.text("/errors/0"), "invalid username or password");
    }
}

#[test]
fn a_user_is_read_listed_changed_and_deleted() {
    let setting = setting();
    let root = setting.root();
    let user = root.get(USER).is(200);
    let expected = json!({
        "token_bound_cidrs": [], "token_explicit_max_ttl": 0, "token_max_ttl": 1_200,
        "token_no_default_policy": false, "token_num_uses": 0, "token_period": 0,
        "token_policies": ["ops", "team"], "token_ttl": 600, "token_type": "default",
    });
    assert_eq!(*user.at("/data"), expected);
    assert_eq!(*root.list("auth/userpass/users").is(200).at("/data/keys"), json!(["mary"]));
    root.post(&format!("{USER}/password"), json!({ "password": "cow" })).is(204);
    let client = setting.client(None);
    client.post(LOGIN, json!({ "password": "horse" })).is(400);
    client.post(LOGIN, json!({ "password": "cow" })).is(200);
    root.post("auth/userpass/users/Mary/policies", json!({ "policies": ["dev"] })).is(204);
    assert_eq!(*root.get(USER).is(200).at("/data/token_policies"), json!(["dev"]));
    root.delete(USER).is(204);
    root.get(USER).is(404);
    root.list("auth/userpass/users").is(404);
    root.post(&format!("{USER}/password"), json!({ "password": "cow" })).is(404);
    client.post(LOGIN, json!({ "password": "cow" })).is(400);
}

#[test]
fn what_is_wrong_with_a_user_is_refused() {
    let setting = setting();
    let root = setting.root();
    let new = "auth/userpass/users/new";
    for body in [
        json!({}),
        json!({ "password": "" }),
        json!({ "password": 3 }),
        json!({ "password": "x".repeat(1_025) }),
        json!({ "password": "x", "token_policies": "root" }),
        json!({ "password": "x", "token_type": "other" }),
        json!({ "password": "x", "bound_cidrs": "x" }),
    ] {
        root.post(new, body).is(400);
    }
    root.post(new, json!({ "password_hash": "$2a$10$x" })).is(501);
    root.get(new).is(404);
    for name in ["%20new", "new%20", "n%20w", "-", "n%C3%A4w"] {
        root.post(&format!("auth/userpass/users/{name}"), json!({ "password": "x" })).is(400);
    }
    root.post(&format!("{USER}/password"), json!({})).is(400);
    root.post(&format!("{USER}/policies"), json!({})).is(400);
}

#[test]
fn nobody_without_a_policy_learns_or_changes_anything() {
    let setting = setting();
    let nobody = setting.bearer("nobody", "");
    for client in [&nobody, &setting.client(None), &setting.client(Some("hvs.bad".into()))] {
        for path in [USER, "auth/userpass/users/none", "auth/userpass/users/mary/password"] {
            let denied = client.get(path).is(403);
            assert_eq!(denied.text("/errors/0"), "permission denied");
            client.post(path, json!({ "password": "stolen" })).is(403);
            client.post(path, json!({ "password": [] })).is(403);
            client.delete(path).is(403);
        }
        client.list("auth/userpass/users").is(403);
    }
    setting.client(None).post(LOGIN, json!({ "password": "horse" })).is(200);
}

#[test]
fn no_answer_holds_a_password_or_its_hash() {
    let setting = setting();
    let root = setting.root();
    let texts = [root.get(USER), root.post(LOGIN, json!({ "password": "canary" }))];
    for answered in texts {
        let text = answered.body.to_string();
        assert!(
            !text.contains("horse") && !text.contains("canary") && !text.contains("password\":")
        );
    }
    assert_eq!(
        root.post(USER, json!({ "password": { "canary": 1 } })).is(400).body.get("data"),
        None::<&Value>
    );
}
