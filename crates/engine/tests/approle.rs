//! Logins by AppRole: who is let in, how often, until when, and that nothing is left of what was taken back.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::approle::*;
use strongroom_engine::operations::mount::{DisableMount, EnableMount, MountSide};
use strongroom_engine::operations::token::*;
use strongroom_engine::{Error, IssuedToken, Kind, LoginTokenKind, TokenParametersChange};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

const MOUNT: &str = "auth/approle";

fn room() -> TestRoom {
    let room = TestRoom::new();
    room.owner().put("secret/a", "value").expect("writes");
    mount(&room, "approle");
    room
}

fn mount(room: &TestRoom, path: &str) {
    room.owner().ask(&EnableMount::new(MountSide::Auth, path, "approle")).expect("mounts");
}

fn write(room: &TestRoom, name: &str, change: AppRoleChange) -> Result<(), Error> {
    room.owner().ask(&WriteAppRole::new(MOUNT, name, AppRolePart::Whole, change))
}

fn with_token(token: TokenParametersChange) -> AppRoleChange {
    AppRoleChange { token, ..AppRoleChange::default() }
}

fn role(room: &TestRoom, name: &str) -> AppRole {
    let read = ReadAppRole::new(MOUNT, name, AppRolePart::Whole);
    room.owner().ask(&read).expect("there is the role")
}

/// A role that may read `secret/a`, with this change.
fn web(room: &TestRoom, change: AppRoleChange) -> AppRole {
    let policy = strongroom_engine::operations::policy::WritePolicy::new(
        "web",
        r#"path "secret/a" { capabilities = ["read"] }
           path "auth/token/create" { capabilities = ["update"] }"#,
    );
    room.owner().ask(&policy).expect("writes");
    let policies = Some(vec!["web".to_owned()]);
    let token = TokenParametersChange { policies, ..change.token.clone() };
    write(room, "web", AppRoleChange { token, ..change }).expect("writes");
    role(room, "web")
}

fn secret_id(room: &TestRoom, name: &str, asked: SecretIdRequest) -> CreatedSecretId {
    room.owner().ask(&CreateSecretId::new(MOUNT, name, asked)).expect("makes a secret id")
}

fn text(value: &SecretValue) -> SecretValue {
    SecretValue::new(value.expose().to_vec())
}

fn log_in(actor: &Actor<'_>, role_id: &str, secret: &SecretValue) -> Result<IssuedToken, Error> {
    actor.ask(&LoginAppRole::new(MOUNT, SecretValue::from(role_id.to_owned()), text(secret)))
}

#[track_caller]
fn is_refused(answer: Result<IssuedToken, Error>) {
    let error = answer.expect_err("is refused");
    assert_eq!(error.kind(), Kind::Unauthenticated);
    assert_eq!(error.to_string(), "permission denied");
}

fn keys(room: &TestRoom, contains: &str) -> Vec<String> {
    let page = room.store.list(&Range::prefix("")).expect("lists");
    let keys = page.entries.into_iter().map(|entry| entry.key.to_string());
    keys.filter(|key| key.contains(contains)).collect()
}

#[test]
fn a_login_gives_a_token_of_the_roles_policies_and_the_secret_ids_metadata() {
    let room = room();
    let web = web(&room, AppRoleChange::default());
    let metadata = BTreeMap::from([("foo".to_owned(), "bar".to_owned())]);
    let secret = secret_id(&room, "web", SecretIdRequest { metadata, ..Default::default() });
    let issued = log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    assert_eq!(issued.token.policies, ["default", "web"]);
    assert_eq!((issued.token.parent, issued.token.display_name.as_str()), (None, "approle"));
    let noted: Vec<_> = issued.token.metadata.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(noted, ["foo=bar", "role_name=web"]);
    assert!(issued.token.entity.is_some());
    assert_eq!(issued.token.path, "auth/approle/login");
    let actor = room.with_token(issued.text);
    assert_eq!(actor.read("secret/a").expect("reads"), "value");
    let found = actor.ask(&LookupToken(TokenReference::Own)).expect("looks up");
    assert_eq!(found.token.metadata.get("foo").map(String::as_str), Some("bar"));
}

