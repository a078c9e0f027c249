use super::*;

fn put_policy(actor: &Actor<'_>, id: &str, policy: &str) -> Result<Named, Error> {
    let policy = policy.to_owned();
    actor.ask(&PutResourcePolicy { secret: named(id), policy, block_public: true })
}

fn statement(effect: &str, principal: &str, action: &str, rest: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{principal},
        "Action":"secretsmanager:{action}","Resource":"*"{rest}}}]}}"#
    )
}

#[test]
fn what_a_secrets_policy_denies_is_denied_at_every_door_and_to_the_root() {
    let room = TestRoom::new();
    let owner = room.owner();
    create(&owner, "key", Some("one")).expect("makes it");
    let deny = statement("Deny", r#""*""#, "GetSecretValue", "");
    put_policy(&owner, "key", &deny).expect("writes it");
    assert_eq!(get(&owner, "key").expect_err("is denied").kind(), Kind::Forbidden);
    assert_eq!(owner.read("secret/key").expect_err("is denied").kind(), Kind::Forbidden);
    let read = kv::ReadData {
        path: "secret/key".into(),
        selector: strongroom_core::model::Selector::Current,
    };
    assert_eq!(owner.ask(&read).expect_err("is denied").kind(), Kind::Forbidden);
    put(&owner, "key", SECOND, "two").expect("is not spoken of");
    describe(&owner, "key").expect("is not spoken of");
    let last = room.audit().into_iter().rfind(|entry| entry.outcome.as_deref() == Some("denied"));
    let last = last.expect("a record");
    assert!(last.raw().contains("resource policy denies"), "{}", last.raw());
    let all = statement("Deny", r#""*""#, "*", "");
    put_policy(&owner, "key", &all).expect("writes it");
    assert_eq!(owner.put("secret/key", "x").expect_err("is denied").kind(), Kind::Forbidden);
    let delete = operations::DeleteSecret { path: "secret/key".into(), recovery: Seconds(DAY) };
    assert_eq!(owner.ask(&delete).expect_err("is denied").kind(), Kind::Forbidden);
    assert_eq!(describe(&owner, "key").expect_err("is denied").kind(), Kind::Forbidden);
    owner.ask(&DeleteResourcePolicy { secret: named("key") }).expect("is not locked out");
    assert_eq!(get(&owner, "key").expect("reads"), "two");
    assert!(room.store.list(&Range::prefix("resource-policy/")).expect("lists").entries.is_empty());
}

#[test]
fn what_a_secrets_policy_allows_is_allowed_to_whom_it_names_at_this_door() {
    let room = TestRoom::new();
    let owner = room.owner();
    create(&owner, "key", Some("one")).expect("makes it");
    create(&owner, "other", Some("two")).expect("makes it");
    let reader = room.app("reader", r#"path "nothing" { capabilities = ["read"] }"#);
    let stranger = room.app("stranger", r#"path "nothing" { capabilities = ["read"] }"#);
    let principal = r#"{"AWS":"arn:aws:iam::123456789012:user/reader"}"#;
    let allow = statement("Allow", principal, "GetSecretValue", "");
    put_policy(&owner, "key", &allow).expect("writes it");
    assert_eq!(get(&reader, "key").expect("is let in"), "one");
    assert_eq!(get(&stranger, "key").expect_err("is not named").kind(), Kind::Forbidden);
    assert_eq!(get(&reader, "other").expect_err("has no policy").kind(), Kind::Forbidden);
    assert_eq!(put(&reader, "key", SECOND, "x").expect_err("may read").kind(), Kind::Forbidden);
    assert_eq!(reader.read("secret/key").expect_err("at no other door").kind(), Kind::Forbidden);
    let read = owner.ask(&GetResourcePolicy { secret: named("key") }).expect("reads it");
    assert_eq!(read.policy.as_deref(), Some(allow.as_str()));
    assert!(delete(&owner, "key", Window::None).expect("erases").is_done);
    create(&owner, "key", Some("new")).expect("makes it");
    assert_eq!(get(&reader, "key").expect_err("went with it").kind(), Kind::Forbidden);
}

#[test]
fn a_policys_conditions_see_the_request_and_the_secrets_tags() {
    let room = TestRoom::new();
    let owner = room.owner();
    let tags = BTreeMap::from([("team".to_owned(), "red".to_owned())]);
    owner.ask(&CreateSecret { tags, ..create_asked("key", Some("one")) }).expect("makes it");
    let condition = r#","Condition":{"StringEquals":{"secretsmanager:VersionStage":"AWSPREVIOUS",
        "aws:ResourceTag/team":"red"}}"#;
    let deny = statement("Deny", r#""*""#, "GetSecretValue", condition);
    put_policy(&owner, "key", &deny).expect("writes it");
    put(&owner, "key", SECOND, "two").expect("puts");
    assert_eq!(get(&owner, "key").expect("is not spoken of"), "two");
    let previous = || get_version(&owner, named("key"), None, Some("AWSPREVIOUS"));
    assert_eq!(previous().expect_err("is denied").kind(), Kind::Forbidden);
    let tags = BTreeMap::from([("team".to_owned(), "blue".to_owned())]);
    owner.ask(&TagResource { secret: named("key"), tags }).expect("tags");
    assert_eq!(previous().expect("is not spoken of"), "one");
}

#[test]
fn who_lets_others_in_needs_sudo_and_nobody_lets_everybody_in() {
    let room = TestRoom::new();
    create(&room.owner(), "key", Some("one")).expect("makes it");
    let allow = statement("Allow", r#""*""#, "GetSecretValue", "");
    let update = r#"path "secret/key" { capabilities = ["read", "update", "delete"] }"#;
    let refused = put_policy(&room.actor("writer", update), "key", &allow);
    assert_eq!(refused.expect_err("needs sudo").kind(), Kind::Forbidden);
    let sudo = r#"path "secret/key" { capabilities = ["update", "sudo"] }"#;
    let admin = room.actor("admin", sudo);
    let public = put_policy(&admin, "key", &allow).expect_err("is public");
    assert_eq!(class(&public), Some(AwsClass::PublicPolicy));
    let none = put_policy(&admin, "key", "{}").expect_err("is none");
    assert_eq!(class(&none), Some(AwsClass::MalformedPolicyDocument));
    let findings =
        admin.ask(&ValidateResourcePolicy { place: home(), secret: None, policy: allow.clone() });
    assert!(!findings.expect("looks it over").is_empty());
    admin
        .ask(&PutResourcePolicy { secret: named("key"), policy: allow, block_public: false })
        .expect("is told to");
}
