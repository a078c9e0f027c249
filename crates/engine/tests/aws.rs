//! What AWS Secrets Manager's API asks: tokens of requests, labels, windows, copies in other regions.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strongroom_core::aws::filters::{Filter, SortBy};
use strongroom_core::aws::labels::StageUpdate;
use strongroom_core::aws::random_password::PasswordRules;
use strongroom_core::aws::token::ClientRequestToken;
use strongroom_core::model::{Label, Payload, PayloadKind};
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::aws::*;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::{self, kv};
use strongroom_engine::{Error, InvalidRequest, Kind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom, places};

const FIRST: &str = "00000000-0000-4000-8000-000000000001";
const SECOND: &str = "00000000-0000-4000-8000-000000000002";
const THIRD: &str = "a-token-that-is-no-uuid-but-long-enough";
const DAY: u64 = 86_400;

fn home() -> Arc<Place> {
    Arc::clone(places().region("us-east-1").expect("a region"))
}

fn abroad() -> Arc<Place> {
    Arc::clone(places().region("eu-west-1").expect("a region"))
}

fn at(place: Arc<Place>, id: &str) -> SecretRef {
    SecretRef { place, id: id.to_owned() }
}

fn named(id: &str) -> SecretRef {
    at(home(), id)
}

fn text(value: &str) -> Payload {
    let value = SecretValue::new(value.as_bytes().to_vec());
    Payload::new(PayloadKind::Text, value).expect("a payload")
}

fn create_asked(name: &str, value: Option<&str>) -> CreateSecret {
    CreateSecret {
        place: home(),
        name: name.to_owned(),
        client_token: token_of(FIRST),
        description: None,
        payload: value.map(text),
        tags: BTreeMap::new(),
        replicas: Vec::new(),
        force_overwrite_replicas: false,
    }
}

fn create(actor: &Actor<'_>, name: &str, value: Option<&str>) -> Result<Created, Error> {
    actor.ask(&create_asked(name, value))
}

fn put(actor: &Actor<'_>, id: &str, token: &str, value: &str) -> Result<Put, Error> {
    put_labelled(actor, id, token, value, None)
}

fn put_labelled(
    actor: &Actor<'_>,
    id: &str,
    token: &str,
    value: &str,
    stages: Option<&[&str]>,
) -> Result<Put, Error> {
    let stages = stages.map(|stages| stages.iter().map(|stage| label(stage)).collect());
    let client_token = token_of(token);
    actor.ask(&PutSecretValue { secret: named(id), client_token, payload: text(value), stages })
}

fn token_of(text: &str) -> ClientRequestToken {
    ClientRequestToken::new(text).expect("a token")
}

fn label(text: &str) -> Label {
    Label::new(text).expect("a label")
}

fn get(actor: &Actor<'_>, id: &str) -> Result<String, Error> {
    get_version(actor, named(id), None, None)
}

fn get_version(
    actor: &Actor<'_>,
    secret: SecretRef,
    version_id: Option<&str>,
    stage: Option<&str>,
) -> Result<String, Error> {
    let (version_id, stage) = (version_id.map(str::to_owned), stage.map(str::to_owned));
    let read = actor.ask(&GetSecretValue { secret, version_id, stage })?;
    Ok(read.payload.value().expose_text().expect("text").to_owned())
}

fn describe(actor: &Actor<'_>, id: &str) -> Result<SecretView, Error> {
    actor.ask(&DescribeSecret { secret: named(id) })
}

fn stages(actor: &Actor<'_>, id: &str) -> Vec<(String, Vec<String>)> {
    let view = describe(actor, id).expect("is there");
    view.versions.into_iter().map(|version| (version.id, version.stages)).collect()
}

fn delete(actor: &Actor<'_>, id: &str, window: Window) -> Result<Deleted, Error> {
    actor.ask(&DeleteSecret { secret: named(id), window })
}

fn class(error: &Error) -> Option<AwsClass> {
    match error {
        Error::InvalidRequest(InvalidRequest::Aws { class, .. }) => Some(*class),
        _ => None,
    }
}

