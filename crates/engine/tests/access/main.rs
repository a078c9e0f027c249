//! Access: what is not granted is denied, for every operation, and every denial is in the audit log.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod approle;
mod apps;
mod audit_devices;
mod aws;
mod capabilities;
mod cubbyhole;
mod explain;
mod identity;
mod jwt;
mod kv;
mod leases;
mod mounts;
mod pki;
mod policies;
mod quotas;
mod seal;
mod secrets;
mod system;
mod tokens;
mod transit;
mod usage;
mod userpass;
mod wrapping;

use strongroom_core::crypto::seal::UnsealKey;
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::token::{LookupToken, TokenReference, TokenRequest};
use strongroom_engine::operations::*;
use strongroom_engine::{Error, Kind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

const PATH: &str = "secret/app/KEY";

/// One operation: its name, what it needs, and a way to ask for it.
struct Case {
    name: &'static str,
    policy: &'static str,
    ask: fn(&Actor<'_>, &UnsealKey) -> Result<(), Error>,
}

/// An operation that anybody may ask for: its name, and a way to ask for it in a mount.
struct OpenCase {
    name: &'static str,
    ask: fn(&Actor<'_>, &str) -> Result<(), Error>,
}

/// The operations that anybody may ask for, each with the mount that has what they answer.
const OPEN: &[(&str, &[OpenCase])] = &[
    ("identity", identity::OPEN),
    ("auth/jwt", jwt::OPEN),
    ("pki", pki::OPEN),
    ("auth/apps", approle::OPEN),
    ("auth/people", userpass::OPEN),
];

/// The operations of each part of the engine.
const TABLES: &[&[Case]] = &[
    apps::CASES,
    seal::CASES,
    secrets::CASES,
    policies::CASES,
    audit_devices::CASES,
    aws::CASES,
    capabilities::CASES,
    explain::CASES,
    leases::CASES,
    quotas::CASES,
    system::CASES,
    mounts::CASES,
    pki::CASES,
    tokens::CASES,
    transit::CASES,
    kv::CASES,
    cubbyhole::CASES,
    wrapping::CASES,
    identity::CASES,
    identity::OIDC_CASES,
    jwt::CASES,
    approle::CASES,
    usage::CASES,
    userpass::CASES,
];

fn cases() -> impl Iterator<Item = &'static Case> {
    TABLES.iter().copied().flatten()
}

fn open_cases() -> impl Iterator<Item = (&'static str, &'static OpenCase)> {
    OPEN.iter().flat_map(|(mount, cases)| cases.iter().map(move |case| (*mount, case)))
}

fn room() -> (TestRoom, UnsealKey) {
    let room = TestRoom::new();
    room.owner().put(PATH, "value").expect("writes");
    pki::prepare(&room);
    transit::prepare(&room);
    approle::prepare(&room);
    apps::prepare(&room);
    userpass::prepare(&room);
    jwt::prepare(&room);
    let key = UnsealKey::generate(&*room.random);
    (room, key)
}

/// A room with what is open in it.
fn open_room() -> TestRoom {
    let (room, _) = room();
    userpass::prepare_user(&room);
    room
}

/// Every record but those that each change writes, with its revision.
fn records(room: &TestRoom) -> Vec<(String, u64)> {
    let page = room.store.list(&Range::prefix("")).expect("lists");
    let entries = page.entries.into_iter();
    entries.map(|entry| (entry.key.to_string(), entry.revision.0)).collect()
}

#[test]
fn every_operation_is_in_the_table() {
    // What is due and what is to be wrapped was authorised when it was asked for, and nobody else asks for it. A wrapping
    // token says all of itself to whoever shows it.
    // Who finishes a login by browser has taken one. Which mounts somebody sees follows from all of their policies, see
    // tests/mounts.rs. Who logs in as a client of an app names no mount.
    // A password that is kept nowhere is made for whoever is known, who may also ask who they are, and for a session of
    // the token that they show. A batch says of each secret why it is not read, and AWS's list has what may be seen
    // (`tests/aws`).
    let mut table = vec![
        "BatchGetSecretValue",
        "FinishOidcLogin",
        "GetCallerIdentity",
        "GetRandomPassword",
        "ListSecrets",
        "ListVisibleMounts",
        "LogInClient",
        "LookUpWrapping",
        "ReadVisibleMount",
        "SessionForCaller",
        "Sweep",
        "WrapAnswer",
    ];
    table.extend(cases().map(|case| case.name));
    table.extend(open_cases().map(|(_, case)| case.name));
    table.sort_unstable();
    let mut names = Vec::new();
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    operations_below(&source, &mut names);
    names.sort();
    assert_eq!(names, table);
}

fn operations_below(folder: &std::path::Path, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            operations_below(&path, names);
            continue;
        }
        let text = std::fs::read_to_string(path).expect("the file is read");
        names.extend(text.lines().filter_map(|line| {
            let rest = line.strip_prefix("impl Operation for ")?;
            Some(rest.trim_end_matches(" {").trim_end_matches("<'_>").to_owned())
        }));
    }
}

