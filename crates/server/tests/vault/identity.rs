use serde_json::{Value, json};

use super::{Client, Setting};

/// The accessor of a new auth mount.
fn mount(root: &Client<'_>, kind: &str, path: &str) -> String {
    root.post(&format!("sys/auth/{path}"), json!({ "type": kind })).is(204);
    let mounts = root.get("sys/auth");
    mounts.text(&format!("/data/{path}~1/accessor")).to_owned()
}

fn entity(root: &Client<'_>, name: &str) -> String {
    let made = root.post("identity/entity", json!({ "name": name })).is(200);
    made.text("/data/id").to_owned()
}

#[test]
fn an_entity_is_made_changed_found_and_deleted() {
    let setting = Setting::new();
    let root = setting.root();
    root.list("identity/entity/id").is(404);
    let made = root
        .post("identity/entity", json!({"name": "Mary", "metadata": {"team": "a"}, "id": null}))
        .is(200);
    let id = made.text("/data/id").to_owned();
    assert_eq!(made.at("/data/aliases"), &Value::Null);
    let by_id = root.get(&format!("identity/entity/id/{id}"));
    assert_eq!(by_id.text("/data/name"), "Mary");
    assert_eq!(by_id.at("/data/metadata"), &json!({"team": "a"}));
    assert_eq!(by_id.at("/data/policies"), &json!([]));
    assert_eq!(root.get("identity/entity/name/mary").text("/data/id"), id);
    // By name it is changed, and Vault answers nothing then.
    root.post("identity/entity/name/Mary", json!({"policies": "Ops, dev", "disabled": true}))
        .is(204);
    let changed = root.get(&format!("identity/entity/id/{id}"));
    assert_eq!(changed.at("/data/policies"), &json!(["dev", "ops"]));
    assert_eq!(changed.at("/data/disabled"), &json!(true));
    assert_eq!(changed.at("/data/metadata"), &json!({"team": "a"}));
    assert_eq!(root.list("identity/entity/id").at("/data/keys"), &json!([id]));
    assert_eq!(root.get("identity/entity/name?list=true").at("/data/keys"), &json!(["Mary"]));
    root.delete("identity/entity/id/None").is(204);
    root.get("identity/entity/id/None").is(404);
    root.delete("identity/entity/name/MARY").is(204);
    root.get(&format!("identity/entity/id/{id}")).is(404);
    root.list("identity/entity/name").is(404);
}

#[test]
fn lists_are_given_whole_or_in_parts() {
    let setting = Setting::new();
    let root = setting.root();
    for name in ["d", "a", "c", "b"] {
        entity(&root, name);
        root.post("identity/group", json!({ "name": name })).is(200);
    }
    for kind in ["entity", "group"] {
        let keys = |query: &str| {
            let listed = root.list(&format!("identity/{kind}/{query}"));
            listed.is(200).at("/data/keys").clone()
        };
        assert_eq!(keys("name"), json!(["a", "b", "c", "d"]));
        assert_eq!(keys("name?after=a&limit=2"), json!(["b", "c"]));
        assert_eq!(keys("name?limit=-1"), json!(["a", "b", "c", "d"]));
        let all = keys("id");
        let first = keys("id?limit=3");
        assert_eq!(first.as_array().map(Vec::as_slice), all.as_array().map(|all| &all[..3]));
        let after = first[2].as_str().expect("an id");
        assert_eq!(keys(&format!("id?after={after}")), json!([all[3]]));
        let last = all[3].as_str().expect("an id");
        root.list(&format!("identity/{kind}/id?after={last}")).is(404);
        root.list(&format!("identity/{kind}/id?limit=x")).is(400);
    }
}

#[test]
fn bad_entities_are_refused_and_change_nothing() {
    let setting = Setting::new();
    let root = setting.root();
    entity(&root, "mary");
    let id = entity(&root, "john");
    for body in [
        json!({"policies": ["root"]}),
        json!({"policies": [" ROOT "]}),
        json!({"policies": "dev,Root"}),
        json!({"name": " mary"}),
        json!({"name": "a\u{200b}b"}),
        json!({"name": "MARY"}),
        json!({"name": 1}),
        json!({"metadata": "text"}),
        json!({"metadata": {"a": {}}}),
        json!({"metadata": {"": "x"}}),
        json!({"name": "x".repeat(513)}),
        json!({"disabled": "maybe"}),
    ] {
        root.post(&format!("identity/entity/id/{id}"), body).is(400);
    }
    let read = root.get(&format!("identity/entity/id/{id}"));
    assert_eq!(read.text("/data/name"), "john");
    assert_eq!(read.at("/data/policies"), &json!([]));
    root.post("identity/entity", json!({"id": "None"})).is(400);
    root.post("identity/entity/id/11111111-1111-4111-8111-111111111111", json!({})).is(400);
    root.post("identity/lookup/entity", json!({})).is(400);
    root.post("identity/lookup/entity", json!({"id": id, "name": "john"})).is(400);
}

