//! Usage: what the audit log tells of, each use once, whoever reads the log and whenever one dies.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::usage::Usage;
use strongroom_engine::audit::Entry;
use strongroom_engine::operations::app::*;
use strongroom_engine::operations::approle::*;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::token::*;
use strongroom_engine::operations::usage::*;
use strongroom_engine::operations::*;
use strongroom_engine::{Caller, Engine, Error, Kind};
use strongroom_store::crash::{CrashStore, Fault};
use strongroom_store::{Range, Store};
use strongroom_testkit::{Actor, TestRoom, payload};

const READS: &str = r#"path "secret/*" { capabilities = ["read", "list"] }"#;

fn of_secret(path: &str) -> ReadUsage {
    ReadUsage::new(UsageOf::Secret(path.to_owned()))
}

fn usage(room: &TestRoom, path: &str) -> Option<Usage> {
    room.owner().ask(&of_secret(path)).expect("is told")
}

fn users(usage: &Usage) -> Vec<(String, u64)> {
    usage.users().map(|user| (user.name.clone(), user.count)).collect()
}

/// How often each secret was read, by the records of the log alone.
fn told(log: &[Entry]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for entry in log.iter().filter(|entry| entry.outcome.as_deref() == Some("allowed")) {
        match entry.operation.as_deref() {
            Some("secret-read") => {
                *counts.entry(entry.path.clone().unwrap_or_default()).or_default() += 1;
            }
            Some("secrets-read") => {
                let folder = entry.path.clone().unwrap_or_default();
                let read = entry.fields.get("read").cloned().unwrap_or_default();
                for item in read.split(' ').filter(|item| !item.is_empty()) {
                    let name = item.rsplit_once('@').expect("has a version").0;
                    *counts.entry(format!("{folder}{name}")).or_default() += 1;
                }
            }
            _ => {}
        }
    }
    counts
}

/// What the records of uses say.
fn kept(room: &TestRoom, engine: &Engine) -> Result<BTreeMap<String, u64>, Error> {
    let mut list = ListUsage { limit: 1_000, ..ListUsage::below("secret/a/") };
    let mut counts = BTreeMap::new();
    loop {
        let page = room.ask_of(engine, &list)?;
        for entry in page.entries {
            counts.extend(entry.usage.map(|usage| (entry.path, usage.total)));
        }
        match page.next {
            Some(next) => list.after = Some(next),
            None => return Ok(counts),
        }
    }
}

fn usage_keys(room: &TestRoom) -> Vec<String> {
    let page = room.store.list(&Range::prefix("usage/")).expect("lists");
    let keys = page.entries.into_iter().map(|entry| entry.key.to_string());
    keys.filter(|key| key != "usage/place").collect()
}

#[test]
fn a_secret_tells_when_how_often_by_whom_and_which_version_was_read() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "1").expect("writes");
    assert_eq!(usage(&room, "secret/a/A"), None);
    let (ada, bob) = (room.actor("ada", READS), room.actor("bob", READS));
    let start = room.clock_now();
    ada.read("secret/a/A").expect("reads");
    room.clock.advance(Seconds(60));
    room.owner().put("secret/a/A", "2").expect("writes");
    bob.read("secret/a/A").expect("reads");
    bob.read("secret/a/A").expect("reads");
    let told = usage(&room, "secret/a/A").expect("was used");
    assert_eq!((told.first, told.last, told.total), (start, room.clock_now(), 3));
    assert_eq!(users(&told), [("bob".to_owned(), 2), ("ada".to_owned(), 1)]);
    assert_eq!(told.version_last(1), Some(start));
    assert_eq!(told.version_last(2), Some(room.clock_now()));
    assert_eq!(told.days().iter().map(|day| day.count).sum::<u64>(), 3);
    // To be described and to be refused is no use.
    room.owner().ask(&DescribeSecret { path: "secret/a/A".into() }).expect("describes");
    assert!(room.actor("nobody", "").read("secret/a/A").is_err());
    assert_eq!(usage(&room, "secret/a/A"), Some(told));
}

#[test]
fn a_read_of_several_is_a_use_of_each_wherever_it_was_found() {
    let room = TestRoom::new();
    for path in ["secret/a/A", "secret/b/B", "secret/a/with space", "secret/a/x@7"] {
        room.owner().put(path, "v").expect("writes");
    }
    let candidates = |name: &str| {
        (name.to_owned(), vec![format!("secret/a/{name}"), format!("secret/b/{name}")])
    };
    let wanted = ["A", "B", "with space", "x@7", "NONE"].map(candidates).into();
    room.owner().ask(&ReadSecrets { subject: "secret/a/".into(), wanted }).expect("reads");
    for path in ["secret/a/A", "secret/b/B", "secret/a/with space", "secret/a/x@7"] {
        let told = usage(&room, path).unwrap_or_else(|| unused(path));
        assert_eq!((told.total, told.version_last(1).is_some()), (1, true), "{path}");
    }
}

