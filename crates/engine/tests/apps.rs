//! Apps: what their credentials let in, from when on they do not, and that nothing is left of one that is gone.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::app::*;
use strongroom_engine::operations::approle::*;
use strongroom_engine::operations::identity::{DeleteEntity, EntityTarget};
use strongroom_engine::operations::mount::{DisableMount, EnableMount, MountSide};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::token::*;
use strongroom_engine::{Caller, Error, IssuedToken, Kind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

const KINDS: [CredentialKind; 3] =
    [CredentialKind::SecretId, CredentialKind::AccessKey, CredentialKind::ClientSecret];

fn room() -> TestRoom {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a", "value").expect("writes");
    owner.put("secret/app-web/a", "own").expect("writes");
    let policy = r#"path "secret/a" { capabilities = ["read"] }
        path "auth/token/create" { capabilities = ["update"] }
        path "secret/{{identity.entity.name}}/*" { capabilities = ["read"] }"#;
    owner.ask(&WritePolicy::new("web", policy)).expect("writes");
    room
}

fn create(room: &TestRoom, name: &str, kinds: &[CredentialKind]) -> Result<CreatedApp, Error> {
    let mut create = CreateApp::new(name, vec!["web".into()]);
    create.credentials = kinds.iter().map(|kind| CredentialRequest::new(*kind)).collect();
    room.owner().ask(&create)
}

fn web(room: &TestRoom) -> CreatedApp {
    create(room, "web", &KINDS).expect("makes the app")
}

fn add(room: &TestRoom, asked: CredentialRequest) -> Result<NewCredential, Error> {
    room.owner().ask(&AddCredential::new("web", asked))
}

fn app(room: &TestRoom) -> AppRead {
    room.owner().ask(&ReadApp::new("web")).expect("is there")
}

/// What a credential lets its bearer in as.
fn enter(room: &TestRoom, credential: &NewCredential) -> Result<Caller, Error> {
    let NewCredential { shown, secret, .. } = credential;
    match credential.kind {
        CredentialKind::SecretId => {
            let mount = credential.mount.as_deref().unwrap_or_default();
            let issued = log_in(room, mount, shown, secret)?;
            Ok(Caller::Token(std::sync::Arc::new(issued.text)))
        }
        CredentialKind::AccessKey => room.engine.access_key(shown)?.prove(|kept| {
            if kept.expose() == secret.expose() {
                return Ok(());
            }
            Err(Error::Unauthenticated("bad".into()))
        }),
        CredentialKind::ClientSecret => room.engine.client(shown, &copy(secret)),
    }
}

fn copy(secret: &SecretValue) -> SecretValue {
    SecretValue::new(secret.expose().to_vec())
}

fn log_in(
    room: &TestRoom,
    mount: &str,
    role_id: &str,
    secret_id: &SecretValue,
) -> Result<IssuedToken, Error> {
    let role_id = SecretValue::from(role_id.to_owned());
    room.anonymous().ask(&LoginAppRole::new(mount, role_id, copy(secret_id)))
}

#[track_caller]
fn is_refused<T>(answer: Result<T, Error>) {
    assert_eq!(answer.err().map(|error| error.kind()), Some(Kind::Unauthenticated));
}

fn change(room: &TestRoom, change: AppChange) {
    room.owner().ask(&UpdateApp::new("web", change)).expect("changes");
}

fn keys(room: &TestRoom) -> Vec<String> {
    let page = room.store.list(&Range::prefix("")).expect("lists");
    let keys = page.entries.into_iter().map(|entry| entry.key.to_string());
    keys.filter(|key| !key.starts_with("sys/audit/")).collect()
}

fn actors<'a>(room: &'a TestRoom, made: &CreatedApp) -> Vec<Actor<'a>> {
    let callers = made.credentials.iter().map(|made| enter(room, made).expect("is let in"));
    callers.map(|caller| room.caller(caller)).collect()
}