#[test]
fn an_alias_is_of_one_entity_and_goes_with_it() {
    let setting = Setting::new();
    let root = setting.root();
    let accessor = mount(&root, "userpass", "users");
    let id = entity(&root, "mary");
    let body = json!({"name": "Mary", "canonical_id": id, "mount_accessor": accessor, "id": null});
    let made = root.post("identity/entity-alias", body.clone());
    assert_eq!(made.text("/data/canonical_id"), id);
    let alias = made.text("/data/id").to_owned();
    // CVE-2025-6004: a user name in other letters is the same alias.
    let again =
        root.post("identity/entity-alias", json!({"name": "MARY", "mount_accessor": accessor}));
    assert_eq!(again.text("/data/id"), alias);
    let read = root.get(&format!("identity/entity-alias/id/{alias}"));
    assert_eq!(read.text("/data/name"), "mary");
    assert_eq!(read.text("/data/mount_path"), "auth/users/");
    assert_eq!(root.list("identity/entity-alias/id").at("/data/keys"), &json!([alias]));
    for lookup in [
        json!({"id": id}),
        json!({"name": "MARY"}),
        json!({"alias_id": alias}),
        json!({"alias_name": "mArY", "alias_mount_accessor": accessor}),
    ] {
        let found = root.post("identity/lookup/entity", lookup);
        assert_eq!(found.text("/data/aliases/0/id"), alias);
    }
    root.post("identity/lookup/entity", json!({"id": "entity_id"})).is(204);
    root.post("identity/lookup/entity", json!({"alias_id": "alias_id"})).is(204);
    let wrong = root
        .post(
            &format!("identity/entity-alias/id/{alias}"),
            json!({"name": "mary", "mount_accessor": "not a valid accessor"}),
        )
        .is(400);
    assert!(wrong.text("/errors/0").contains("invalid mount accessor"));
    for body in [
        json!({"mount_accessor": accessor}),
        json!({"name": "x"}),
        json!({"name": "x ", "mount_accessor": accessor}),
        json!({"name": "x", "mount_accessor": accessor, "canonical_id": "none"}),
        json!({"name": "x", "mount_accessor": accessor, "canonical_id": id}),
    ] {
        root.post("identity/entity-alias", body).is(400);
    }
    root.get("identity/entity-alias/id/None").is(404);
    root.post("identity/entity-alias/id/None", json!({"name": "x"})).is(400);
    root.delete("identity/entity-alias/id/None").is(204);
    root.delete(&format!("identity/entity/id/{id}")).is(204);
    root.list("identity/entity-alias/id").is(404);
    // Without an entity, one is made for it.
    let made =
        root.post("identity/entity-alias", json!({"name": "mary", "mount_accessor": accessor}));
    let entity = made.text("/data/canonical_id").to_owned();
    root.get(&format!("identity/entity/id/{entity}")).is(200);
    let alias = made.text("/data/id").to_owned();
    root.delete(&format!("identity/entity-alias/id/{alias}")).is(204);
    let read = root.get(&format!("identity/entity/id/{entity}"));
    assert_eq!(read.at("/data/aliases"), &json!([]));
}

#[test]
fn an_alias_moves_to_another_entity() {
    let setting = Setting::new();
    let root = setting.root();
    let accessor = mount(&root, "approle", "apps");
    let (from, to) = (entity(&root, "from"), entity(&root, "to"));
    let body = json!({"name": "a", "canonical_id": from, "mount_accessor": accessor});
    let alias = root.post("identity/entity-alias", body).text("/data/id").to_owned();
    let moved =
        root.post(&format!("identity/entity-alias/id/{alias}"), json!({"canonical_id": to}));
    assert_eq!(moved.text("/data/canonical_id"), to);
    let aliases =
        |id: &str| root.get(&format!("identity/entity/id/{id}")).at("/data/aliases").clone();
    assert_eq!(aliases(&from), json!([]));
    assert_eq!(aliases(&to).pointer("/0/id"), Some(&json!(alias)));
    let found = root.post("identity/lookup/entity", json!({"alias_id": alias}));
    assert_eq!(found.text("/data/id"), to);
}