#[test]
fn a_secret_is_made_read_and_named_by_its_arn() {
    let room = TestRoom::new();
    let owner = room.owner();
    let made = create(&owner, "app/key", Some("one")).expect("makes it");
    assert_eq!(made.version_id.as_deref(), Some(FIRST));
    let arn = &made.named.arn;
    assert!(
        arn.starts_with("arn:aws:secretsmanager:us-east-1:123456789012:secret:app/key-"),
        "{arn}"
    );
    let (partial, _) = arn.rsplit_once('-').expect("a suffix");
    for id in ["app/key", arn, partial] {
        assert_eq!(get(&owner, id).expect(id), "one");
    }
    for id in [
        "app/other",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/key",
        "arn:aws:s3:us-east-1:123456789012:secret:app/key",
    ] {
        assert_eq!(get(&owner, id).expect_err(id).kind(), Kind::NotFound);
    }
    for id in ["", "a b", "a\u{0}"] {
        let error = get(&owner, id).expect_err(id);
        assert_eq!(class(&error), Some(AwsClass::Validation), "{id}: {error}");
    }
}

#[test]
fn an_arn_is_of_the_secret_that_was_made_and_not_of_the_next_of_its_name() {
    let room = TestRoom::new();
    let owner = room.owner();
    let first = create(&owner, "key", Some("one")).expect("makes it");
    assert!(delete(&owner, "key", Window::None).expect("erases it").is_done);
    let second = create(&owner, "key", Some("two")).expect("makes it");
    assert_ne!(first.named.arn, second.named.arn);
    assert_eq!(get(&owner, &first.named.arn).expect_err("is gone").kind(), Kind::NotFound);
    assert_eq!(get(&owner, &second.named.arn).expect("is there"), "two");
}

#[test]
fn a_name_that_ends_as_an_arn_does_is_found_by_its_partial_arn() {
    let room = TestRoom::new();
    let owner = room.owner();
    let made = create(&owner, "key-a1b2c3", Some("one")).expect("makes it");
    let (partial, _) = made.named.arn.rsplit_once('-').expect("a suffix");
    assert_eq!(get(&owner, partial).expect("is found"), "one");
    create(&owner, "key", Some("other")).expect("makes it");
    assert_eq!(get(&owner, partial).expect("is still found"), "one");
}

#[test]
fn names_that_no_path_can_be_are_names_of_their_own() {
    let room = TestRoom::new();
    let owner = room.owner();
    for (name, value) in [("/a", "1"), ("a", "2"), ("a/", "3"), ("a//b", "4"), ("a/../b", "5")] {
        create(&owner, name, Some(value)).expect(name);
    }
    for (name, value) in [("/a", "1"), ("a", "2"), ("a/", "3"), ("a//b", "4"), ("a/../b", "5")] {
        assert_eq!(get(&owner, name).expect(name), value);
        assert_eq!(describe(&owner, name).expect(name).named.name, name);
    }
    assert!(delete(&owner, "/a", Window::None).expect("erases it").is_done);
    assert_eq!(get(&owner, "/a").expect_err("is gone").kind(), Kind::NotFound);
    assert_eq!(get(&owner, "a").expect("is there"), "2");
}

#[test]
fn the_same_request_again_changes_nothing_and_another_with_its_token_is_refused() {
    let room = TestRoom::new();
    let owner = room.owner();
    let made = create(&owner, "key", Some("one")).expect("makes it");
    assert_eq!(create(&owner, "key", Some("one")).expect("is the same"), made);
    let other = create(&owner, "key", Some("two")).expect_err("is another");
    assert_eq!(class(&other), Some(AwsClass::ResourceExists));
    let first = put(&owner, "key", SECOND, "two").expect("adds a version");
    assert_eq!(put(&owner, "key", SECOND, "two").expect("is the same"), first);
    let other = put(&owner, "key", SECOND, "three").expect_err("is another");
    assert_eq!(class(&other), Some(AwsClass::ResourceExists));
    assert!(other.to_string().contains(&made.named.arn), "{other}");
    assert_eq!(
        stages(&owner, "key"),
        [
            (FIRST.to_owned(), vec!["AWSPREVIOUS".to_owned()]),
            (SECOND.to_owned(), vec!["AWSCURRENT".to_owned()])
        ]
    );
    assert_eq!(put(&owner, "key", THIRD, "three").expect("adds").version_id, THIRD);
    assert_eq!(get_version(&owner, named("key"), Some(THIRD), None).expect("reads"), "three");
    assert_eq!(put(&owner, "key", THIRD, "three").expect("is the same").version_id, THIRD);
}