#[test]
fn every_credential_of_an_app_lets_it_in_with_its_policies_and_its_name_in_the_log() {
    let room = room();
    let made = web(&room);
    assert_eq!(made.credentials.len(), KINDS.len());
    for (actor, credential) in actors(&room, &made).iter().zip(&made.credentials) {
        assert_eq!(actor.read("secret/a").expect("reads"), "value");
        let log = room.audit();
        let raw = log.last().expect("a record").raw();
        assert!(raw.contains("\"app:web#"), "{raw}");
        if credential.kind != CredentialKind::SecretId {
            assert!(raw.contains(&format!("app:web#{}", credential.id)), "{raw}");
        }
        // The entity of the app is what templates speak of.
        assert_eq!(actor.read("secret/app-web/a").expect("reads"), "own");
        assert_eq!(actor.read("secret/b").expect_err("is denied").kind(), Kind::Forbidden);
    }
}

#[test]
fn an_app_that_is_disabled_is_refused_with_its_tokens_and_their_children_until_it_is_enabled() {
    let room = room();
    let made = web(&room);
    let mut actors = actors(&room, &made);
    let child = actors.first().expect("has a token").child(TokenRequest::default());
    actors.push(child.expect("makes a child"));
    for actor in &actors {
        actor.read("secret/a").expect("reads");
    }
    change(&room, AppChange { disabled: Some(true), ..AppChange::default() });
    for actor in &actors {
        is_refused(actor.read("secret/a"));
    }
    for credential in &made.credentials {
        is_refused(enter(&room, credential));
    }
    change(&room, AppChange { disabled: Some(false), ..AppChange::default() });
    for actor in &actors {
        actor.read("secret/a").expect("reads again");
    }
}

#[test]
fn an_app_that_is_deleted_leaves_nothing_and_one_of_its_name_is_another() {
    let room = room();
    create(&room, "other", &[CredentialKind::SecretId]).expect("makes the mount");
    let before = keys(&room);
    let made = web(&room);
    let mut actors = actors(&room, &made);
    let child = actors.first().expect("has a token").child(TokenRequest::default());
    actors.push(child.expect("makes a child"));
    room.owner().ask(&DeleteApp::new("web")).expect("deletes");
    for actor in &actors {
        is_refused(actor.read("secret/a"));
    }
    let left: Vec<_> = keys(&room).into_iter().filter(|key| !before.contains(key)).collect();
    // Tokens end by themselves, and are refused until then.
    let tokens = ["token/", "token-accessor/", "token-child/", "token-mount/", "due/"];
    assert!(left.iter().all(|key| tokens.iter().any(|kind| key.starts_with(kind))), "{left:?}");
    web(&room);
    for actor in &actors {
        is_refused(actor.read("secret/a"));
    }
    for credential in &made.credentials {
        is_refused(enter(&room, credential));
    }
    let missing = room.owner().ask(&DeleteApp::new("none")).expect_err("is not there");
    assert_eq!(missing.kind(), Kind::NotFound);
}

#[test]
fn an_access_key_is_refused_from_the_commit_on_that_makes_it_inactive_or_removes_it() {
    let room = room();
    let made = create(&room, "web", &[CredentialKind::AccessKey]).expect("makes the app");
    let key = made.credentials.first().expect("has one");
    let actor = room.caller(enter(&room, key).expect("is let in"));
    actor.read("secret/a").expect("reads");
    let owner = room.owner();
    owner.ask(&ChangeCredential::new("web", &key.id, false)).expect("changes");
    is_refused(actor.read("secret/a"));
    is_refused(enter(&room, key));
    owner.ask(&ChangeCredential::new("web", &key.id, true)).expect("changes");
    actor.read("secret/a").expect("reads");
    owner.ask(&RemoveCredential::new("web", &key.id)).expect("removes");
    is_refused(actor.read("secret/a"));
    is_refused(enter(&room, key));
    for id in [&key.id, "AKIA", "", "akia2222222222222222"] {
        is_refused(room.engine.access_key(id));
    }
    let again = owner.ask(&RemoveCredential::new("web", &key.id)).expect_err("is gone");
    assert_eq!(again.kind(), Kind::NotFound);
}

#[test]
fn a_change_of_policies_or_by_another_process_counts_for_a_proven_key_at_once() {
    let room = room();
    let made = create(&room, "web", &[CredentialKind::AccessKey]).expect("makes the app");
    let actor = room.caller(enter(&room, &made.credentials[0]).expect("is let in"));
    actor.read("secret/a").expect("reads");
    room.owner().ask(&WritePolicy::new("web", "")).expect("writes");
    assert_eq!(actor.read("secret/a").expect_err("is denied").kind(), Kind::Forbidden);
    let policy = r#"path "secret/*" { capabilities = ["read"] }"#;
    room.owner().ask(&WritePolicy::new("all", policy)).expect("writes");
    change(&room, AppChange { policies: Some(vec!["all".into()]), ..AppChange::default() });
    actor.read("secret/a").expect("reads");
    let other = room.second_engine().expect("opens");
    let disabled = AppChange { disabled: Some(true), ..AppChange::default() };
    room.ask_of(&other, &UpdateApp::new("web", disabled)).expect("changes");
    is_refused(actor.read("secret/a"));
}

