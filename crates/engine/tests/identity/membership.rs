use strongroom_engine::operations::identity::*;

use super::*;

const READER: &str = r#"path "secret/a" { capabilities = ["read"] }"#;

/// A room with a secret that only `reader` lets read.
fn setting() -> Setting {
    let setting = Setting::new();
    setting.room.owner().put("secret/a", "value").expect("writes");
    setting.policy("reader", READER);
    setting
}

fn group(name: &str) -> GroupTarget {
    GroupTarget::Name(name.to_owned())
}

fn reader() -> GroupFields {
    GroupFields { policies: Some(vec!["reader".to_owned()]), ..GroupFields::default() }
}

fn external(setting: &Setting, name: &str) -> String {
    let owner = setting.room.owner();
    let fields = GroupFields { kind: Some("external".to_owned()), ..reader() };
    let written = owner.ask(&WriteGroup::new(group(name), fields)).expect("writes");
    let fields = AliasFields {
        name: Some(name.to_owned()),
        mount_accessor: Some(setting.accessor()),
        owner: Some(written.id.to_string()),
        custom_metadata: None,
    };
    let alias = owner.ask(&WriteGroupAlias::new(AliasTarget::Any, fields)).expect("writes");
    alias.alias.id.to_string()
}

#[test]
fn a_membership_counts_from_its_commit_to_its_end() {
    let setting = setting();
    let login = setting.login("mary", "").expect("logs in");
    let entity = login.token.entity.clone().expect("an entity");
    let mary = setting.room.with_token(login.text);
    let owner = setting.room.owner();
    let members = |ids: &[&String]| GroupFields {
        member_entities: Some(ids.iter().map(|id| (*id).clone()).collect()),
        ..reader()
    };
    is_forbidden(mary.read("secret/a"));
    owner.ask(&WriteGroup::new(group("readers"), members(&[&entity]))).expect("writes");
    assert_eq!(mary.read("secret/a").expect("reads"), "value");
    owner.ask(&WriteGroup::new(group("readers"), members(&[]))).expect("writes");
    is_forbidden(mary.read("secret/a"));
    owner.ask(&WriteGroup::new(group("readers"), members(&[&entity]))).expect("writes");
    assert_eq!(mary.read("secret/a").expect("reads"), "value");
    owner.ask(&DeleteGroup::new(group("readers"))).expect("deletes");
    is_forbidden(mary.read("secret/a"));
    // A new group of the name has nobody in it.
    owner.ask(&WriteGroup::new(group("readers"), reader())).expect("writes");
    is_forbidden(mary.read("secret/a"));
}

// CVE-2025-5999 and CVE-2025-64761: names in other letters passed what was decided about their usual form.
#[test]
fn a_name_in_other_letters_is_no_way_around_a_policy_and_no_way_to_root() {
    let setting = setting();
    let text = r#"path "identity/entity/name/*" { capabilities = ["update", "read", "delete"] }
        path "identity/entity/name/admin" { capabilities = ["deny"] }
        path "identity/group/name/*" { capabilities = ["update", "read", "delete"] }
        path "identity/group/name/admins" { capabilities = ["deny"] }"#;
    let actor = setting.room.bearer("operator", text);
    for name in ["admin", "ADMIN", "Admin"] {
        let target = || EntityTarget::Name(name.to_owned());
        is_forbidden(actor.ask(&WriteEntity::new(target(), EntityFields::default())));
        is_forbidden(actor.ask(&ReadEntity::new(target())));
        is_forbidden(actor.ask(&DeleteEntity::new(target())));
        let target = || group(&format!("{name}s"));
        is_forbidden(actor.ask(&WriteGroup::new(target(), GroupFields::default())));
        is_forbidden(actor.ask(&ReadGroup::new(target())));
        is_forbidden(actor.ask(&DeleteGroup::new(target())));
    }
    for root in ["root", "ROOT", " root", "Root\n"] {
        let policies = Some(vec![root.to_owned()]);
        let fields = EntityFields { policies: policies.clone(), ..EntityFields::default() };
        let write = WriteEntity::new(EntityTarget::Name("other".into()), fields);
        assert_eq!(actor.ask(&write).expect_err(root).kind(), Kind::InvalidRequest);
        let fields = GroupFields { policies, ..GroupFields::default() };
        let write = WriteGroup::new(group("other"), fields);
        assert_eq!(actor.ask(&write).expect_err(root).kind(), Kind::InvalidRequest);
    }
}

#[test]
fn a_group_around_a_group_counts_as_long_as_it_is() {
    let setting = setting();
    let login = setting.login("mary", "").expect("logs in");
    let entity = login.token.entity.clone().expect("an entity");
    let mary = setting.room.with_token(login.text);
    let owner = setting.room.owner();
    let inner = GroupFields { member_entities: Some(vec![entity]), ..GroupFields::default() };
    let inner = owner.ask(&WriteGroup::new(group("inner"), inner)).expect("writes");
    let outer = |members: Vec<String>| GroupFields { member_groups: Some(members), ..reader() };
    is_forbidden(mary.read("secret/a"));
    let around = outer(vec![inner.id.to_string()]);
    owner.ask(&WriteGroup::new(group("outer"), around)).expect("writes");
    assert_eq!(mary.read("secret/a").expect("reads"), "value");
    owner.ask(&WriteGroup::new(group("outer"), outer(Vec::new()))).expect("writes");
    is_forbidden(mary.read("secret/a"));
}

#[test]
fn two_writers_do_not_close_a_cycle_together() {
    let setting = setting();
    let owner = setting.room.owner();
    let make = |name: &str| {
        let made = owner.ask(&WriteGroup::new(group(name), GroupFields::default()));
        made.expect("writes").id.to_string()
    };
    let (a, b) = (make("a"), make("b"));
    let put = |name: &'static str, member: &String| {
        let fields =
            GroupFields { member_groups: Some(vec![member.clone()]), ..GroupFields::default() };
        setting.room.owner().ask(&WriteGroup::new(group(name), fields)).is_ok()
    };
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| put("a", &b));
        let second = scope.spawn(|| put("b", &a));
        (first.join().expect("ends"), second.join().expect("ends"))
    });
    assert!(first != second, "one of them closes the cycle: {first} {second}");
}

#[test]
fn a_login_puts_into_the_groups_that_it_names_and_takes_out_of_the_others() {
    let setting = setting();
    let alias = external(&setting, "readers");
    let mary = setting.bearer("mary", "");
    is_forbidden(mary.read("secret/a"));
    let login = setting.login("mary", r#","groups":["readers","unknown"]"#).expect("logs in");
    assert_eq!(login.identity_policies, ["reader"]);
    assert_eq!(mary.read("secret/a").expect("reads"), "value");
    // Somebody new is in it with the login that makes them.
    let john = setting.login("john", r#","groups":["readers"]"#).expect("logs in");
    assert_eq!(john.identity_policies, ["reader"]);
    let john = setting.room.with_token(john.text);
    assert_eq!(john.read("secret/a").expect("reads"), "value");
    setting.login("mary", "").expect("logs in");
    is_forbidden(mary.read("secret/a"));
    assert_eq!(john.read("secret/a").expect("reads"), "value");
    // Without its alias nobody is in it.
    setting.room.owner().ask(&DeleteGroupAlias::new(&alias)).expect("deletes");
    is_forbidden(john.read("secret/a"));
}