#[test]
fn two_logins_by_a_role_are_one_entity_and_a_login_by_another_role_is_another() {
    let room = room();
    let web = web(&room, AppRoleChange::default());
    write(&room, "job", AppRoleChange::default()).expect("writes");
    let entity = |name: &str, role: &AppRole| {
        let secret = secret_id(&room, name, SecretIdRequest::default());
        let issued = log_in(&room.anonymous(), &role.role_id, &secret.text).expect("logs in");
        issued.token.entity.expect("has an entity")
    };
    assert_eq!(entity("web", &web), entity("web", &web));
    assert_ne!(entity("web", &web), entity("job", &role(&room, "job")));
}

#[test]
fn whatever_is_wrong_with_a_login_the_answer_is_one_and_the_reason_is_in_the_log_only() {
    let room = room();
    let web = web(&room, AppRoleChange::default());
    write(&room, "job", AppRoleChange::default()).expect("writes");
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    let others = secret_id(&room, "job", SecretIdRequest::default());
    let nobody = room.anonymous();
    let none = SecretValue::from(String::new());
    let long = SecretValue::new(vec![b'x'; SECRET_ID_BYTES_MAX + 1]);
    let accessor = SecretValue::from(secret.secret.accessor.clone());
    let (before, logged) = (keys(&room, ""), room.audit().len());
    for (role_id, secret) in [
        ("no-such-role", &secret.text),
        ("", &secret.text),
        (web.role_id.as_str(), &others.text),
        (web.role_id.as_str(), &accessor),
        (web.role_id.as_str(), &none),
        (web.role_id.as_str(), &long),
        ("web", &secret.text),
        (&"x".repeat(ROLE_ID_BYTES_MAX + 1), &secret.text),
    ] {
        is_refused(log_in(&nobody, role_id, secret));
    }
    assert_eq!(keys(&room, ""), before);
    let log = room.audit();
    let denied = log.get(logged..).expect("records");
    assert_eq!(denied.len(), 8);
    for entry in denied {
        assert_eq!(entry.outcome.as_deref(), Some("denied"));
        assert!(entry.fields.contains_key("reason"));
        let shown = String::from_utf8_lossy(secret.text.expose()).into_owned();
        assert!(!entry.raw().contains(&shown) && !entry.raw().contains(&web.role_id));
    }
}

#[test]
fn a_secret_id_is_good_for_as_many_logins_as_it_may() {
    let room = room();
    let web = web(&room, AppRoleChange { secret_id_uses: Some(2), ..Default::default() });
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    let which = SecretIdReference::Text(Arc::new(text(&secret.text)));
    let lookup = LookupSecretId::new(MOUNT, "web", which);
    let left = room.owner().ask(&lookup).expect("looks up").expect("is there");
    assert_eq!(left.uses_left, Some(1));
    // What fails for another reason is no use of it.
    is_refused(log_in(&room.anonymous(), "other", &secret.text));
    log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    is_refused(log_in(&room.anonymous(), &web.role_id, &secret.text));
    assert_eq!(room.owner().ask(&lookup).expect("looks up"), None);
    assert_eq!((keys(&room, "/secret-id/"), keys(&room, "/accessor/")), (vec![], vec![]));
}

#[test]
fn of_many_logins_at_once_exactly_as_many_succeed_as_the_secret_id_is_good_for() {
    let room = room();
    let web = web(&room, AppRoleChange { secret_id_uses: Some(10), ..Default::default() });
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    let successes = std::thread::scope(|scope| {
        let log_in = || log_in(&room.anonymous(), &web.role_id, &secret.text);
        let logins: Vec<_> = (0..64).map(|_| scope.spawn(log_in)).collect();
        let answers = logins.into_iter().map(|login| login.join().expect("does not panic"));
        let mut successes = 0;
        for answer in answers {
            match answer {
                Ok(_) => successes += 1,
                Err(error) => assert_eq!(error.kind(), Kind::Unauthenticated, "{error}"),
            }
        }
        successes
    });
    assert_eq!(successes, 10);
    assert_eq!(keys(&room, "/secret-id/"), [""; 0]);
}