fn unused(path: &str) -> Usage {
    unreachable!("{path} was read")
}

#[test]
fn usage_is_told_to_those_who_may_read_what_is_known_of_the_secret() {
    let room = TestRoom::new();
    for path in ["secret/a/A", "secret/a/B"] {
        room.owner().put(path, "v").expect("writes");
        room.owner().read(path).expect("reads");
    }
    let some = room.actor(
        "some",
        r#"path "secret/a/" { capabilities = ["list"] }
           path "secret/a/A" { capabilities = ["read"] }
           path "secret/a/B" { capabilities = ["update"] }"#,
    );
    some.ask(&of_secret("secret/a/A")).expect("is told");
    assert_eq!(some.ask(&of_secret("secret/a/B")).expect_err("is not").kind(), Kind::Forbidden);
    let page = some.ask(&ListUsage::below("secret/a/")).expect("lists");
    let paths: Vec<_> = page.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["secret/a/A"]);
    let none = room.owner().ask(&of_secret("secret/a/NONE")).expect_err("is not there");
    assert_eq!(none.kind(), Kind::NotFound);
}

#[test]
fn secrets_that_nobody_read_for_long_are_found() {
    let room = TestRoom::new();
    let day = 86_400;
    for path in ["secret/a/NEVER", "secret/a/OLD", "secret/a/NEW"] {
        room.owner().put(path, "v").expect("writes");
    }
    room.owner().read("secret/a/OLD").expect("reads");
    room.clock.advance(Seconds(29 * day));
    room.owner().read("secret/a/NEW").expect("reads");
    let unused = |days| {
        let list =
            ListUsage { unused_for: Some(Seconds(days * day)), ..ListUsage::below("secret/a/") };
        let page = room.owner().ask(&list).expect("lists");
        page.entries.into_iter().map(|entry| entry.path).collect::<Vec<_>>()
    };
    assert!(unused(30).is_empty());
    assert_eq!(unused(29), ["secret/a/NEVER", "secret/a/OLD"]);
    room.owner().put("secret/a/YOUNG", "v").expect("writes");
    assert_eq!(unused(29), ["secret/a/NEVER", "secret/a/OLD"]);
}

#[test]
fn what_is_removed_for_good_leaves_no_record_and_one_in_its_place_begins_anew() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", "v").expect("writes");
    owner.read("secret/a/A").expect("reads");
    usage(&room, "secret/a/A").expect("was used");
    owner.read("secret/a/A").expect("reads");
    owner.ask(&PurgeSecret { path: "secret/a/A".into() }).expect("purges");
    owner.put("secret/a/A", "v").expect("writes");
    assert_eq!(usage(&room, "secret/a/A"), None);
    owner.read("secret/a/A").expect("reads");
    assert_eq!(usage(&room, "secret/a/A").expect("was used").total, 1);
    owner.ask(&PurgeSecret { path: "secret/a/A".into() }).expect("purges");
    assert!(owner.ask(&of_secret("secret/a/A")).is_err());
    assert!(usage_keys(&room).is_empty());
}

#[test]
fn a_token_tells_of_its_uses_until_it_is_taken_back() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "v").expect("writes");
    let bearer = room.bearer("app", READS);
    let own = bearer.ask(&LookupToken(TokenReference::Own));
    let _denied = own.expect_err("its policy does not let it");
    let text = TokenReference::Text(bearer.token());
    let accessor = room.owner().ask(&LookupToken(text)).expect("looks up").token.accessor;
    let read = ReadUsage::new(UsageOf::Token(accessor.to_string()));
    bearer.read("secret/a/A").expect("reads");
    bearer.read("secret/a/A").expect("reads");
    let told = room.owner().ask(&read).expect("is told").expect("was used");
    assert_eq!((told.total, told.last), (3, room.clock_now()));
    let revoke = RevokeToken { which: TokenReference::Text(bearer.token()), orphans: false };
    bearer.read("secret/a/A").expect("reads");
    room.owner().ask(&revoke).expect("revokes");
    assert_eq!(room.owner().ask(&read).expect_err("is gone").kind(), Kind::InvalidRequest);
    kept(&room, &room.engine).expect("folds");
    // The root token that made it is there.
    let left = usage_keys(&room).into_iter().filter(|key| key.starts_with("usage/token/"));
    assert_eq!(left.count(), 1);
}

