//! What an engine has in memory of a store counts until another engine changes it, and not for one request longer.
//!
//! Each case asks twice before the change, so that the second answer comes from memory, and at once after it.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use strongroom_engine::operations::mount::{DisableMount, EnableMount, MountSide, MoveMount};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::quota::{DeleteRateLimit, WriteRateLimit};
use strongroom_engine::operations::token::{RevokeToken, TokenReference};
use strongroom_engine::operations::{PurgeSecret, PutSecret};
use strongroom_engine::{Error, Kind};
use strongroom_testkit::{Actor, TestRoom, payload};

const PATH: &str = "secret/app/KEY";
const POLICY: &str = r#"path "secret/*" { capabilities = ["read"] }
    path "team/*" { capabilities = ["read"] }"#;

/// Two engines on one store, a secret, and a token that may read it.
fn with_reader(run: impl FnOnce(&TestRoom, &strongroom_engine::Engine, &Actor<'_>)) {
    let room = TestRoom::new();
    let other = room.second_engine().expect("opens");
    room.owner().put(PATH, "1").expect("writes");
    let reader = room.bearer("reader", POLICY);
    assert_eq!(read_twice(&reader, PATH).as_deref(), Ok("1"));
    run(&room, &other, &reader);
}

fn read(reader: &Actor<'_>, path: &str) -> Result<String, Kind> {
    reader.read(path).map_err(|error: Error| error.kind())
}

fn read_twice(reader: &Actor<'_>, path: &str) -> Result<String, Kind> {
    let first = read(reader, path);
    assert_eq!(read(reader, path), first);
    first
}

#[test]
fn a_secret_that_another_engine_wrote_is_read_at_once() {
    with_reader(|room, other, reader| {
        for text in ["2", "3"] {
            room.ask_of(other, &PutSecret::new(PATH, payload(text))).expect("writes");
            assert_eq!(read_twice(reader, PATH).as_deref(), Ok(text));
        }
        while !room.ask_of(other, &PurgeSecret { path: PATH.into() }).expect("erases") {}
        assert_eq!(read_twice(reader, PATH), Err(Kind::NotFound));
        room.ask_of(other, &PutSecret::new(PATH, payload("4"))).expect("writes");
        assert_eq!(read_twice(reader, PATH).as_deref(), Ok("4"), "another secret of the name");
    });
}

#[test]
fn a_token_that_another_engine_revoked_is_refused_at_once() {
    with_reader(|room, other, reader| {
        let which = TokenReference::Text(Arc::clone(&reader.token()));
        room.ask_of(other, &RevokeToken { which, orphans: false }).expect("revokes");
        assert_eq!(read(reader, PATH), Err(Kind::Unauthenticated));
    });
}

#[test]
fn a_policy_that_another_engine_wrote_counts_at_once() {
    with_reader(|room, other, reader| {
        let nothing = r#"path "other/*" { capabilities = ["read"] }"#;
        room.ask_of(other, &WritePolicy::new("reader", nothing)).expect("writes");
        assert_eq!(read_twice(reader, PATH), Err(Kind::Forbidden));
        room.ask_of(other, &WritePolicy::new("reader", POLICY)).expect("writes");
        assert_eq!(read_twice(reader, PATH).as_deref(), Ok("1"));
    });
}

#[test]
fn mounts_that_another_engine_moved_and_removed_serve_other_secrets_at_once() {
    with_reader(|room, other, reader| {
        let mount = |path: &str| {
            let mut mount = EnableMount::new(MountSide::Secret, path, "kv");
            mount.settings.options.insert("version".into(), "2".into());
            room.ask_of(other, &mount).expect("mounts");
        };
        mount("team");
        room.ask_of(other, &PutSecret::new("team/a", payload("old"))).expect("writes");
        assert_eq!(read_twice(reader, "team/a").as_deref(), Ok("old"));
        let moved = MoveMount { from: "team".into(), to: "gone".into() };
        room.ask_of(other, &moved).expect("moves");
        assert!(read_twice(reader, "team/a").is_err());
        mount("team");
        assert_eq!(read_twice(reader, "team/a"), Err(Kind::NotFound));
        room.ask_of(other, &PutSecret::new("team/a", payload("new"))).expect("writes");
        assert_eq!(read_twice(reader, "team/a").as_deref(), Ok("new"));
        let removed = DisableMount::new(MountSide::Secret, "team");
        while !room.ask_of(other, &removed).expect("unmounts") {}
        assert!(read_twice(reader, "team/a").is_err());
    });
}

#[test]
fn a_rate_limit_that_another_engine_wrote_counts_at_once() {
    with_reader(|room, other, _| {
        let admitted = || (0..3).filter(|_| room.engine.admit(PATH, None).is_ok()).count();
        assert_eq!(admitted(), 3);
        room.ask_of(other, &WriteRateLimit::new("all", "", 1.0)).expect("writes");
        assert_eq!(admitted(), 1, "the clock stands still");
        room.ask_of(other, &DeleteRateLimit::new("all")).expect("removes");
        assert_eq!(admitted(), 3);
    });
}
