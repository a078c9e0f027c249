//! Cubbyholes: each token's own, gone with the token.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::model::VALUE_BYTES_MAX;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::{AskedLifetime, TokenKind};
use strongroom_engine::operations::cubbyhole::*;
use strongroom_engine::operations::token::{RevokeToken, TokenReference, TokenRequest};
use strongroom_engine::{Error, Kind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

fn write(actor: &Actor<'_>, path: &str, text: &str) -> Result<(), Error> {
    let value = SecretValue::new(text.as_bytes().to_vec());
    actor.ask(&WriteCubbyhole { path: path.into(), value })
}

fn read(actor: &Actor<'_>, path: &str) -> Result<String, Error> {
    let value = actor.ask(&ReadCubbyhole { path: path.into() })?;
    Ok(value.expose_text().expect("text").to_owned())
}

fn token<'r>(room: &'r TestRoom, asked: TokenRequest) -> Actor<'r> {
    room.root().child(asked).expect("makes the token")
}

fn kept(room: &TestRoom) -> usize {
    room.store.list(&Range::prefix("logical/")).expect("lists").entries.len()
}

#[test]
fn what_a_token_keeps_is_its_own() {
    let room = TestRoom::new();
    let (one, other) = (room.root(), room.root());
    write(&one, "cubbyhole/a/b", "1").expect("writes");
    assert_eq!(read(&one, "cubbyhole/a/b").expect("reads"), "1");
    assert_eq!(read(&other, "cubbyhole/a/b").expect_err("has none").kind(), Kind::NotFound);
    assert!(other.ask(&ListCubbyhole::new("cubbyhole")).expect("lists").is_empty());
    other.ask(&DeleteCubbyhole { path: "cubbyhole/a/b".into() }).expect("deletes nothing");
    write(&one, "cubbyhole/a/b", "2").expect("writes over it");
    assert_eq!(read(&one, "cubbyhole/a/b").expect("reads"), "2");
    one.ask(&DeleteCubbyhole { path: "cubbyhole/a/b".into() }).expect("deletes");
    assert_eq!(read(&one, "cubbyhole/a/b").expect_err("is gone").kind(), Kind::NotFound);
}

#[test]
fn a_folder_is_listed_with_its_folders() {
    let room = TestRoom::new();
    let root = room.root();
    for path in ["cubbyhole/a", "cubbyhole/a/b", "cubbyhole/a/c/d", "cubbyhole/z"] {
        write(&root, path, "v").expect("writes");
    }
    let list = |folder: &str| root.ask(&ListCubbyhole::new(folder)).expect("lists");
    assert_eq!(list("cubbyhole"), ["a", "a/", "z"]);
    assert_eq!(list("cubbyhole/a/"), ["b", "c/"]);
    assert!(list("cubbyhole/none").is_empty());
}

#[test]
fn nobody_without_a_kept_token_has_a_cubbyhole() {
    let room = TestRoom::new();
    let batch = token(&room, TokenRequest { kind: Some(TokenKind::Batch), ..Default::default() });
    for error in [
        write(&batch, "cubbyhole/a", "v").expect_err("is refused"),
        read(&batch, "cubbyhole/a").map(drop).expect_err("is refused"),
    ] {
        assert_eq!(error.kind(), Kind::InvalidRequest);
    }
    let anonymous = write(&room.anonymous(), "cubbyhole/a", "v").expect_err("is refused");
    assert_eq!(anonymous.kind(), Kind::Forbidden);
    let owner = write(&room.owner(), "cubbyhole/a", "v").expect_err("has no token");
    assert_eq!(owner.kind(), Kind::Unauthenticated);
    assert_eq!(kept(&room), 0);
}

#[test]
fn what_a_token_keeps_goes_with_it() {
    let room = TestRoom::new();
    let lifetime = AskedLifetime { ttl: Seconds(60), ..AskedLifetime::default() };
    let ending = token(&room, TokenRequest { lifetime, ..Default::default() });
    write(&ending, "cubbyhole/a", "v").expect("writes");
    let revoked = token(&room, TokenRequest::default());
    write(&revoked, "cubbyhole/a", "v").expect("writes");
    assert_eq!(kept(&room), 2);
    revoked.ask(&RevokeToken { which: TokenReference::Own, orphans: false }).expect("revokes");
    assert_eq!(kept(&room), 1);
    room.clock.advance(Seconds(61));
    room.engine.sweep(100).expect("sweeps");
    assert_eq!(kept(&room), 0);
}

#[test]
fn the_last_use_of_a_token_leaves_nothing_behind() {
    let room = TestRoom::new();
    let actor = token(&room, TokenRequest { uses: 2, ..TokenRequest::default() });
    write(&actor, "cubbyhole/a", "v").expect("writes");
    write(&actor, "cubbyhole/b", "v").expect("writes");
    assert_eq!(read(&actor, "cubbyhole/a").expect_err("is used up").kind(), Kind::Unauthenticated);
    room.engine.sweep(100).expect("sweeps");
    assert_eq!(kept(&room), 0);
}

#[test]
fn a_cubbyhole_is_held_to_its_limits() {
    let room = TestRoom::new();
    let root = room.root();
    write(&root, "cubbyhole/a", &"x".repeat(VALUE_BYTES_MAX)).expect("fits");
    let long = write(&root, "cubbyhole/a", &"x".repeat(VALUE_BYTES_MAX + 1));
    assert_eq!(long.expect_err("is too long").kind(), Kind::InvalidRequest);
    for index in 1..CUBBYHOLE_ENTRIES_MAX {
        write(&root, &format!("cubbyhole/{index}"), "v").expect("fits");
    }
    let more = write(&root, "cubbyhole/more", "v").expect_err("is one too many");
    assert_eq!(more.kind(), Kind::InvalidRequest);
    write(&root, "cubbyhole/1", "over what is there").expect("fits");
    for path in ["cubbyhole/..", "cubbyhole/a//b", &format!("cubbyhole/{}", "x".repeat(513))] {
        assert!(write(&room.root(), path, "v").is_err(), "{path}");
    }
}