#[test]
fn a_secret_id_tells_of_its_logins_and_one_that_is_used_up_leaves_nothing() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Auth, "approle", "approle")).expect("mounts");
    let change = AppRoleChange { role_id: Some("id".into()), ..AppRoleChange::default() };
    let mount = "auth/approle";
    owner.ask(&WriteAppRole::new(mount, "web", AppRolePart::Whole, change)).expect("writes");
    let log_in = |secret: &SecretValue| {
        let copy = SecretValue::new(secret.expose().to_vec());
        let login = LoginAppRole::new(mount, SecretValue::from("id".to_owned()), copy);
        let mut actor: Actor<'_> = room.anonymous();
        actor.source = Some([10, 0, 0, 1].into());
        actor.ask(&login).map(drop)
    };
    let make = |uses| {
        let asked = SecretIdRequest { uses: Some(uses), ..SecretIdRequest::default() };
        owner.ask(&CreateSecretId::new(mount, "web", asked)).expect("makes one")
    };
    let (lasting, once) = (make(0), make(1));
    log_in(&lasting.text).expect("logs in");
    log_in(&lasting.text).expect("logs in");
    log_in(&once.text).expect("logs in");
    let of = |accessor: &str| {
        let (mount, role) = (mount.to_owned(), "web".to_owned());
        let of = UsageOf::SecretId { mount, role, accessor: accessor.to_owned() };
        owner.ask(&ReadUsage::new(of))
    };
    let told = of(&lasting.secret.accessor).expect("is told").expect("was used");
    assert_eq!(users(&told), [("10.0.0.1".to_owned(), 2)]);
    assert_eq!(of(&once.secret.accessor).expect_err("is gone").kind(), Kind::NotFound);
    assert_eq!(usage_keys(&room).len(), 1);
    let which = SecretIdReference::Accessor(lasting.secret.accessor.clone());
    owner.ask(&DestroySecretId::new(mount, "web", which)).expect("destroys");
    kept(&room, &room.engine).expect("folds");
    assert!(usage_keys(&room).is_empty());
}

#[test]
fn an_app_tells_when_each_credential_was_last_shown() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "v").expect("writes");
    let mut create = CreateApp::new("web", vec![]);
    let kinds = [CredentialKind::SecretId, CredentialKind::AccessKey, CredentialKind::ClientSecret];
    create.credentials = kinds.map(CredentialRequest::new).into();
    let made = room.owner().ask(&create).expect("makes the app");
    let last = || -> Vec<Option<Timestamp>> {
        let read = room.owner().ask(&ReadApp::new("web")).expect("is read");
        read.credentials.iter().map(|credential| credential.last_used).collect()
    };
    assert_eq!(last(), [None; 3]);
    let (key, client) = (&made.credentials[1], &made.credentials[2]);
    let found = room.engine.access_key(&key.shown).expect("is there");
    let caller: Result<Caller, ()> = found.prove(|_| Ok(()));
    let actor = room.caller(caller.expect("is proven"));
    // A request that is denied shows the key as well.
    assert!(actor.read("secret/a/A").is_err());
    assert_eq!(last(), [None, Some(room.clock_now()), None]);
    let secret = SecretValue::new(client.secret.expose().to_vec());
    let caller = room.engine.client(&client.shown, &secret).expect("is let in");
    assert!(room.caller(caller).read("secret/a/A").is_err());
    assert_eq!(last(), [None, Some(room.clock_now()), Some(room.clock_now())]);
    room.owner().ask(&DeleteApp::new("web")).expect("deletes");
    kept(&room, &room.engine).expect("folds");
    assert!(usage_keys(&room).is_empty());
}

/// A room on this store with so many secrets.
fn with_secrets(store: Arc<dyn Store>, count: usize) -> TestRoom {
    let room = TestRoom::on(store);
    let names: Vec<String> = (0..count).map(|number| format!("K{number:05}")).collect();
    for part in names.chunks(PUT_SECRETS_MAX) {
        let secrets = part.iter().map(|name| (format!("secret/a/{name}"), payload("v"))).collect();
        room.owner().ask(&PutSecrets { subject: "secret/a/".into(), secrets }).expect("writes");
    }
    room
}

/// Read secrets by their numbers, one after another or several at once.
fn read(room: &TestRoom, engine: &Engine, numbers: impl Iterator<Item = usize>) {
    let wanted = numbers.map(|number| {
        let name = format!("K{number:05}");
        (name.clone(), vec![format!("secret/a/{name}")])
    });
    let wanted: Vec<_> = wanted.collect();
    for part in wanted.chunks(500) {
        let read = ReadSecrets { subject: "secret/a/".into(), wanted: part.to_vec() };
        room.ask_of(engine, &read).expect("reads");
    }
}

