//! Temporary access keys: whom they let in, from when on they do not, and that nothing is left of them.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use strongroom_core::time::Seconds;
use strongroom_core::token::{AskedLifetime, TokenKind};
use strongroom_engine::operations::app::*;
use strongroom_engine::operations::aws::*;
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::token::*;
use strongroom_engine::{Caller, Engine, Error, InvalidRequest, Kind};
use strongroom_store::crash::{CrashStore, Fault};
use strongroom_store::{Range, Store};
use strongroom_testkit::{Actor, TestRoom};

const ROLE: &str = "arn:aws:iam::123456789012:role/web";

fn room() -> TestRoom {
    prepared(TestRoom::new())
}

/// A room with the app `web`, which may read `secret/a`.
fn prepared(room: TestRoom) -> TestRoom {
    let owner = room.owner();
    owner.put("secret/a", "value").expect("writes");
    let policy = r#"path "secret/a" { capabilities = ["read"] }"#;
    owner.ask(&WritePolicy::new("web", policy)).expect("writes");
    owner.ask(&CreateApp::new("web", vec!["web".into()])).expect("makes the app");
    room
}

fn assume() -> AssumeRole {
    AssumeRole::new(ROLE, "deploy", None)
}

fn session(room: &TestRoom) -> NewSession {
    room.owner().ask(&assume()).expect("begins")
}

/// Who shows these keys to an engine, which is told that the signature is theirs.
fn enter_at(engine: &Engine, keys: &NewSession) -> Result<Caller, Error> {
    let found = engine.access_key(keys.id.as_str())?;
    let session = found.session().expect("is a session");
    assert_eq!(Some(session.token), keys.token.expose_text());
    assert_eq!(session.expires, keys.expires);
    found.prove(|kept| {
        if *kept == keys.secret { Ok(()) } else { Err(Error::Unauthenticated("bad".into())) }
    })
}

fn enter<'a>(room: &'a TestRoom, keys: &NewSession) -> Result<Actor<'a>, Error> {
    enter_at(&room.engine, keys).map(|caller| room.caller(caller))
}

/// The app `web` with an access key of it.
fn web(room: &TestRoom) -> Actor<'_> {
    let asked = CredentialRequest::new(CredentialKind::AccessKey);
    let made = room.owner().ask(&AddCredential::new("web", asked)).expect("makes a key");
    let found = room.engine.access_key(&made.shown).expect("is there");
    assert!(found.session().is_none());
    room.caller(found.prove(|_| Ok::<_, Error>(())).expect("is let in"))
}

fn identity(actor: &Actor<'_>) -> CallerIdentity {
    actor.ask(&GetCallerIdentity).expect("is known")
}

/// What is kept of sessions.
fn kept(store: &dyn Store) -> Vec<String> {
    let page = store.list(&Range::prefix("")).expect("lists");
    let keys = page.entries.into_iter().map(|entry| entry.key.to_string());
    keys.filter(|key| key.contains("/session")).collect()
}

#[track_caller]
fn is_refused<T>(answer: Result<T, Error>) {
    assert_eq!(answer.err().map(|error| error.kind()), Some(Kind::Unauthenticated));
}

#[track_caller]
fn is_forbidden<T>(answer: Result<T, Error>) {
    assert_eq!(answer.err().map(|error| error.kind()), Some(Kind::Forbidden));
}

#[track_caller]
fn breaks<T>(answer: Result<T, Error>, wanted: AwsClass) {
    let class = match answer.err() {
        Some(Error::InvalidRequest(InvalidRequest::Aws { class, .. })) => Some(class),
        _ => None,
    };
    assert_eq!(class, Some(wanted));
}

#[test]
fn a_session_of_an_app_may_do_what_the_app_may_at_the_time_and_has_its_own_name() {
    let room = room();
    let keys = session(&room);
    assert!(keys.id.is_temporary());
    assert_eq!(keys.expires, room.clock_now().plus(SESSION_SECS_DEFAULT));
    let actor = enter(&room, &keys).expect("is let in");
    assert_eq!(actor.read("secret/a").expect("reads"), "value");
    let log = room.audit();
    let raw = log.last().expect("a record").raw();
    assert!(raw.contains(&format!("\"app:web#{}\"", keys.id)), "{raw}");
    let known = identity(&actor);
    assert_eq!(known.arn, "arn:aws:sts::123456789012:assumed-role/web/deploy");
    assert_eq!((&known.arn, &known.user_id), (&keys.arn, &keys.user_id));
    assert_eq!(known.account, "123456789012");
    room.owner().ask(&WritePolicy::new("web", "")).expect("writes");
    is_forbidden(actor.read("secret/a"));
}