#[test]
fn entities_are_merged_with_aliases_policies_and_groups() {
    let setting = Setting::new();
    let root = setting.root();
    let accessor = mount(&root, "approle", "apps");
    let (into, from) = (entity(&root, "into"), entity(&root, "from"));
    root.post(&format!("identity/entity/id/{from}"), json!({"policies": ["b"]})).is(200);
    let alias = json!({"name": "a", "canonical_id": from, "mount_accessor": accessor});
    root.post("identity/entity-alias", alias).is(200);
    let group = root.post("identity/group", json!({"name": "g", "member_entity_ids": [from]}));
    let group = group.text("/data/id").to_owned();
    let merge = json!({"from_entity_ids": [from], "to_entity_id": into});
    root.post("identity/entity/merge", merge.clone()).is(204);
    let read = root.get(&format!("identity/entity/id/{into}"));
    assert_eq!(read.at("/data/merged_entity_ids"), &json!([from]));
    assert_eq!(read.at("/data/policies"), &json!(["b"]));
    assert_eq!(read.at("/data/direct_group_ids"), &json!([group]));
    assert_eq!(read.at("/data/aliases/0/merged_from_canonical_ids"), &json!([from]));
    let members = root.get(&format!("identity/group/id/{group}"));
    assert_eq!(members.at("/data/member_entity_ids"), &json!([into]));
    let found = root.post(
        "identity/lookup/entity",
        json!({"alias_name": "a", "alias_mount_accessor": accessor}),
    );
    assert_eq!(found.text("/data/id"), into);
    root.get(&format!("identity/entity/id/{from}")).is(404);
    root.post("identity/entity/merge", merge).is(400);
    root.post("identity/entity/merge", json!({})).is(400);
    root.post("identity/entity/merge", json!({"from_entity_ids": [into], "to_entity_id": into}))
        .is(400);
}

#[test]
fn entities_are_deleted_together() {
    let setting = Setting::new();
    let root = setting.root();
    let ids: Vec<String> = (0..11).map(|n| entity(&root, &format!("e{n}"))).collect();
    let group = root.post("identity/group", json!({"name": "g", "member_entity_ids": ids}));
    let group = group.text("/data/id").to_owned();
    root.post("identity/entity/batch-delete", json!({"entity_ids": []})).is(400);
    root.post("identity/entity/batch-delete", json!({"entity_ids": ids})).is(204);
    root.list("identity/entity/id").is(404);
    let members = root.get(&format!("identity/group/id/{group}"));
    assert_eq!(members.at("/data/member_entity_ids"), &json!([]));
}

#[test]
fn groups_hold_entities_and_groups() {
    let setting = Setting::new();
    let root = setting.root();
    root.list("identity/group/id").is(404);
    let member = entity(&root, "mary");
    let inner = root.post("identity/group", json!({"name": "inner", "type": "internal"}));
    let inner = inner.text("/data/id").to_owned();
    let body = json!({
        "name": "outer", "id": null, "type": "internal", "metadata": null, "policies": ["ops"],
        "member_entity_ids": [member], "member_group_ids": [inner],
    });
    let outer = root.post("identity/group", body);
    let outer = outer.text("/data/id").to_owned();
    let read = root.get(&format!("identity/group/id/{outer}"));
    assert_eq!(read.at("/data/member_entity_ids"), &json!([member]));
    assert_eq!(read.at("/data/member_group_ids"), &json!([inner]));
    let read = root.get("identity/group/name/inner");
    assert_eq!(read.at("/data/member_entity_ids"), &json!([]));
    assert_eq!(read.at("/data/member_group_ids"), &Value::Null);
    assert_eq!(read.at("/data/parent_group_ids"), &json!([outer]));
    let cycle = root
        .post(&format!("identity/group/id/{inner}"), json!({"member_group_ids": [outer]}))
        .is(400);
    assert!(cycle.text("/errors/0").contains("cyclic"));
    let kind = root.post(&format!("identity/group/id/{outer}"), json!({"type": "external"}));
    assert_eq!(kind.text("/errors/0"), "group type cannot be changed");
    for body in [
        json!({"type": "cosmic"}),
        json!({"policies": ["root"]}),
        json!({"member_entity_ids": ["none"]}),
        json!({"member_entity_ids": ["11111111-1111-4111-8111-111111111111"]}),
        json!({"member_group_ids": ["11111111-1111-4111-8111-111111111111"]}),
        json!({"member_group_ids": [outer]}),
        json!({"name": "inner"}),
    ] {
        root.post(&format!("identity/group/id/{outer}"), body).is(400);
    }
    assert_eq!(root.list("identity/group/name").at("/data/keys"), &json!(["inner", "outer"]));
    root.delete("identity/group/name/outer").is(204);
    root.delete("identity/group/name/outer").is(204);
    assert_eq!(root.get("identity/group/name/inner").at("/data/parent_group_ids"), &Value::Null);
    let read = root.get(&format!("identity/entity/id/{member}"));
    assert_eq!(read.at("/data/group_ids"), &json!([]));
}

