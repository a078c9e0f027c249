use serde_json::json;

use super::Setting;

#[test]
fn capabilities_are_told_by_token_by_accessor_and_of_oneself() {
    let setting = Setting::new();
    let policy = r#"path "secret/app/*" { capabilities = ["read", "create"] }
        path "secret/data/app/shut" { capabilities = ["deny"] }
        path "sys/capabilities-self" { capabilities = ["update"] }
        path "auth/token/lookup-self" { capabilities = ["read"] }"#;
    let (root, app) = (setting.root(), setting.bearer("app", policy));
    let accessor = app.get("auth/token/lookup-self").is(200).text("/data/accessor");
    let paths = json!(["secret/data/app/a", "secret/data/app/shut", "secret/app/a", "other"]);
    let own = app.post("sys/capabilities-self", json!({ "paths": paths })).is(200);
    let token = app.token.clone();
    let by_token = root.post("sys/capabilities", json!({ "paths": paths, "token": token })).is(200);
    let by_accessor =
        root.post("sys/capabilities-accessor", json!({ "paths": paths, "accessor": accessor }));
    for answer in [own, by_token, by_accessor.is(200)] {
        for member in ["/data", ""] {
            let at =
                |path: &str| answer.at(&format!("{member}/{}", path.replace('/', "~1"))).clone();
            assert_eq!(at("secret/data/app/a"), json!(["create", "read"]));
            assert_eq!(at("secret/app/a"), json!(["create", "read"]));
            assert_eq!(at("secret/data/app/shut"), json!(["deny"]));
            assert_eq!(at("other"), json!(["deny"]));
        }
    }
    let one = root.post("sys/capabilities-self", json!({ "paths": "secret/x" })).is(200);
    assert_eq!(*one.at("/data"), json!({ "capabilities": ["root"], "secret/x": ["root"] }));
    let old = root.post("sys/capabilities-self", json!({ "path": "secret/x" })).is(200);
    assert_eq!(*old.at("/capabilities"), json!(["root"]));
}

#[test]
fn what_asks_of_no_path_or_no_token_is_refused() {
    let setting = Setting::new();
    let (root, app) = (setting.root(), setting.bearer("app", ""));
    let paths = json!({ "paths": ["secret/x"], "token": "hvs.none", "accessor": "none" });
    for path in ["sys/capabilities", "sys/capabilities-self", "sys/capabilities-accessor"] {
        setting.client(None).post(path, paths.clone()).is(403);
        app.post(path, paths.clone()).is(403);
        for body in [
            json!({}),
            json!({ "paths": [] }),
            json!({ "paths": 3 }),
            json!({ "paths": {} }),
            json!({ "paths": ["x"], "token": 1, "accessor": 1 }),
            json!({ "paths": vec!["x"; 1_001] }),
        ] {
            if path != "sys/capabilities-self" || body.get("token").is_none() {
                root.post(path, body).is(400);
            }
        }
        root.get(path).is(501);
    }
    root.post("sys/capabilities", paths.clone()).is(400);
    root.post("sys/capabilities-accessor", paths).is(400);
    let odd = json!({ "paths": ["../x", "a\u{0}b", "", "/", "secret/data/../x"] });
    let odd = root.post("sys/capabilities-self", odd).is(200);
    assert_eq!(*odd.at("/data/a\u{0}b"), json!(["root"]));
}