#[test]
fn a_session_ends_at_its_time_and_leaves_nothing_an_hour_later() {
    let room = room();
    let before = kept(&*room.store);
    let keys = session(&room);
    let actor = enter(&room, &keys).expect("is let in");
    room.clock.advance(Seconds(SESSION_SECS_DEFAULT.0 - 1));
    actor.read("secret/a").expect("reads");
    room.clock.advance(Seconds(1));
    is_refused(actor.read("secret/a"));
    // Its owner is told by their signature that it ended.
    room.engine.sweep(100).expect("sweeps");
    assert!(enter(&room, &keys).is_ok());
    room.clock.advance(Seconds(3_600));
    room.engine.sweep(100).expect("sweeps");
    is_refused(room.engine.access_key(keys.id.as_str()).map(drop));
    assert_eq!(kept(&*room.store), before);
}

#[test]
fn a_session_is_refused_from_the_commit_on_that_disables_its_app_or_takes_sessions_back() {
    let room = room();
    let keys = session(&room);
    let actor = enter(&room, &keys).expect("is let in");
    let disable = |disabled| {
        let change = AppChange { disabled: Some(disabled), ..AppChange::default() };
        room.owner().ask(&UpdateApp::new("web", change)).expect("changes");
    };
    disable(true);
    is_refused(actor.read("secret/a"));
    is_refused(enter(&room, &keys));
    is_forbidden(room.owner().ask(&assume()));
    disable(false);
    actor.read("secret/a").expect("reads");
    room.owner().ask(&RevokeSessions::new("web")).expect("takes back");
    is_refused(actor.read("secret/a"));
    is_refused(enter(&room, &keys));
    assert!(kept(&*room.store).is_empty());
    enter(&room, &session(&room)).expect("is let in").read("secret/a").expect("a new one is good");
    let missing = room.owner().ask(&RevokeSessions::new("none"));
    assert_eq!(missing.err().map(|error| error.kind()), Some(Kind::NotFound));
}

#[test]
fn an_app_that_is_deleted_leaves_no_session_and_one_of_its_name_does_not_get_them_back() {
    let room = room();
    let all: Vec<_> = (0..45).map(|_| session(&room)).collect();
    let actors: Vec<_> = all.iter().map(|keys| enter(&room, keys).expect("is let in")).collect();
    room.owner().ask(&DeleteApp::new("web")).expect("deletes");
    assert!(kept(&*room.store).is_empty());
    room.owner().ask(&CreateApp::new("web", vec!["web".into()])).expect("makes the app");
    for (actor, keys) in actors.iter().zip(&all) {
        is_refused(actor.read("secret/a"));
        is_refused(enter(&room, keys));
    }
}

#[test]
fn whoever_assumes_a_role_needs_update_there_but_an_app_with_a_lasting_key_for_itself() {
    let room = room();
    is_refused(room.anonymous().ask(&assume()));
    is_forbidden(room.bearer("nobody", "").ask(&assume()));
    let policy = r#"path "sys/apps/web/assume" { capabilities = ["update"] }"#;
    let keys = room.bearer("deployer", policy).ask(&assume()).expect("begins");
    let own = web(&room);
    let first = own.ask(&assume()).expect("begins");
    assert_ne!(first.id, keys.id);
    room.owner().ask(&CreateApp::new("other", Vec::new())).expect("makes the app");
    let other = AssumeRole::new("arn:aws:iam::123456789012:role/other", "deploy", None);
    is_forbidden(own.ask(&other));
    // Keys that end do not make others that end later.
    is_forbidden(enter(&room, &first).expect("is let in").ask(&assume()));
    // The name is folded, and a policy holds for each way to write it.
    let shouted = AssumeRole::new("arn:aws:iam::123456789012:role/WEB", "deploy", None);
    own.ask(&shouted).expect("is the app");
    is_forbidden(room.bearer("deployer", policy).ask(&shouted));
}

#[test]
fn keys_that_were_assumed_with_keys_that_end_last_an_hour_at_most() {
    let room = room();
    let policy = r#"path "secret/a" { capabilities = ["read"] }
        path "sys/apps/web/assume" { capabilities = ["update"] }"#;
    room.owner().ask(&WritePolicy::new("web", policy)).expect("writes");
    let chained = enter(&room, &session(&room)).expect("is let in");
    let asked = |secs| AssumeRole::new(ROLE, "deploy", Some(Seconds(secs)));
    chained.ask(&asked(3_600)).expect("begins");
    breaks(chained.ask(&asked(3_601)), AwsClass::Validation);
}