#[test]
fn a_wrong_secret_is_refused_and_the_reason_is_in_the_log() {
    let room = room();
    let made = web(&room);
    let client = &made.credentials[2].shown;
    for text in ["", "wrong", &"x".repeat(300)] {
        is_refused(room.engine.client(client, &SecretValue::from(text.to_owned())));
    }
    is_refused(room.engine.client("nobody", &SecretValue::from("wrong".to_owned())));
    let id = &made.credentials[1].id;
    let found = room.engine.access_key(id.as_str()).expect("is there");
    assert_eq!(found.principal(), "app:web");
    assert_eq!(
        found.prove(|_| Err("the signature does not match")).err(),
        Some("the signature does not match")
    );
    let refused = room.caller(Caller::Refused("the signature does not match".into()));
    is_refused(refused.read("secret/a"));
    let log = room.audit();
    let last = log.last().expect("a record");
    assert_eq!(last.outcome.as_deref(), Some("denied"));
    assert!(last.raw().contains("the signature does not match"));
}

#[test]
fn a_client_secret_ends_with_its_time() {
    let room = room();
    create(&room, "web", &[]).expect("makes the app");
    let asked = CredentialRequest::new(CredentialKind::ClientSecret);
    let short = add(&room, CredentialRequest { ttl: Some(Seconds(60)), ..asked }).expect("adds");
    let long = add(&room, asked).expect("adds");
    let actor = room.caller(enter(&room, &short).expect("is let in"));
    actor.read("secret/a").expect("reads");
    room.clock.advance(Seconds(60));
    is_refused(actor.read("secret/a"));
    is_refused(enter(&room, &short));
    enter(&room, &long).expect("is let in");
    let key = CredentialRequest {
        ttl: Some(Seconds(1)),
        ..CredentialRequest::new(CredentialKind::AccessKey)
    };
    assert_eq!(add(&room, key).expect_err("is refused").kind(), Kind::InvalidRequest);
}

#[test]
fn a_client_logs_in_for_a_token_that_is_refused_when_its_app_is() {
    let room = room();
    let made = web(&room);
    let NewCredential { shown: client, secret: text, .. } = &made.credentials[2];
    let shown = || copy(text);
    let log_in = |secret| room.anonymous().ask(&LogInClient::new(client, secret, Seconds(600)));
    let issued = log_in(shown()).expect("logs in");
    assert_eq!(issued.token.policies, ["web"]);
    assert_eq!(issued.token.ttl(room.clock_now()), Seconds(600));
    let actor = room.with_token(issued.text);
    actor.read("secret/a").expect("reads");
    is_refused(log_in(SecretValue::from("wrong".to_owned())));
    change(&room, AppChange { disabled: Some(true), ..AppChange::default() });
    is_refused(actor.read("secret/a"));
    is_refused(log_in(shown()));
    change(&room, AppChange { disabled: Some(false), ..AppChange::default() });
    actor.read("secret/a").expect("reads");
    room.clock.advance(Seconds(600));
    is_refused(actor.read("secret/a"));
}

#[test]
fn the_other_credentials_of_a_kind_end_with_a_rotation_that_says_so() {
    let room = room();
    let made = web(&room);
    for (kind, old) in KINDS.iter().zip(&made.credentials) {
        let beside = add(&room, CredentialRequest::new(*kind)).expect("adds");
        enter(&room, old).expect("still is let in");
        let asked = CredentialRequest { ends_others: true, ..CredentialRequest::new(*kind) };
        let new = add(&room, asked).expect("rotates");
        is_refused(enter(&room, old));
        is_refused(enter(&room, &beside));
        enter(&room, &new).expect("is let in");
        // The two of other kinds are as they were.
        for other in made.credentials.iter().filter(|other| other.id != old.id) {
            let is_later = KINDS.iter().position(|k| k == kind) < position(&made, other);
            assert_eq!(enter(&room, other).is_ok(), is_later);
        }
    }
    let left = keys(&room).into_iter().filter(|key| key.contains("/secret-id/")).count();
    assert_eq!(left, 1);
}