#[test]
fn a_secret_id_ends_when_its_time_is_over_and_its_records_are_removed_then() {
    let room = room();
    let web = web(&room, AppRoleChange { secret_id_ttl: Some(Seconds(60)), ..Default::default() });
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    room.clock.advance(Seconds(59));
    log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    room.clock.advance(Seconds(1));
    is_refused(log_in(&room.anonymous(), &web.role_id, &secret.text));
    let list = ListSecretIds::new(MOUNT, "web");
    assert_eq!(room.owner().ask(&list).expect("lists"), [""; 0]);
    room.owner().ask(&TidySecretIds::new(MOUNT)).expect("tidies");
    assert_eq!((keys(&room, "/secret-id/"), keys(&room, "/accessor/")), (vec![], vec![]));
}

#[test]
fn a_secret_id_is_no_more_than_its_role_says() {
    let room = room();
    let change = AppRoleChange {
        secret_id_ttl: Some(Seconds(60)),
        secret_id_uses: Some(5),
        secret_id_bound_cidrs: Some(vec!["10.0.0.0/8".into()]),
        ..Default::default()
    };
    web(&room, change);
    let make = |asked| room.owner().ask(&CreateSecretId::new(MOUNT, "web", asked)).map(drop);
    let base = SecretIdRequest::default;
    for refused in [
        SecretIdRequest { ttl: Some(Seconds(61)), ..base() },
        SecretIdRequest { ttl: Some(Seconds(0)), ..base() },
        SecretIdRequest { uses: Some(6), ..base() },
        SecretIdRequest { uses: Some(0), ..base() },
        SecretIdRequest { bound_cidrs: vec!["11.0.0.0/8".into()], ..base() },
        SecretIdRequest { bound_cidrs: vec!["0.0.0.0/0".into()], ..base() },
        SecretIdRequest { bound_cidrs: vec!["nonsense".into()], ..base() },
    ] {
        let error = make(refused).expect_err("is refused");
        assert_eq!(error.kind(), Kind::InvalidRequest);
    }
    let most = SecretIdRequest { ttl: Some(Seconds(60)), uses: Some(5), ..base() };
    make(SecretIdRequest { bound_cidrs: vec!["10.1.0.0/16".into()], ..most }).expect("is allowed");
}

#[test]
fn a_secret_id_without_an_end_lives_no_longer_than_the_mount_lets_it_when_it_has_one() {
    let room = room();
    web(&room, AppRoleChange::default());
    let endless = secret_id(&room, "web", SecretIdRequest::default());
    assert_eq!((endless.secret.ttl, endless.secret.expires), (Seconds(0), None));
    let long = Some(Seconds(u64::MAX));
    let long = secret_id(&room, "web", SecretIdRequest { ttl: long, ..Default::default() });
    assert_eq!(long.secret.ttl, Seconds(2_764_800));
}

#[test]
fn a_login_comes_from_the_networks_of_the_role_and_of_the_secret_id() {
    let room = room();
    let cidrs = |text: &str| Some(vec![text.to_owned()]);
    let change = AppRoleChange {
        secret_id_bound_cidrs: cidrs("10.0.0.0/8"),
        ..with_token(TokenParametersChange {
            bound_cidrs: cidrs("10.0.0.0/8"),
            ..Default::default()
        })
    };
    let web = web(&room, change);
    let bound = SecretIdRequest {
        bound_cidrs: vec!["10.1.0.0/16".into()],
        token_bound_cidrs: vec!["10.1.1.0/24".into()],
        ..Default::default()
    };
    let secret = secret_id(&room, "web", bound);
    let from = |address: &str| {
        let mut actor = room.anonymous();
        actor.source = Some(address.parse().expect("an address"));
        log_in(&actor, &web.role_id, &secret.text)
    };
    for outside in ["11.0.0.1", "10.2.0.1", "127.0.0.1"] {
        is_refused(from(outside));
    }
    is_refused(log_in(&room.anonymous(), &web.role_id, &secret.text));
    // The token's own networks are narrower still.
    is_refused(from("10.1.2.1"));
    let issued = from("10.1.1.1").expect("logs in");
    assert_eq!(issued.token.bound_cidrs, ["10.1.1.0/24"]);
    let narrowed =
        AppRoleChange { secret_id_bound_cidrs: cidrs("10.9.0.0/16"), ..Default::default() };
    write(&room, "web", narrowed).expect("writes");
    is_refused(from("10.1.1.1"));
}