#[test]
fn more_secrets_than_one_round_holds_are_counted_each() {
    let room = with_secrets(Arc::new(strongroom_store::memory::MemoryStore::new()), 4_500);
    read(&room, &room.engine, 0..4_500);
    read(&room, &room.engine, (0..4_500).filter(|number| number % 3 == 0));
    let counts = kept(&room, &room.engine).expect("folds");
    assert_eq!(counts.len(), 4_500);
    assert_eq!(counts, told(&room.audit()));
}

#[test]
fn whatever_commit_of_a_fold_fails_each_use_counts_once() {
    for fault in [Fault::Unavailable, Fault::UnknownApplied, Fault::UnknownLost] {
        for number in 1..=6 {
            let store = Arc::new(CrashStore::new());
            let room = with_secrets(Arc::clone(&store) as Arc<dyn Store>, 150);
            read(&room, &room.engine, 0..150);
            read(&room, &room.engine, 10..40);
            store.fail_commit(store.commits() + number, fault);
            let first = kept(&room, &room.engine);
            read(&room, &room.engine, 0..5);
            // A fault that the first one did not come to is met here.
            let counts = kept(&room, &room.engine).or_else(|_| kept(&room, &room.engine));
            let counts = counts.expect("folds");
            assert_eq!(counts, told(&room.audit()), "{fault:?} at {number}: {first:?}");
        }
    }
}

#[test]
fn a_process_that_dies_in_a_fold_is_followed_by_one_that_finishes_it() {
    for number in 1..=6 {
        let store = Arc::new(CrashStore::new());
        let room = with_secrets(Arc::clone(&store) as Arc<dyn Store>, 150);
        read(&room, &room.engine, 0..150);
        store.fail_commit(store.commits() + number, Fault::PowerLoss);
        let _ = kept(&room, &room.engine);
        let after: Arc<dyn Store> = Arc::new(store.crash());
        let second = room.engine_on(&after).expect("opens");
        read(&room, &second, 0..70);
        let counts = kept(&room, &second).expect("folds");
        assert_eq!(counts, told(&room.audit()), "at {number}");
    }
}

#[test]
fn two_processes_that_fold_beside_each_other_count_each_use_once() {
    let room = with_secrets(Arc::new(strongroom_store::memory::MemoryStore::new()), 150);
    let second = room.second_engine().expect("opens");
    std::thread::scope(|scope| {
        for engine in [&*room.engine, &second] {
            let room = &room;
            scope.spawn(move || {
                for round in 0..10 {
                    read(room, engine, (0..150).filter(|number| number % (round + 1) == 0));
                    kept(room, engine).expect("folds");
                }
            });
        }
    });
    let expected = told(&room.audit());
    assert_eq!(kept(&room, &room.engine).expect("folds"), expected);
    assert_eq!(kept(&room, &second).expect("folds"), expected);
}

fn segments(room: &TestRoom) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(room.audit_directory()).expect("is read");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    paths.sort();
    paths
}

#[test]
fn what_was_counted_stays_when_the_log_is_cut_or_another_one_begins() {
    for removed in [false, true] {
        let store: Arc<dyn Store> = Arc::new(strongroom_store::memory::MemoryStore::new());
        let room = with_secrets(Arc::clone(&store), 3);
        read(&room, &room.engine, 0..3);
        let place = std::fs::metadata(&segments(&room)[0]).expect("is there").len();
        read(&room, &room.engine, 0..3);
        assert_eq!(kept(&room, &room.engine).expect("folds").len(), 3);
        let path = segments(&room).pop().expect("has one");
        if removed {
            std::fs::remove_dir_all(room.audit_directory()).expect("is removed");
        } else {
            let file = std::fs::OpenOptions::new().write(true).open(path).expect("opens");
            file.set_len(place).expect("is cut");
        }
        room.clock.advance(Seconds(5));
        let second = room.second_engine().expect("opens");
        read(&room, &second, 0..2);
        let counts: Vec<_> = kept(&room, &second).expect("folds").into_values().collect();
        assert_eq!(counts, [3, 3, 2], "removed: {removed}");
        read(&room, &second, 0..1);
        let counts: Vec<_> = kept(&room, &second).expect("folds").into_values().collect();
        assert_eq!(counts, [4, 3, 2], "removed: {removed}");
    }
}

#[test]
fn a_fold_without_news_commits_nothing() {
    let store = Arc::new(CrashStore::new());
    let room = with_secrets(Arc::clone(&store) as Arc<dyn Store>, 2);
    read(&room, &room.engine, 0..2);
    kept(&room, &room.engine).expect("folds");
    let commits = store.commits();
    for _ in 0..3 {
        kept(&room, &room.engine).expect("folds");
    }
    assert_eq!(store.commits(), commits);
}