#[test]
fn an_external_group_has_an_alias_and_no_members_of_its_own() {
    let setting = Setting::new();
    let root = setting.root();
    let accessor = mount(&root, "jwt", "jwt");
    let group = root.post("identity/group", json!({"name": "g", "type": "external"}));
    let group = group.text("/data/id").to_owned();
    let read = root.get(&format!("identity/group/id/{group}"));
    assert_eq!(read.at("/data/member_entity_ids"), &Value::Null);
    assert_eq!(read.at("/data/member_group_ids"), &Value::Null);
    assert_eq!(read.at("/data/alias"), &json!({}));
    let members = root.post("identity/group/name/g", json!({"member_entity_ids": []})).is(400);
    assert!(members.text("/errors/0").contains("can't be set manually for external groups"));
    let body = json!({"name": "admins", "mount_accessor": accessor, "canonical_id": group});
    let alias = root.post("identity/group-alias", body).text("/data/id").to_owned();
    for lookup in [
        json!({"id": group}),
        json!({"name": "G"}),
        json!({"alias_id": alias}),
        json!({"alias_name": "admins", "alias_mount_accessor": accessor}),
    ] {
        assert_eq!(root.post("identity/lookup/group", lookup).text("/data/alias/name"), "admins");
    }
    root.post("identity/lookup/group", json!({"id": "group_id"})).is(204);
    let path = format!("identity/group-alias/id/{alias}");
    let renamed = root.post(&path, json!({"name": "others", "mount_accessor": accessor}));
    assert_eq!(renamed.text("/data/id"), alias);
    assert_eq!(root.get(&path).text("/data/name"), "others");
    assert_eq!(root.list("identity/group-alias/id").at("/data/keys"), &json!([alias]));
    let internal = root.post("identity/group", json!({"name": "i"})).text("/data/id").to_owned();
    let body = json!({"name": "x", "mount_accessor": accessor, "canonical_id": internal});
    root.post("identity/group-alias", body).is(400);
    root.delete(&format!("identity/group/id/{group}")).is(204);
    root.list("identity/group-alias/id").is(404);
    root.get(&path).is(404);
    // Without a group, an external one is made for it.
    let made = root.post("identity/group-alias", json!({"name": "x", "mount_accessor": accessor}));
    let group = made.text("/data/canonical_id").to_owned();
    assert_eq!(root.get(&format!("identity/group/id/{group}")).text("/data/type"), "external");
    root.delete(&format!("identity/group-alias/id/{}", made.text("/data/id"))).is(204);
    assert_eq!(root.get(&format!("identity/group/id/{group}")).at("/data/alias"), &json!({}));
}

#[test]
fn a_request_adds_a_bounded_number_of_members() {
    let setting = Setting::new();
    let root = setting.root();
    let ids: Vec<String> = (0..41).map(|n| entity(&root, &format!("e{n}"))).collect();
    let all = root.post("identity/group", json!({"name": "g", "member_entity_ids": ids})).is(400);
    assert!(all.text("/errors/0").contains("at most 40 members"));
    root.post("identity/group", json!({"name": "g", "member_entity_ids": ids[..40]})).is(200);
    root.post("identity/group", json!({"name": "g", "member_entity_ids": ids})).is(200);
    // As many as there are may go at once.
    root.post("identity/group", json!({"name": "g", "member_entity_ids": []})).is(200);
    let read = root.get(&format!("identity/entity/id/{}", ids[0]));
    assert_eq!(read.at("/data/group_ids"), &json!([]));
    root.post("identity/group", json!({"name": "g", "member_entity_ids": [ids[0]]})).is(200);
    let read = root.get(&format!("identity/entity/id/{}", ids[0]));
    assert_eq!(read.at("/data/group_ids").as_array().map(Vec::len), Some(1));
}

#[test]
fn nobody_without_a_policy_reads_or_changes_identity() {
    let setting = Setting::new();
    let root = setting.root();
    let id = entity(&root, "mary");
    let nobody = setting.bearer("nobody", r#"path "secret/*" { capabilities = ["read"] }"#);
    for client in [nobody, setting.client(None)] {
        client.get(&format!("identity/entity/id/{id}")).is(403);
        client.get("identity/entity/name/mary").is(403);
        client.post("identity/entity", json!({"name": "x"})).is(403);
        client.post("identity/entity", json!({"policies": ["root"]})).is(403);
        client.post("identity/group", json!({})).is(403);
        client.post("identity/lookup/entity", json!({"id": id})).is(403);
        client.list("identity/entity/id").is(403);
        client.delete(&format!("identity/entity/id/{id}")).is(403);
        client.get("identity/other").is(403);
    }
    root.get("identity/other").is(404);
}