#[test]
fn a_role_without_a_secret_id_lets_in_from_its_networks_only() {
    let room = room();
    let free = AppRoleChange { bind_secret_id: Some(false), ..Default::default() };
    assert!(write(&room, "free", free.clone()).is_err());
    let cidrs = Some(vec!["10.0.0.0/8".to_owned()]);
    write(&room, "free", AppRoleChange { secret_id_bound_cidrs: cidrs, ..free }).expect("writes");
    let role = role(&room, "free");
    let none = SecretValue::from(String::new());
    is_refused(log_in(&room.anonymous(), &role.role_id, &none));
    let mut inside = room.anonymous();
    inside.source = Some("10.0.0.1".parse().expect("an address"));
    log_in(&inside, &role.role_id, &none).expect("logs in");
    let create = CreateSecretId::new(MOUNT, "free", SecretIdRequest::default());
    assert!(room.owner().ask(&create).is_err());
    let reset = ResetAppRole::new(MOUNT, "free", AppRolePart::SecretIdBoundCidrs);
    assert!(room.owner().ask(&reset).is_err(), "it would let everybody in");
}

#[test]
fn a_role_id_names_one_role_of_its_mount() {
    let room = room();
    mount(&room, "other");
    let id = |id: &str| AppRoleChange { role_id: Some(id.into()), ..Default::default() };
    write(&room, "one", id("same")).expect("writes");
    let taken = write(&room, "two", id("same")).expect_err("is taken");
    assert_eq!(taken.to_string(), "role_id already in use");
    let other = WriteAppRole::new("auth/other", "two", AppRolePart::Whole, id("same"));
    room.owner().ask(&other).expect("is another mount's");
    write(&room, "one", id("new")).expect("changes");
    write(&room, "two", id("same")).expect("is free again");
    let secret = secret_id(&room, "one", SecretIdRequest::default());
    is_refused(log_in(&room.anonymous(), "same", &secret.text));
    log_in(&room.anonymous(), "new", &secret.text).expect("logs in");
    for bad in ["", " a", "a ", "a\n", &"x".repeat(ROLE_ID_BYTES_MAX + 1)] {
        assert!(write(&room, "one", id(bad)).is_err(), "{bad:?}");
    }
}

#[test]
fn of_two_roles_at_once_one_gets_the_role_id() {
    let room = room();
    let successes = std::thread::scope(|scope| {
        let room = &room;
        let make = |index: usize| {
            let change = AppRoleChange { role_id: Some("same".into()), ..Default::default() };
            write(room, &format!("role{index}"), change).is_ok()
        };
        let makers: Vec<_> = (0..16).map(|index| scope.spawn(move || make(index))).collect();
        let made = makers.into_iter().map(|maker| maker.join().expect("does not panic"));
        made.filter(|made| *made).count()
    });
    assert_eq!(successes, 1);
    assert_eq!(room.owner().ask(&ListAppRoles::new(MOUNT)).expect("lists").len(), 1);
}