fn position(made: &CreatedApp, credential: &NewCredential) -> Option<usize> {
    made.credentials.iter().position(|other| other.id == credential.id)
}

#[test]
fn a_third_active_access_key_is_refused_unless_it_is_asked_for() {
    let room = room();
    create(&room, "web", &[CredentialKind::AccessKey]).expect("makes the app");
    let asked = CredentialRequest::new(CredentialKind::AccessKey);
    add(&room, asked).expect("a second");
    assert_eq!(add(&room, asked).expect_err("no third").kind(), Kind::InvalidRequest);
    let third = CredentialRequest { over_active: true, ..asked };
    let third = add(&room, third).expect("a third").id;
    let owner = room.owner();
    owner.ask(&ChangeCredential::new("web", &third, false)).expect("is put away");
    assert!(owner.ask(&ChangeCredential::new("web", &third, true)).is_err());
    let again = ChangeCredential::new("web", &third, true).over_active();
    owner.ask(&again).expect("is active again");
    let ids: Vec<_> = app(&room).credentials.iter().map(|key| key.active).collect();
    assert_eq!(ids, [true; 3]);
}

#[test]
fn the_role_of_an_app_has_the_apps_policies_and_goes_only_with_it() {
    let room = room();
    web(&room);
    let owner = room.owner();
    let token = |policies: &[&str]| {
        let policies = Some(policies.iter().map(|name| (*name).to_owned()).collect());
        let token = strongroom_engine::TokenParametersChange { policies, ..Default::default() };
        AppRoleChange { token, ..AppRoleChange::default() }
    };
    let whole = |change| WriteAppRole::new("auth/approle", "web", AppRolePart::Whole, change);
    assert!(owner.ask(&whole(token(&["admin"]))).is_err());
    owner.ask(&whole(AppRoleChange { secret_id_uses: Some(5), ..token(&["web"]) })).expect("may");
    let reset = ResetAppRole::new("auth/approle", "web", AppRolePart::Policies);
    assert!(owner.ask(&reset).is_err());
    assert!(owner.ask(&DeleteAppRole::new("auth/approle", "web")).is_err());
    change(&room, AppChange { policies: Some(vec!["other".into()]), ..AppChange::default() });
    let read = ReadAppRole::new("auth/approle", "web", AppRolePart::Whole);
    let role = owner.ask(&read).expect("is there");
    assert_eq!((role.token.policies, role.secret_id_uses), (vec!["other".to_owned()], 5));
    let shown = app(&room);
    assert_eq!(shown.role_mount.as_deref(), Some("auth/approle"));
    let mut kinds: Vec<_> = shown.credentials.iter().map(|credential| credential.kind).collect();
    kinds.sort();
    assert_eq!(kinds, KINDS);
}

#[test]
fn a_role_that_was_there_before_is_not_taken_over() {
    let room = room();
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Auth, "approle", "approle")).expect("mounts");
    let write =
        WriteAppRole::new("auth/approle", "web", AppRolePart::Whole, AppRoleChange::default());
    owner.ask(&write).expect("writes");
    let error = create(&room, "web", &[CredentialKind::SecretId]).expect_err("is taken");
    assert_eq!(error.kind(), Kind::AlreadyExists);
    create(&room, "web", &[CredentialKind::AccessKey]).expect("needs no role");
    owner.ask(&DeleteApp::new("web")).expect("deletes");
    let read = ReadAppRole::new("auth/approle", "web", AppRolePart::Whole);
    assert_eq!(owner.ask(&read).expect("is there still").app, None);
}