#[test]
fn what_is_open_is_answered_to_anybody_and_recorded_once() {
    for (mount, case) in open_cases() {
        let room = open_room();
        let bad = room.with_token(PlainToken::new(b"hvs.none".to_vec()));
        for actor in [room.anonymous(), room.bearer("nobody", ""), bad, room.root()] {
            let logged = room.audit().len();
            (case.ask)(&actor, mount).unwrap_or_else(|error| panic!("{}: {error}", case.name));
            let log = room.audit();
            assert_eq!(log.len(), logged + 1, "{}", case.name);
            let last = log.last().expect("a record");
            assert!(last.raw().contains("anonymous"), "{}: {}", case.name, last.raw());
        }
    }
}

#[test]
fn what_is_open_uses_no_token_up() {
    for (mount, case) in open_cases() {
        let room = open_room();
        let asked = TokenRequest { uses: 1, ..TokenRequest::default() };
        let actor = room.root().child(asked).expect("makes the token");
        for _ in 0..3 {
            (case.ask)(&actor, mount).expect(case.name);
        }
        let own = LookupToken(TokenReference::Own);
        actor.ask(&own).expect("has its use");
        assert_eq!(actor.ask(&own).expect_err("has none").kind(), Kind::Unauthenticated);
    }
}

#[test]
fn what_is_open_is_denied_in_every_other_mount() {
    for (mount, case) in open_cases() {
        let room = open_room();
        for other in ["secret", "sys", "auth/token", "transit", "nowhere", "pki/x", "pki/../pki"] {
            assert_ne!(mount, other);
            let error = (case.ask)(&room.anonymous(), other).expect_err(case.name);
            assert_eq!(error.kind(), Kind::Forbidden, "{} in {other}", case.name);
        }
    }
}

#[test]
fn without_a_policy_every_operation_is_denied_changes_nothing_and_is_recorded_once() {
    for case in cases() {
        let (room, key) = room();
        let nobody = room.bearer("nobody", "");
        let (before, logged) = (records(&room), room.audit().len());
        let error = (case.ask)(&nobody, &key).expect_err(case.name);
        assert_eq!(error.kind(), Kind::Forbidden, "{}", case.name);
        assert_eq!(records(&room), before, "{}", case.name);
        let log = room.audit();
        assert_eq!(log.len(), logged + 1, "{}", case.name);
        let last = log.last().expect("a record");
        assert_eq!(last.outcome.as_deref(), Some("denied"), "{}", case.name);
        assert!(last.fields.contains_key("reason"), "{}: {}", case.name, last.raw());
    }
}

#[test]
fn each_operation_is_allowed_by_what_it_needs() {
    for case in cases() {
        let (room, key) = room();
        let actor = room.bearer("app", case.policy);
        (case.ask)(&actor, &key).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    }
}

#[test]
fn each_operation_is_denied_with_every_capability_but_one_of_those_it_needs() {
    // Whoever may do anything there may know of it.
    for case in cases().filter(|case| case.name != "CheckKnown") {
        let all = ["create", "read", "update", "patch", "delete", "list", "sudo"];
        for needed in all.iter().filter(|word| case.policy.contains(&format!("\"{word}\""))) {
            let others: Vec<_> = all
                .iter()
                .filter(|word| *word != needed)
                .map(|word| format!("\"{word}\""))
                .collect();
            let path = case.policy.split('"').nth(1).expect("a path");
            let policy = format!("path \"{path}\" {{ capabilities = [{}] }}", others.join(", "));
            let (room, key) = room();
            let actor = room.bearer("app", &policy);
            let error = (case.ask)(&actor, &key).expect_err(case.name);
            assert_eq!(error.kind(), Kind::Forbidden, "{} without {needed}", case.name);
        }
    }
}