#[test]
fn a_deleted_role_lets_nobody_in_and_takes_its_secret_ids_along() {
    let room = room();
    let before = web(&room, AppRoleChange::default());
    let timed = |ttl| SecretIdRequest { ttl: Some(Seconds(ttl)), ..Default::default() };
    let secrets: Vec<_> = (1..70).map(|ttl| secret_id(&room, "web", timed(ttl))).collect();
    let endless = secret_id(&room, "web", SecretIdRequest::default());
    room.owner().ask(&DeleteAppRole::new(MOUNT, "web")).expect("deletes");
    is_refused(log_in(&room.anonymous(), &before.role_id, &secrets[0].text));
    for left in ["/secret-id/", "/accessor/", "/role/", "/role-id/", "due/"] {
        assert_eq!(keys(&room, left), [""; 0], "{left}");
    }
    // A role of the same name and id is another one.
    web(&room, AppRoleChange { role_id: Some(before.role_id.clone()), ..Default::default() });
    is_refused(log_in(&room.anonymous(), &before.role_id, &endless.text));
    room.owner().ask(&DeleteAppRole::new(MOUNT, "web")).expect("deletes");
    room.owner().ask(&DeleteAppRole::new(MOUNT, "web")).expect("is gone already");
}

#[test]
fn an_accessor_is_good_within_its_role_only() {
    // CVE-2026-40264
    let room = room();
    web(&room, AppRoleChange::default());
    write(&room, "job", AppRoleChange::default()).expect("writes");
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    let accessor = || SecretIdReference::Accessor(secret.secret.accessor.clone());
    let lookup = |role: &str| room.owner().ask(&LookupSecretId::new(MOUNT, role, accessor()));
    assert_eq!(lookup("job").expect_err("is not its own").kind(), Kind::NotFound);
    let destroy = DestroySecretId::new(MOUNT, "job", accessor());
    assert_eq!(room.owner().ask(&destroy).expect_err("is not its own").kind(), Kind::NotFound);
    assert_eq!(lookup("web").expect("looks up"), Some(secret.secret.clone()));
    room.owner().ask(&DestroySecretId::new(MOUNT, "web", accessor())).expect("destroys");
    assert_eq!(lookup("web").expect_err("is gone").kind(), Kind::NotFound);
}

#[test]
fn a_custom_secret_id_is_taken_once() {
    let room = room();
    let web = web(&room, AppRoleChange::default());
    let custom = |text: &str| {
        let text = Some(SecretValue::from(text.to_owned()));
        let asked = SecretIdRequest { text, ..Default::default() };
        room.owner().ask(&CreateSecretId::new(MOUNT, "web", asked))
    };
    custom("custom_secret").expect("makes it");
    let again = custom("custom_secret").expect_err("is there");
    assert_eq!(again.to_string(), "SecretID is already registered");
    for bad in ["", " ", "a ", &"x".repeat(SECRET_ID_BYTES_MAX + 1)] {
        assert!(custom(bad).is_err(), "{bad:?}");
    }
    custom(&"x".repeat(SECRET_ID_BYTES_MAX)).expect("is as long as one can be");
    let with_newline = SecretValue::from("custom_secret\n".to_owned());
    log_in(&room.anonymous(), &web.role_id, &with_newline).expect("logs in");
}

#[test]
fn metadata_of_a_secret_id_has_its_limits() {
    let room = room();
    web(&room, AppRoleChange::default());
    let make = |metadata| {
        let asked = SecretIdRequest { metadata, ..Default::default() };
        room.owner().ask(&CreateSecretId::new(MOUNT, "web", asked)).is_ok()
    };
    let entries =
        |count: usize| (0..count).map(|index| (index.to_string(), String::new())).collect();
    assert!(make(entries(SECRET_METADATA_MAX)) && !make(entries(SECRET_METADATA_MAX + 1)));
    let long = |bytes| BTreeMap::from([("a".to_owned(), "x".repeat(bytes))]);
    let max = SECRET_METADATA_TEXT_BYTES_MAX;
    assert!(make(long(max)) && !make(long(max + 1)));
}

#[test]
fn a_secret_ids_metadata_does_not_overwrite_the_roles_name() {
    let room = room();
    let web = web(&room, AppRoleChange::default());
    let metadata = BTreeMap::from([("role_name".to_owned(), "root".to_owned())]);
    let secret = secret_id(&room, "web", SecretIdRequest { metadata, ..Default::default() });
    let issued = log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    assert_eq!(issued.token.metadata.get("role_name").map(String::as_str), Some("web"));
}