#[test]
fn an_app_whose_mount_went_gets_a_new_role_and_one_at_another_kind_of_mount_none() {
    let room = room();
    let made = web(&room);
    let owner = room.owner();
    owner.ask(&DisableMount::new(MountSide::Auth, "approle")).expect("unmounts");
    let login = enter(&room, &made.credentials[0]).expect_err("is gone");
    assert_eq!(login.kind(), Kind::Forbidden);
    assert!(app(&room).role_mount.is_none());
    let new = add(&room, CredentialRequest::new(CredentialKind::SecretId)).expect("makes anew");
    enter(&room, &new).expect("is let in");
    owner.ask(&DisableMount::new(MountSide::Auth, "approle")).expect("unmounts");
    owner.ask(&EnableMount::new(MountSide::Auth, "approle", "userpass")).expect("mounts");
    let error = add(&room, CredentialRequest::new(CredentialKind::SecretId)).expect_err("cannot");
    assert_eq!(error.kind(), Kind::AlreadyExists);
}

#[test]
fn an_app_whose_entity_was_deleted_is_refused() {
    let room = room();
    let made = web(&room);
    let actors = actors(&room, &made);
    let id = made.entity.clone();
    room.owner().ask(&DeleteEntity::new(EntityTarget::Id(id))).expect("deletes");
    for actor in &actors {
        is_refused(actor.read("secret/a"));
    }
    room.owner().ask(&DeleteApp::new("web")).expect("deletes all the same");
}

#[test]
fn what_no_app_can_be_is_refused() {
    let room = room();
    let owner = room.owner();
    for name in ["", "-a", "a b", "..", "a/b", "a\0", &"x".repeat(300)] {
        assert!(create(&room, name, &[]).is_err(), "{name:?}");
    }
    for policy in ["root", "ROOT", "a b"] {
        assert!(owner.ask(&CreateApp::new("web", vec![policy.into()])).is_err(), "{policy}");
    }
    let twice = [CredentialKind::AccessKey, CredentialKind::AccessKey];
    assert_eq!(create(&room, "web", &twice).expect_err("twice").kind(), Kind::InvalidRequest);
    let mut described = CreateApp::new("web", vec![]);
    described.description = "d".repeat(1_025);
    assert!(owner.ask(&described).is_err());
    create(&room, "Web", &[]).expect("capitals do not count");
    assert_eq!(create(&room, "web", &[]).expect_err("is there").kind(), Kind::AlreadyExists);
    assert_eq!(app(&room).name, "web");
}

#[test]
fn a_list_holds_the_apps_that_the_caller_may_see() {
    let room = room();
    for name in ["one", "two", "three"] {
        create(&room, name, &[]).expect("makes the app");
    }
    assert_eq!(room.owner().ask(&ListApps).expect("lists"), ["one", "three", "two"]);
    let actor = room.actor(
        "some",
        r#"path "sys/apps" { capabilities = ["list"] }
           path "sys/apps/two" { capabilities = ["read"] }"#,
    );
    assert_eq!(actor.ask(&ListApps).expect("lists"), ["two"]);
}

#[test]
fn credentials_with_a_new_app_need_the_right_to_make_them() {
    let room = room();
    let actor = room.actor("maker", r#"path "sys/apps/*" { capabilities = ["create"] }"#);
    let mut create = CreateApp::new("web", vec!["web".into()]);
    create.credentials.push(CredentialRequest::new(CredentialKind::AccessKey));
    assert_eq!(actor.ask(&create).expect_err("is denied").kind(), Kind::Forbidden);
    create.credentials.clear();
    actor.ask(&create).expect("makes the app");
}

#[test]
fn no_secret_of_an_app_is_in_the_store_or_the_log_in_clear() {
    let room = room();
    let made = web(&room);
    let page = room.store.list(&Range::prefix("")).expect("lists");
    let log: String = room.audit().iter().map(|entry| entry.raw().to_owned()).collect();
    for credential in &made.credentials {
        let secret = credential.secret.expose();
        let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!holds(log.as_bytes()));
        assert!(!page.entries.iter().any(|entry| holds(&entry.value)));
    }
    let listed = keys(&room).join("\n");
    assert!(!listed.contains("AKIA"), "{listed}");
}

#[test]
fn logins_by_approle_are_set_up_once_after_an_app_and_the_apps_role_stays() {
    let room = room();
    let made = create(&room, "web", &[CredentialKind::SecretId]).expect("makes the mount");
    let enable = EnableMount::new(MountSide::Auth, "approle", "approle");
    room.owner().ask(&enable).expect("is as if there were none");
    for credential in &made.credentials {
        enter(&room, credential).expect("logs in");
    }
    let again = room.owner().ask(&enable).expect_err("is there");
    assert!(again.to_string().contains("already in use"), "{again}");
}
