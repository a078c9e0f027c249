use serde_json::json;

use super::Setting;

const RULES: &str = "path \"secret/*\" { policy = \"write\" }";

#[test]
fn a_policy_is_kept_as_it_was_written() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/policies/acl/Team", json!({ "policy": RULES })).is(204);
    let read = root.get("sys/policies/acl/team").is(200);
    assert_eq!(*read.at("/data"), json!({ "name": "team", "policy": RULES }));
    let old = root.get("sys/policy/team").is(200);
    assert_eq!((old.text("/rules"), old.text("/data/rules")), (RULES.into(), RULES.into()));
    let names = root.get("sys/policy").is(200);
    assert_eq!(*names.at("/policies"), json!(["default", "team", "root"]));
    assert_eq!(names.at("/keys"), names.at("/data/policies"));
    root.delete("sys/policy/team").is(204);
    assert_eq!(root.get("sys/policy/team").is(404).body, json!({ "errors": [] }));
}

#[test]
fn a_policy_that_is_none_is_refused() {
    let setting = Setting::new();
    let root = setting.root();
    for body in
        [json!({}), json!({ "policy": "" }), json!({ "policy": "path {" }), json!({ "policy": 3 })]
    {
        root.post("sys/policies/acl/team", body).is(400);
    }
    root.post("sys/policies/acl/root", json!({ "policy": RULES })).is(400);
    root.delete("sys/policies/acl/default").is(400);
    root.delete("sys/policy/%5B'team'%5D").is(204);
}