#[test]
fn creating_needs_create_and_a_denial_does_not_tell_whether_the_secret_exists() {
    let (room, _) = room();
    let creator = room.actor("creator", r#"path "secret/app/*" { capabilities = ["create"] }"#);
    creator.put("secret/app/NEW", "v").expect("creates");
    assert_eq!(
        creator.put("secret/app/NEW", "v").expect_err("needs update").kind(),
        Kind::Forbidden
    );
    let nobody = room.actor("nobody", "");
    let message = |path: &str| {
        let error = nobody.put(path, "v").expect_err("is denied").to_string();
        error.replace(path, "PATH")
    };
    assert_eq!(message(PATH), message("secret/app/NONE"));
}

#[test]
fn a_list_holds_only_what_the_caller_may_see() {
    let room = TestRoom::new();
    let owner = room.owner();
    for path in
        ["secret/a/ONE", "secret/a/TWO", "secret/a/sub/X", "secret/a/hidden/Y", "secret/b/Z"]
    {
        owner.put(path, "v").expect("writes");
    }
    let actor = room.actor(
        "app",
        r#"path "secret/a/" { capabilities = ["list"] }
           path "secret/a/ONE" { capabilities = ["read"] }
           path "secret/a/sub/*" { capabilities = ["read"] }"#,
    );
    let listed = |recursive| {
        let list = ListSecrets { recursive, ..ListSecrets::below("secret/a/") };
        let page = actor.ask(&list).expect("lists");
        let names = page.entries.into_iter().map(|entry| match entry {
            Listed::Folder(path) | Listed::Secret { path, .. } => path,
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(listed(false), ["secret/a/ONE", "secret/a/sub/"]);
    assert_eq!(listed(true), ["secret/a/ONE", "secret/a/sub/X"]);
    let denied = actor.ask(&ListSecrets::below("secret/b/")).expect_err("is denied");
    assert_eq!(denied.kind(), Kind::Forbidden);
}

#[test]
fn a_list_goes_on_where_the_page_before_ended() {
    let room = TestRoom::new();
    let owner = room.owner();
    for index in 0..7 {
        owner.put(&format!("secret/a/K{index}"), "v").expect("writes");
        owner.put(&format!("secret/a/f{index}/X"), "v").expect("writes");
    }
    for limit in 1..=15 {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let list = ListSecrets { after, limit, ..ListSecrets::below("secret/a/") };
            let page = owner.ask(&list).expect("lists");
            assert!(page.entries.len() <= limit);
            seen.extend(page.entries);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen.len(), 14, "limit {limit}");
    }
}

#[test]
fn more_slashes_do_not_lead_around_a_denied_folder() {
    let room = TestRoom::new();
    room.owner().put("secret/private/KEY", "v").expect("writes");
    let actor = room.actor(
        "app",
        r#"path "secret/*" { capabilities = ["list", "read"] }
           path "secret/private/" { capabilities = ["deny"] }"#,
    );
    let kind =
        |prefix: &str| actor.ask(&ListSecrets::below(prefix)).map(drop).expect_err(prefix).kind();
    assert_eq!(kind("secret/private/"), Kind::Forbidden);
    for prefix in ["secret/private//", "secret/private///", "secret//private/", "secret/private"] {
        assert!(matches!(kind(prefix), Kind::Forbidden | Kind::InvalidRequest), "{prefix}");
    }
}

#[test]
fn a_folder_with_the_last_of_all_names_is_listed_once() {
    let room = TestRoom::new();
    let owner = room.owner();
    let last = char::MAX.to_string().repeat(3);
    for path in
        [format!("secret/a/f/{last}"), format!("secret/a/f/{last}/x"), "secret/a/g".to_owned()]
    {
        owner.put(&path, "v").expect("writes");
    }
    let list = ListSecrets { limit: 5, ..ListSecrets::below("secret/a/") };
    let page = owner.ask(&list).expect("lists");
    assert_eq!(page.entries.len(), 2, "{:?}", page.entries);
}

#[test]
fn a_caller_who_may_not_write_does_not_learn_that_a_record_is_damaged() {
    let (room, _) = room();
    let page = room.store.list(&Range::prefix("secret/")).expect("lists");
    let key = page.entries[0].key.clone();
    let writes = vec![strongroom_store::Write::Put(key, vec![1; 60].into())];
    room.store.commit(strongroom_store::Batch { preconditions: vec![], writes }).expect("damages");
    let nobody = room.actor("nobody", "");
    assert_eq!(nobody.put(PATH, "v").expect_err("is denied").kind(), Kind::Forbidden);
    assert_eq!(room.owner().put(PATH, "v").expect_err("is damaged").kind(), Kind::Internal);
}

#[test]
fn a_page_does_not_tell_that_something_hidden_follows() {
    let room = TestRoom::new();
    for path in ["secret/a/A", "secret/a/B", "secret/a/hidden/X", "secret/a/z"] {
        room.owner().put(path, "v").expect("writes");
    }
    let actor = room.actor(
        "app",
        r#"path "secret/a/" { capabilities = ["list"] }
           path "secret/a/A" { capabilities = ["read"] }
           path "secret/a/B" { capabilities = ["read"] }"#,
    );
    let page = |limit| {
        actor.ask(&ListSecrets { limit, ..ListSecrets::below("secret/a/") }).expect("lists")
    };
    assert_eq!((page(2).entries.len(), page(2).next), (2, None));
    assert_eq!((page(1).entries.len(), page(1).next), (1, Some("secret/a/A".to_owned())));
}