#[test]
fn a_token_lives_as_its_role_says_within_the_mounts_limits() {
    let room = room();
    let token = |token| {
        let web = web(&room, with_token(token));
        let secret = secret_id(&room, "web", SecretIdRequest::default());
        let issued = log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
        issued.token.lifetime
    };
    let reset = || TokenParametersChange {
        ttl: Some(Seconds(0)),
        max_ttl: Some(Seconds(0)),
        explicit_max: Some(Seconds(0)),
        period: Some(Seconds(0)),
        ..Default::default()
    };
    let (day, month) = (Seconds(86_400), Seconds(2_764_800));
    assert_eq!(token(TokenParametersChange { ttl: Some(day), ..reset() }).ttl, day);
    assert_eq!(token(reset()).ttl, month);
    assert_eq!(token(TokenParametersChange { max_ttl: Some(day), ..reset() }).ttl, day);
    assert_eq!(token(TokenParametersChange { explicit_max: Some(day), ..reset() }).ttl, day);
    let periodic = token(TokenParametersChange { period: Some(Seconds(u64::MAX)), ..reset() });
    assert_eq!((periodic.ttl, periodic.period), (month, month));
}

#[test]
fn a_token_is_renewed_by_its_role_as_it_is_now_and_not_when_it_is_gone() {
    let room = room();
    let ttl = |ttl, max_ttl| {
        with_token(TokenParametersChange {
            ttl: Some(Seconds(ttl)),
            max_ttl: Some(Seconds(max_ttl)),
            ..Default::default()
        })
    };
    let before = web(&room, ttl(100, 1_000));
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    let issued = log_in(&room.anonymous(), &before.role_id, &secret.text).expect("logs in");
    let actor = room.with_token(issued.text);
    let renew = |increment| {
        let renew = RenewToken { which: TokenReference::Own, increment: Seconds(increment) };
        actor.ask(&renew).map(|token| token.ttl(room.clock_now()))
    };
    assert_eq!(renew(0).expect("renews"), Seconds(100));
    assert_eq!(renew(500).expect("renews"), Seconds(500));
    web(&room, ttl(50, 200));
    assert_eq!(renew(0).expect("renews"), Seconds(50));
    assert_eq!(renew(500).expect("renews"), Seconds(200));
    room.owner().ask(&DeleteAppRole::new(MOUNT, "web")).expect("deletes");
    assert_eq!(renew(0).expect_err("the role is gone").kind(), Kind::InvalidRequest);
    web(&room, ttl(50, 200));
    assert_eq!(renew(0).expect_err("it is another role").kind(), Kind::InvalidRequest);
}

#[test]
fn tokens_are_batch_tokens_where_the_role_says_so_and_never_root_tokens() {
    let room = room();
    let kind = TokenParametersChange { kind: Some(LoginTokenKind::Batch), ..Default::default() };
    let web = web(&room, with_token(kind.clone()));
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    let before = keys(&room, "token/").len();
    let issued = log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    assert_eq!(keys(&room, "token/").len(), before);
    assert_eq!(room.with_token(issued.text).read("secret/a").expect("reads"), "value");
    let uses = TokenParametersChange { uses: Some(1), ..kind };
    assert!(write(&room, "web", with_token(uses)).is_err());
    for root in ["root", "Root", " root"] {
        let policies = Some(vec![root.to_owned()]);
        let change = with_token(TokenParametersChange { policies, ..Default::default() });
        assert!(write(&room, "web", change).is_err(), "{root}");
    }
}