#[test]
fn labels_move_as_a_rotation_moves_them() {
    let room = TestRoom::new();
    let owner = room.owner();
    create(&owner, "key", Some("one")).expect("makes it");
    put_labelled(&owner, "key", SECOND, "two", Some(&["AWSPENDING"])).expect("adds");
    assert_eq!(get(&owner, "key").expect("reads"), "one");
    assert_eq!(get_version(&owner, named("key"), None, Some("AWSPENDING")).expect("reads"), "two");
    let wrong = get_version(&owner, named("key"), Some(FIRST), Some("AWSPENDING"));
    assert_eq!(class(&wrong.expect_err("is another")), Some(AwsClass::InvalidRequest));
    let move_current = |from: Option<&str>, to: Option<&str>| {
        owner.ask(&UpdateSecretVersionStage {
            secret: named("key"),
            update: StageUpdate {
                label: label("AWSCURRENT"),
                remove_from: from.map(token_of),
                move_to: to.map(token_of),
            },
        })
    };
    for (from, to) in [(None, Some(SECOND)), (Some(SECOND), Some(SECOND)), (Some(FIRST), None)] {
        let error = move_current(from, to).expect_err("is refused");
        assert_eq!(class(&error), Some(AwsClass::InvalidParameter), "{from:?} {to:?}");
    }
    move_current(Some(FIRST), Some(SECOND)).expect("moves");
    assert_eq!(get(&owner, "key").expect("reads"), "two");
    assert_eq!(
        stages(&owner, "key"),
        [
            (FIRST.to_owned(), vec!["AWSPREVIOUS".to_owned()]),
            (SECOND.to_owned(), vec!["AWSCURRENT".to_owned(), "AWSPENDING".to_owned()])
        ]
    );
    put(&owner, "key", THIRD, "three").expect("adds");
    let shown = stages(&owner, "key");
    assert_eq!(shown[0], (SECOND.to_owned(), vec!["AWSPREVIOUS".to_owned()]));
    assert_eq!(shown.len(), 2);
    let all =
        ListSecretVersionIds { secret: named("key"), deprecated: true, after: None, limit: 2 };
    let page = owner.ask(&all).expect("lists");
    assert_eq!(page.versions.iter().map(|v| v.stages.len()).collect::<Vec<_>>(), [0, 1]);
    let rest = owner.ask(&ListSecretVersionIds { after: page.next, ..all }).expect("lists");
    assert_eq!((rest.versions.len(), rest.next), (1, None));
}

#[test]
fn a_secret_without_a_value_has_none_until_the_first_is_put() {
    let room = TestRoom::new();
    let owner = room.owner();
    assert_eq!(create(&owner, "key", None).expect("makes it").version_id, None);
    let missing = get(&owner, "key").expect_err("has none");
    assert!(missing.to_string().ends_with("staging label: AWSCURRENT"), "{missing}");
    let first = put_labelled(&owner, "key", FIRST, "one", Some(&["blue"])).expect("puts");
    assert_eq!(first.stages, ["AWSCURRENT", "blue"]);
    assert_eq!(get(&owner, "key").expect("reads"), "one");
    let again = create(&owner, "key", None).expect_err("is there");
    assert_eq!(class(&again), Some(AwsClass::ResourceExists));
}