#[test]
fn roles_of_other_accounts_and_apps_that_are_not_there_are_denied_alike() {
    let room = room();
    for arn in ["arn:aws:iam::999999999999:role/web", "arn:aws:iam::123456789012:role/none"] {
        is_forbidden(room.owner().ask(&AssumeRole::new(arn, "deploy", None)));
        is_forbidden(web_denied(&room, arn));
    }
    for arn in ["", "web", "arn:aws:iam::123456789012:user/web", "arn:aws:iam::1:role/web"] {
        breaks(room.owner().ask(&AssumeRole::new(arn, "deploy", None)), AwsClass::Validation);
    }
    for arn in ["role/../web", "role/web/x", "role/we b", "role/*"] {
        let arn = format!("arn:aws:iam::123456789012:{arn}");
        assert!(room.owner().ask(&AssumeRole::new(&arn, "deploy", None)).is_err(), "{arn}");
    }
}

fn web_denied(room: &TestRoom, arn: &str) -> Result<NewSession, Error> {
    room.bearer("nobody", "").ask(&AssumeRole::new(arn, "deploy", None))
}

#[test]
fn durations_and_names_are_held_to_the_limits_of_the_service() {
    let room = room();
    let owner = room.owner();
    let asked = |name: &str, secs| owner.ask(&AssumeRole::new(ROLE, name, Some(Seconds(secs))));
    let longest = "n".repeat(SESSION_NAME_CHARS_MAX);
    for (name, secs) in [("ab", SESSION_SECS_MIN.0), (longest.as_str(), SESSION_SECS_MAX.0)] {
        let made = asked(name, secs).expect("begins");
        assert_eq!(made.expires, room.clock_now().plus(Seconds(secs)));
    }
    for secs in [0, SESSION_SECS_MIN.0 - 1, SESSION_SECS_MAX.0 + 1, u64::MAX] {
        breaks(asked("deploy", secs), AwsClass::Validation);
    }
    for name in ["", "a", "a/b", "a b", "a\0", &format!("{longest}n")] {
        breaks(asked(name, 900), AwsClass::Validation);
    }
}

#[test]
fn an_owner_has_so_many_sessions_at_a_time_and_no_more() {
    let room = room();
    let short = AssumeRole::new(ROLE, "deploy", Some(SESSION_SECS_MIN));
    for _ in 0..SESSIONS_MAX {
        room.owner().ask(&short).expect("begins");
    }
    breaks(room.owner().ask(&short), AwsClass::LimitExceeded);
    let root = room.root();
    root.ask(&SessionForCaller { duration: None }).expect("another owner has its own");
    room.clock.advance(SESSION_SECS_MIN);
    room.owner().ask(&short).expect("the others ended");
}

#[test]
fn a_session_of_a_token_is_the_tokens_and_ends_with_it() {
    let room = room();
    let before = kept(&*room.store);
    let policy = r#"path "secret/a" { capabilities = ["read"] }
        path "auth/token/revoke-self" { capabilities = ["update"] }"#;
    let bearer = room.bearer("web", policy);
    let keys = bearer.ask(&SessionForCaller { duration: None }).expect("begins");
    let actor = enter(&room, &keys).expect("is let in");
    assert_eq!(actor.read("secret/a").expect("reads"), "value");
    let log = room.audit();
    assert!(log.last().expect("a record").raw().contains(&format!("#{}\"", keys.id)));
    assert_eq!(identity(&actor), identity(&bearer));
    let again = actor.ask(&SessionForCaller { duration: None });
    assert_eq!(again.err().map(|error| error.kind()), Some(Kind::InvalidRequest));
    let revoke = RevokeToken { which: TokenReference::Own, orphans: false };
    bearer.ask(&revoke).expect("is revoked");
    is_refused(actor.read("secret/a"));
    is_refused(enter(&room, &keys));
    room.engine.sweep(100).expect("sweeps");
    assert_eq!(kept(&*room.store), before);
}

#[test]
fn a_session_of_a_token_does_not_outlive_it() {
    let room = room();
    let asked = TokenRequest {
        lifetime: AskedLifetime { ttl: Seconds(1_000), ..AskedLifetime::default() },
        policies: Some(vec!["web".into()]),
        ..TokenRequest::default()
    };
    let bearer = room.root().child(asked).expect("makes the token");
    let keys = bearer.ask(&SessionForCaller { duration: None }).expect("begins");
    assert_eq!(keys.expires, room.clock_now().plus(Seconds(1_000)));
    let actor = enter(&room, &keys).expect("is let in");
    actor.read("secret/a").expect("reads");
    room.clock.advance(Seconds(1_000));
    is_refused(actor.read("secret/a"));
    is_refused(enter(&room, &keys));
}

