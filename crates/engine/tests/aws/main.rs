//! What AWS Secrets Manager's API asks: tokens of requests, labels, windows, copies in other regions.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod lists;
mod policies;
mod regions;

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
        member: None,
    };
    assert_eq!(owner.ask(&read).expect("reads").version.number.0, 2);
    let delete = operations::DeleteSecret { path: "secret/db".into(), recovery: Seconds(9 * DAY) };
    owner.ask(&delete).expect("deletes");
    assert_eq!(get(&owner, "db").expect_err("is hidden").kind(), Kind::Deleted);
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
