use serde_json::json;
use strongroom_core::time::Seconds;

use super::Setting;

#[test]
fn a_token_is_made_looked_up_renewed_and_taken_back() {
    let setting = Setting::new();
    let root = setting.root();
    let made = root.post("auth/token/create", json!({ "ttl": "5m", "meta": { "a": "b" } })).is(200);
    assert_eq!(*made.at("/auth/lease_duration"), 300);
    assert_eq!(*made.at("/auth/policies"), json!(["root"]));
    let client = setting.client(Some(made.text("/auth/client_token")));
    let found = client.get("auth/token/lookup-self").is(200);
    assert_eq!(
        (found.at("/data/ttl"), found.at("/data/meta")),
        (&json!(300), &json!({ "a": "b" }))
    );
    setting.room.clock.advance(Seconds(100));
    assert_eq!(*client.get("auth/token/lookup-self").is(200).at("/data/ttl"), 200);
    let renewed = client.post("auth/token/renew-self", json!({ "increment": "10m" })).is(200);
    assert_eq!(*renewed.at("/auth/lease_duration"), 600);
    let accessor = found.text("/data/accessor");
    let by_accessor =
        root.post("auth/token/lookup-accessor", json!({ "accessor": accessor })).is(200);
    assert_eq!(by_accessor.text("/data/id"), "");
    client.post("auth/token/revoke-self", json!({})).is(204);
    root.post("auth/token/lookup", json!({ "token": client.token })).is(403);
    let gone = root.post("auth/token/lookup-accessor", json!({ "accessor": accessor })).is(400);
    assert_eq!(gone.text("/errors/0"), "invalid accessor");
}

#[test]
fn policies_are_given_as_a_list_or_a_text() {
    let setting = Setting::new();
    let root = setting.root();
    for policies in [json!(["team", "ops"]), json!("team, ops")] {
        let made = root.post("auth/token/create", json!({ "policies": policies })).is(200);
        assert_eq!(*made.at("/auth/token_policies"), json!(["default", "ops", "team"]));
    }
    let bare = json!({ "policies": ["team"], "no_default_policy": true });
    let made = root.post("auth/token/create", bare).is(200);
    assert_eq!(*made.at("/auth/policies"), json!(["team"]));
}

#[test]
fn a_token_role_is_written_read_listed_and_deleted() {
    let setting = Setting::new();
    let root = setting.root();
    root.list("auth/token/roles").is(404);
    let role = json!({ "allowed_policies": "team", "orphan": true, "token_period": "1h" });
    root.post("auth/token/roles/web", role).is(204);
    let read = root.get("auth/token/roles/web").is(200);
    assert_eq!(
        (read.at("/data/token_period"), read.at("/data/orphan")),
        (&json!(3_600), &json!(true))
    );
    assert_eq!(*root.list("auth/token/roles").is(200).at("/data/keys"), json!(["web"]));
    let made = root.post("auth/token/create/web", json!({})).is(200);
    assert_eq!(
        (made.at("/auth/orphan"), made.at("/auth/lease_duration")),
        (&json!(true), &json!(3_600))
    );
    root.delete("auth/token/roles/web").is(204);
    root.get("auth/token/roles/web").is(404);
    root.post("auth/token/create/web", json!({})).is(400);
}

#[test]
fn a_token_of_the_clients_choice_is_for_root_only() {
    let setting = Setting::new();
    setting.root().post("auth/token/create", json!({ "id": "chosen" })).is(200);
    setting.client(Some("chosen".into())).get("auth/token/lookup-self").is(200);
    let app = setting.bearer("app", r#"path "auth/token/create" { capabilities = ["update"] }"#);
    app.post("auth/token/create", json!({ "id": "other" })).is(400);
}

#[test]
fn a_role_lets_its_callers_name_the_entity_of_a_token() {
    let setting = Setting::new();
    let root = setting.root();
    let role = json!({ "allowed_entity_aliases": ["Mary", "svc-*"], "allowed_policies": "team" });
    root.post("auth/token/roles/web", role).is(204);
    let read = root.get("auth/token/roles/web").is(200);
    assert_eq!(*read.at("/data/allowed_entity_aliases"), json!(["mary", "svc-*"]));
    let made = root.post("auth/token/create/web", json!({ "entity_alias": "Mary" })).is(200);
    let entity = made.text("/auth/entity_id");
    let read = root.get(&format!("identity/entity/id/{entity}")).is(200);
    assert_eq!(read.text("/data/aliases/0/name"), "mary");
    let bearer = setting.client(Some(made.text("/auth/client_token")));
    assert_eq!(bearer.get("auth/token/lookup-self").is(200).text("/data/entity_id"), entity);
    let refused = root.post("auth/token/create/web", json!({ "entity_alias": "other" })).is(400);
    assert_eq!(refused.text("/errors/0"), "invalid 'entity_alias' value");
    let alone = root.post("auth/token/create", json!({ "entity_alias": "mary" })).is(400);
    let words = "'entity_alias' is only allowed in combination with token role";
    assert_eq!(alone.text("/errors/0"), words);
    root.post("auth/token/create/web", json!({ "entity_alias": ["mary"] })).is(400);
    root.post(&format!("identity/entity/id/{entity}"), json!({ "disabled": true })).is(200);
    root.post("auth/token/create/web", json!({ "entity_alias": "mary" })).is(403);
}