#[test]
fn a_policy_on_a_role_is_not_passed_by_with_other_capitals() {
    // CVE-2025-6004 for names of roles.
    let room = room();
    web(&room, AppRoleChange::default());
    let actor = room.bearer(
        "operator",
        r#"path "auth/approle/role/*" { capabilities = ["read", "update", "create", "delete"] }
           path "auth/approle/role/web" { capabilities = ["deny"] }"#,
    );
    for name in ["web", "WEB", "Web"] {
        let read = ReadAppRole::new(MOUNT, name, AppRolePart::Whole);
        assert_eq!(actor.ask(&read).expect_err("is denied").kind(), Kind::Forbidden, "{name}");
        let write = WriteAppRole::new(MOUNT, name, AppRolePart::Whole, AppRoleChange::default());
        assert_eq!(actor.ask(&write).expect_err("is denied").kind(), Kind::Forbidden, "{name}");
        let delete = DeleteAppRole::new(MOUNT, name);
        assert_eq!(actor.ask(&delete).expect_err("is denied").kind(), Kind::Forbidden, "{name}");
    }
    assert_eq!(room.owner().ask(&ListAppRoles::new(MOUNT)).expect("lists"), ["web"]);
    let read = ReadAppRole::new(MOUNT, "WEB", AppRolePart::Whole);
    assert_eq!(room.owner().ask(&read).expect("is the same role"), role(&room, "web"));
}

#[test]
fn what_is_no_name_names_no_role() {
    let room = room();
    for bad in [" web", "web ", "we b", "-web", "web.", "w\u{212a}", &"x".repeat(257)] {
        let error = write(&room, bad, AppRoleChange::default()).expect_err(bad);
        assert_eq!(error.kind(), Kind::InvalidRequest, "{bad:?}");
    }
}

#[test]
fn neither_a_secret_id_nor_an_accessor_is_in_the_store_or_the_log() {
    let room = room();
    let web = web(&room, AppRoleChange::default());
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    let shown = secret.text.expose_text().expect("text").to_owned();
    let page = room.store.list(&Range::prefix("")).expect("lists");
    for entry in page.entries {
        let stored = format!("{} {}", entry.key, String::from_utf8_lossy(&entry.value));
        for secret in [&shown, &secret.secret.accessor, &web.role_id] {
            assert!(!stored.contains(secret.as_str()), "{}", entry.key);
        }
    }
    let log: String = room.audit().iter().map(|entry| entry.raw().to_owned()).collect();
    assert!(!log.contains(&shown) && !format!("{secret:?}").contains(&shown));
    let last = room.audit();
    let last = last.last().expect("a record");
    assert_eq!(last.fields.get("role").map(String::as_str), Some("web"));
}

#[test]
fn nothing_of_a_mount_is_left_when_it_goes_and_its_tokens_are_refused() {
    let room = room();
    let web = web(&room, AppRoleChange { secret_id_ttl: Some(Seconds(60)), ..Default::default() });
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    let issued = log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    let actor = room.with_token(issued.text);
    let child = actor.child(TokenRequest::default()).expect("makes a child");
    child.read("secret/a").expect("reads");
    room.owner().ask(&DisableMount::new(MountSide::Auth, "approle")).expect("unmounts");
    for actor in [&actor, &child] {
        let refused = actor.read("secret/a").expect_err("is refused");
        assert_eq!(refused.kind(), Kind::Unauthenticated);
    }
    let below =
        |folder: &str| keys(&room, folder).into_iter().filter(|key| key.starts_with("logical/"));
    assert_eq!(below("/secret-id/").chain(below("/role/")).count(), 0);
    room.clock.advance(Seconds(60));
    room.engine.sweep(10).expect("sweeps what ended of the mount that is gone");
    assert_eq!(keys(&room, "due/").len(), keys(&room, "/token/").len());
    mount(&room, "approle");
    is_refused(log_in(&room.anonymous(), &web.role_id, &secret.text));
}

#[test]
fn a_login_at_another_kind_of_mount_is_none() {
    let room = room();
    let nothing = || SecretValue::from("x".to_owned());
    for mount in ["secret", "auth/token", "auth/none", "auth/approle/x"] {
        let error = room.anonymous().ask(&LoginAppRole::new(mount, nothing(), nothing()));
        assert_eq!(error.map(drop).expect_err(mount).kind(), Kind::Forbidden);
    }
}
