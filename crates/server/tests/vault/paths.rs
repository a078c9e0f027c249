use serde_json::json;

use super::Setting;

#[test]
fn whoever_has_no_token_learns_nothing_of_what_is_there() {
    let setting = Setting::new();
    let nobody = setting.client(None);
    for path in
        ["secret/data/a", "nowhere/a", "sys/mounts", "sys/nothing", "auth/token/lookup-self"]
    {
        let answer = nobody.get(path).is(403);
        assert_eq!(answer.at("/errors/0"), "permission denied", "{path}");
        assert_eq!(answer.content_type, "application/json");
    }
}

#[test]
fn a_token_that_is_not_good_is_refused() {
    let setting = Setting::new();
    let bad = setting.client(Some("hvs.nothing".into()));
    assert_eq!(bad.get("sys/mounts").is(403).body, json!({ "errors": ["permission denied"] }));
    let root = setting.root();
    let taken = setting.bearer("app", "");
    root.post("auth/token/revoke", json!({ "token": taken.token })).is(204);
    taken.get("auth/token/lookup-self").is(403);
}

#[test]
fn a_path_that_could_lead_elsewhere_is_a_bad_request() {
    let setting = Setting::new();
    let root = setting.root();
    for path in ["secret/../sys/mounts", "secret/%2e%2e/sys/mounts", "sys/%00", "secret//a", "%ff"]
    {
        root.get(path).is(400);
    }
    for path in ["SYS/mounts", "sys/Mounts", "sys/%2525mounts", "nowhere/a"] {
        root.get(path).is(404);
    }
}

#[test]
fn what_is_not_done_is_never_a_success() {
    let setting = Setting::new();
    let root = setting.root();
    root.send("PATCH", "sys/policies/acl/x", b"{}").is(501);
    root.send("TRACE", "sys/mounts", b"").is(501);
    let mut spaced = setting.root();
    spaced.headers.push(("X-Vault-Namespace", "team".into()));
    spaced.get("sys/mounts").is(501);
}

#[test]
fn a_denial_names_the_request() {
    let setting = Setting::new();
    let answer = setting.bearer("app", "").get("sys/mounts").is(403);
    assert!(answer.text("/errors/1").contains("strongroom explain "), "{answer:?}");
}