#[test]
fn only_the_bearer_of_a_token_that_is_kept_has_sessions_of_it() {
    let room = room();
    let ask = |actor: &Actor<'_>| actor.ask(&SessionForCaller { duration: None }).map(drop);
    is_refused(ask(&room.anonymous()));
    is_refused(ask(&web(&room)));
    for asked in [
        TokenRequest { kind: Some(TokenKind::Batch), ..TokenRequest::default() },
        TokenRequest { uses: 5, ..TokenRequest::default() },
    ] {
        let actor = room.root().child(asked).expect("makes the token");
        assert_eq!(ask(&actor).err().map(|error| error.kind()), Some(Kind::InvalidRequest));
    }
}

#[test]
fn everybody_is_named_and_no_token_by_an_apps_name() {
    let room = room();
    let arn = |actor: &Actor<'_>| identity(actor).arn;
    is_refused(room.anonymous().ask(&GetCallerIdentity));
    assert_eq!(arn(&room.owner()), "arn:aws:iam::123456789012:root");
    assert_eq!(arn(&room.root()), "arn:aws:iam::123456789012:root");
    assert_eq!(arn(&web(&room)), "arn:aws:iam::123456789012:user/web");
    let named = TokenRequest {
        display_name: "x/../../web".into(),
        policies: Some(vec!["web".into()]),
        ..TokenRequest::default()
    };
    let arn = arn(&room.root().child(named).expect("makes the token"));
    let rest = arn.strip_prefix("arn:aws:sts::123456789012:assumed-role/token=token-");
    let rest = rest.unwrap_or_else(|| unreachable!("{arn}"));
    assert_eq!(rest.matches('/').count(), 1, "{arn}");
}

#[test]
fn a_session_that_one_engine_begins_lets_in_at_another_until_the_first_takes_it_back() {
    let room = room();
    let other = room.second_engine().expect("opens");
    let keys = session(&room);
    let caller = enter_at(&other, &keys).expect("is let in");
    let read = |caller: &Caller| {
        let request = strongroom_engine::Request::new(
            caller.clone(),
            strongroom_engine::Door::Cli,
            &*room.random,
        );
        other.execute(&request, &GetCallerIdentity)
    };
    read(&caller).expect("is known");
    room.owner().ask(&RevokeSessions::new("web")).expect("takes back");
    is_refused(read(&caller));
    is_refused(enter_at(&other, &keys));
}

#[test]
fn sessions_of_an_app_that_was_deleted_are_refused_and_removed_wherever_the_power_fails() {
    for fault in [Fault::PowerLoss, Fault::PowerLossAfter, Fault::UnknownApplied] {
        for later in 1..=3 {
            let crash = CrashStore::new();
            let room = prepared(TestRoom::on(Arc::new(crash.clone())));
            let all: Vec<_> = (0..25).map(|_| session(&room)).collect();
            crash.fail_commit(crash.commits() + later, fault);
            let _ = room.owner().ask(&DeleteApp::new("web"));
            let durable: Arc<dyn Store> = Arc::new(crash.crash());
            let engine = room.engine_on(&durable).expect("opens");
            let context = format!("{fault:?} at commit {later}");
            let is_gone = room.ask_of(&engine, &ReadApp::new("web")).is_err();
            assert!(is_gone || later == 1, "{context}");
            for keys in &all {
                let found = engine.access_key(keys.id.as_str());
                assert_eq!(found.is_err(), is_gone, "{context}");
            }
            if is_gone {
                engine.sweep(100).expect("sweeps");
                assert!(kept(&*durable).is_empty(), "{context}");
            }
        }
    }
}

#[test]
fn an_audit_record_names_the_keys_and_holds_neither_the_secret_nor_the_token() {
    let room = room();
    let keys = session(&room);
    let log = room.audit();
    let raw = log.last().expect("a record").raw();
    assert!(raw.contains(keys.id.as_str()) && raw.contains("aws-assume-role"), "{raw}");
    let secret = String::from_utf8_lossy(keys.secret.expose()).into_owned();
    assert!(!raw.contains(&secret) && !raw.contains(keys.token.expose_text().expect("is text")));
    let shown = format!("{keys:?}");
    assert!(!shown.contains(&secret) && !shown.contains(keys.token.expose_text().expect("text")));
}