#[test]
fn a_deleted_secret_is_hidden_comes_back_whole_and_goes_when_its_window_ends() {
    let room = TestRoom::new();
    let owner = room.owner();
    create(&owner, "key", Some("one")).expect("makes it");
    let deleted = delete(&owner, "key", Window::Days(7)).expect("deletes");
    assert_eq!(deleted.deletion_date, room.clock_now().plus(Seconds(7 * DAY)));
    assert_eq!(get(&owner, "key").expect_err("is hidden").kind(), Kind::Deleted);
    assert!(put(&owner, "key", SECOND, "two").expect_err("is hidden").is_of_deleted());
    assert!(delete(&owner, "key", Window::Days(7)).expect_err("is deleted").is_of_deleted());
    let again = create(&owner, "key", Some("one")).expect_err("its name is taken");
    assert_eq!(class(&again), Some(AwsClass::InvalidRequest));
    assert_eq!(describe(&owner, "key").expect("is told").deleted, Some(deleted.deletion_date));
    let restore = RestoreSecret { secret: named("key") };
    owner.ask(&restore).expect("comes back");
    owner.ask(&restore).expect("stays");
    room.clock.advance(Seconds(6 * DAY));
    delete(&owner, "key", Window::Days(7)).expect("deletes");
    // The first window's end finds it deleted anew, with another.
    room.clock.advance(Seconds(2 * DAY));
    room.engine.sweep(100).expect("sweeps");
    owner.ask(&restore).expect("comes back");
    assert_eq!(get(&owner, "key").expect("is whole"), "one");
    delete(&owner, "key", Window::Days(7)).expect("deletes");
    room.clock.advance(Seconds(7 * DAY));
    room.engine.sweep(100).expect("sweeps");
    assert_eq!(describe(&owner, "key").expect_err("is gone").kind(), Kind::NotFound);
    for prefix in ["secret/", "payload/", "alias/", "due/"] {
        let left = room.store.list(&Range::prefix(prefix)).expect("lists").entries;
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn erasing_what_is_not_there_succeeds_for_who_may() {
    let room = TestRoom::new();
    let deleted = delete(&room.owner(), "none", Window::None).expect("succeeds");
    assert_eq!(deleted.named.name, "none");
    let policy = r#"path "secret/none" { capabilities = ["delete"] }"#;
    let actor = room.actor("app", policy);
    let denied = delete(&actor, "none", Window::None).expect_err("needs more than delete");
    assert_eq!(denied.kind(), Kind::Forbidden);
}

#[test]
fn what_vault_writes_is_read_and_the_reverse() {
    let room = TestRoom::new();
    let owner = room.owner();
    let value = SecretValue::new(br#"{"user":"a","password":"b"}"#.to_vec());
    let payload = Payload::new(PayloadKind::Json, value).expect("a payload");
    let write = kv::WriteData { path: "secret/db".into(), payload, check_and_set: None };
    owner.ask(&write).expect("writes");
    assert_eq!(get(&owner, "db").expect("reads"), r#"{"user":"a","password":"b"}"#);
    put(&owner, "db", SECOND, r#"{"user":"c"}"#).expect("puts");
    let read = operations::ReadSecret {
        path: "secret/db".into(),
        selector: strongroom_core::model::Selector::Current,
    };
    assert_eq!(owner.ask(&read).expect("reads").version.number.0, 2);
    let delete = operations::DeleteSecret { path: "secret/db".into(), recovery: Seconds(9 * DAY) };
    owner.ask(&delete).expect("deletes");
    assert_eq!(get(&owner, "db").expect_err("is hidden").kind(), Kind::Deleted);
}

fn with_two_regions() -> TestRoom {
    let room = TestRoom::new();
    let mut mount = EnableMount::new(MountSide::Secret, "secret-eu", "kv");
    mount.settings.options.insert("version".to_owned(), "2".to_owned());
    room.owner().ask(&mount).expect("mounts");
    room
}

fn replicate(actor: &Actor<'_>, id: &str, force_overwrite: bool) -> Result<Replicated, Error> {
    let replicas = vec![abroad()];
    actor.ask(&ReplicateSecretToRegions { secret: named(id), replicas, force_overwrite })
}

#[test]
fn a_replica_follows_its_secret_and_is_changed_only_with_it() {
    let room = with_two_regions();
    let owner = room.owner();
    let made = create(&owner, "key", Some("one")).expect("makes it");
    let replicated = replicate(&owner, "key", false).expect("replicates");
    assert_eq!(replicated.replicas, [ReplicaStatus { region: "eu-west-1".to_owned() }]);
    let there = |version: Option<&str>| get_version(&owner, at(abroad(), "key"), version, None);
    assert_eq!(there(None).expect("reads"), "one");
    put(&owner, "key", SECOND, "two").expect("puts");
    assert_eq!(there(None).expect("follows"), "two");
    assert_eq!(there(Some(FIRST)).expect("reads"), "one");
    let view = owner.ask(&DescribeSecret { secret: at(abroad(), "key") }).expect("describes");
    assert_eq!(view.primary_region.as_deref(), Some("us-east-1"));
    assert_eq!(view.named.arn, made.named.arn.replace("us-east-1", "eu-west-1"));
    let refused = owner.put("secret-eu/key", "three").expect_err("is a replica");
    assert_eq!(refused.kind(), Kind::InvalidRequest);
    let purge = operations::PurgeSecret { path: "secret-eu/key".into() };
    assert_eq!(owner.ask(&purge).expect_err("is a replica").kind(), Kind::InvalidRequest);
    let kept = delete(&owner, "key", Window::None).expect_err("has replicas");
    assert_eq!(class(&kept), Some(AwsClass::InvalidParameter));
    let remove = RemoveRegionsFromReplication {
        secret: named("key"),
        regions: vec!["eu-west-1".to_owned()],
    };
    assert_eq!(owner.ask(&remove).expect("removes").replicas, []);
    assert_eq!(there(None).expect_err("is gone").kind(), Kind::NotFound);
    assert_eq!(get(&owner, "key").expect("stays"), "two");
}

#[test]
fn a_promoted_replica_is_a_secret_of_its_own_with_its_arn() {
    let room = with_two_regions();
    let owner = room.owner();
    create(&owner, "key", Some("0")).expect("makes it");
    replicate(&owner, "key", false).expect("replicates");
    for number in 1..20 {
        put(&owner, "key", &format!("{number:032}"), &number.to_string()).expect("puts");
    }
    let there = at(abroad(), "key");
    let arn = owner.ask(&DescribeSecret { secret: there.clone() }).expect("describes").named.arn;
    let stop = StopReplicationToReplica { secret: there.clone() };
    assert!(!owner.ask(&stop).expect("copies some").is_done);
    // A change in between is copied as well.
    put(&owner, "key", SECOND, "last").expect("puts");
    assert_eq!(get_version(&owner, there.clone(), None, None).expect("follows"), "last");
    assert!(owner.ask(&stop).expect("copies the rest").is_done);
    put(&owner, "key", THIRD, "home only").expect("puts");
    assert_eq!(get_version(&owner, there.clone(), None, None).expect("reads"), "last");
    let again = owner.ask(&stop).expect_err("is none");
    assert_eq!(class(&again), Some(AwsClass::InvalidParameter));
    let view = owner.ask(&DescribeSecret { secret: there.clone() }).expect("describes");
    assert_eq!((view.named.arn, view.primary_region), (arn, None));
    // Neither takes the other's values along.
    assert!(delete(&owner, "key", Window::None).expect("erases").is_done);
    assert_eq!(get_version(&owner, there, Some(FIRST), None).expect("is whole"), "0");
}

#[test]
fn a_replica_takes_a_name_only_when_it_is_told_to() {
    let room = with_two_regions();
    let owner = room.owner();
    owner.put("secret-eu/key", "in the way").expect("writes");
    create(&owner, "key", Some("one")).expect("makes it");
    let refused = replicate(&owner, "key", false).expect_err("is in the way");
    assert_eq!(class(&refused), Some(AwsClass::InvalidRequest));
    let payloads = || room.store.list(&Range::prefix("payload/")).expect("lists").entries.len();
    assert_eq!(payloads(), 2);
    replicate(&owner, "key", true).expect("replaces it");
    assert_eq!(payloads(), 1);
    let read = get_version(&owner, at(abroad(), "key"), None, None);
    assert_eq!(read.expect("reads"), "one");
}

#[test]
fn tags_are_set_and_removed_within_their_limit() {
    let room = TestRoom::new();
    let owner = room.owner();
    create(&owner, "key", Some("one")).expect("makes it");
    let tags = |from: usize, to: usize| -> BTreeMap<String, String> {
        (from..to).map(|n| (format!("k{n}"), "v".to_owned())).collect()
    };
    let tag = |tags| owner.ask(&TagResource { secret: named("key"), tags });
    tag(tags(0, TAGS_MAX)).expect("fits");
    let over = tag(tags(TAGS_MAX, TAGS_MAX + 1)).expect_err("is one more");
    assert_eq!(class(&over), Some(AwsClass::InvalidParameter));
    let keys: BTreeSet<_> = ["k0".to_owned(), "none".to_owned()].into();
    owner.ask(&UntagResource { secret: named("key"), keys }).expect("removes");
    assert_eq!(describe(&owner, "key").expect("is there").tags.len(), TAGS_MAX - 1);
    let reserved = tag([("aws:x".to_owned(), String::new())].into()).expect_err("is reserved");
    assert_eq!(class(&reserved), Some(AwsClass::InvalidParameter));
}

#[test]
fn what_is_refused_tells_no_more_of_a_secret_that_is_there_than_of_one_that_is_not() {
    let room = TestRoom::new();
    create(&room.owner(), "key", Some("one")).expect("makes it");
    let nobody = room.actor("nobody", r#"path "secret/other" { capabilities = ["read"] }"#);
    for id in ["key", "none"] {
        let errors = [
            get(&nobody, id).expect_err("is denied"),
            describe(&nobody, id).expect_err("is denied"),
            put(&nobody, id, SECOND, "x").expect_err("is denied"),
            create(&nobody, id, Some("x")).expect_err("is denied"),
            delete(&nobody, id, Window::Days(7)).expect_err("is denied"),
            delete(&nobody, id, Window::None).expect_err("is denied"),
        ];
        for error in errors {
            assert_eq!(error.to_string(), format!("permission denied on secret/{id}"));
        }
    }
}

#[test]
fn a_password_is_made_for_whoever_is_known_and_for_nobody_else() {
    let room = TestRoom::new();
    let asked = GetRandomPassword { rules: PasswordRules::default() };
    let refused = room.anonymous().ask(&asked).expect_err("is nobody");
    assert_eq!(refused.kind(), Kind::Unauthenticated);
    let bearer = room.bearer("nobody", "");
    let password = bearer.ask(&asked).expect("makes one");
    assert_eq!(password.expose().len(), 32);
    assert_ne!(bearer.ask(&asked).expect("makes another"), password);
    let rules = PasswordRules { length: 3, ..PasswordRules::default() };
    let short = bearer.ask(&GetRandomPassword { rules }).expect_err("is too short");
    assert_eq!(class(&short), Some(AwsClass::InvalidParameter));
    let log = room.audit();
    assert!(log.iter().all(|entry| !entry.raw().contains(password.expose_text().expect("text"))));
}

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
    let reader = room.actor("app:reader", r#"path "nothing" { capabilities = ["read"] }"#);
    let stranger = room.actor("app:stranger", r#"path "nothing" { capabilities = ["read"] }"#);
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

fn list(actor: &Actor<'_>, change: impl FnOnce(&mut ListSecrets)) -> Result<SecretsPage, Error> {
    let mut asked = ListSecrets::of(home());
    change(&mut asked);
    actor.ask(&asked)
}

fn names(page: &SecretsPage) -> Vec<&str> {
    page.secrets.iter().map(|secret| secret.named.name.as_str()).collect()
}

#[test]
fn a_list_has_what_the_caller_may_see_in_pages_and_in_order() {
    let room = TestRoom::new();
    let owner = room.owner();
    for name in ["app/b", "app/a", "/odd/", "other/c"] {
        create(&owner, name, Some("one")).expect(name);
        room.clock.advance(Seconds(1));
    }
    owner.put("secret/no name", "one").expect("writes");
    assert_eq!(
        names(&list(&owner, |_| {}).expect("lists")),
        ["other/c", "/odd/", "app/a", "app/b"]
    );
    let by_name = |asked: &mut ListSecrets| {
        asked.sort = SortBy::Name;
        asked.ascending = true;
        asked.limit = 3;
    };
    let page = list(&owner, by_name).expect("lists");
    assert_eq!(names(&page), ["/odd/", "app/a", "app/b"]);
    let rest = list(&owner, |asked| {
        by_name(asked);
        asked.after = page.next.clone();
    });
    let rest = rest.expect("lists");
    assert_eq!((names(&rest), rest.next.is_none()), (vec!["other/c"], true));
    let bad = list(&owner, |asked| asked.after = Some("x".to_owned())).expect_err("is none");
    assert_eq!(class(&bad), Some(AwsClass::InvalidNextToken));
    let reader = room.actor("app", r#"path "secret/app/*" { capabilities = ["read"] }"#);
    assert_eq!(names(&list(&reader, |_| {}).expect("lists")), ["app/a", "app/b"]);
    let nobody = room.actor("nobody", r#"path "elsewhere/*" { capabilities = ["read"] }"#);
    assert_eq!(list(&nobody, |_| {}).expect_err("is denied").kind(), Kind::Forbidden);
    delete(&owner, "app/a", Window::Days(7)).expect("deletes");
    assert_eq!(names(&list(&reader, |_| {}).expect("lists")), ["app/b"]);
    let planned = list(&reader, |asked| asked.planned_deletion = true);
    assert_eq!(names(&planned.expect("lists")), ["app/a", "app/b"]);
    let filter = |key: &str, value: &str| Filter::parse(1, key, vec![value.to_owned()]).expect(key);
    let found =
        list(&owner, |asked| asked.filters = vec![filter("name", "app"), filter("name", "!app/a")]);
    assert_eq!(names(&found.expect("lists")), ["app/b"]);
}

#[test]
fn a_batch_has_the_values_that_the_caller_may_read_and_says_why_of_the_others() {
    let room = TestRoom::new();
    let owner = room.owner();
    for name in ["app/a", "app/b", "other/c"] {
        create(&owner, name, Some(name)).expect(name);
    }
    create(&owner, "app/empty", None).expect("makes it");
    let reader = room.actor("app", r#"path "secret/app/*" { capabilities = ["read"] }"#);
    let ids = ["app/a", "other/c", "app/none", "app/empty", "app/a"];
    let which = Which::Named(ids.map(str::to_owned).to_vec());
    let read = reader.ask(&BatchGetSecretValue { place: home(), which }).expect("reads");
    let values: Vec<_> = read.values.iter().map(|value| value.named.name.as_str()).collect();
    assert_eq!(values, ["app/a"]);
    let errors: Vec<_> =
        read.errors.iter().map(|(id, error)| (id.as_str(), error.kind())).collect();
    assert_eq!(
        errors,
        [
            ("other/c", Kind::Forbidden),
            ("app/none", Kind::NotFound),
            ("app/empty", Kind::InvalidRequest)
        ]
    );
    let last = room.audit().pop().expect("a record");
    assert!(
        last.raw().contains("secret/app/a@1") && last.raw().contains("other/c"),
        "{}",
        last.raw()
    );
    let which = Which::Filtered { filters: Vec::new(), after: None, limit: 2 };
    let page = reader.ask(&BatchGetSecretValue { place: home(), which }).expect("reads");
    assert_eq!(page.values.len() + page.errors.len(), 2);
    assert!(page.next.is_some());
}
