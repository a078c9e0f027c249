//! Mounts: the one that is there from the start, and which of them somebody sees.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_engine::operations::PutSecret;
use strongroom_engine::operations::kv::WriteKvConfig;
use strongroom_engine::operations::mount::*;
use strongroom_engine::operations::token::{LookupToken, TokenReference, TokenRequest};
use strongroom_engine::{Error, Kind, MountKind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom, payload};

fn enable(actor: &Actor<'_>, kind: &str, version: Option<&str>) -> Result<(), Error> {
    let mut mount = EnableMount::new(MountSide::Secret, "secret", kind);
    let version = version.map(|version| ("version".to_owned(), version.to_owned()));
    mount.settings.options = version.into_iter().collect();
    actor.ask(&mount)
}

fn kind(room: &TestRoom) -> MountKind {
    let read = room.root().ask(&ReadMount::new(MountSide::Secret, "secret", false));
    read.expect("there is one").mount.kind
}

fn paths(mounts: &[MountRead]) -> Vec<&str> {
    mounts.iter().map(|mount| mount.path.as_str()).collect()
}

#[test]
fn the_mount_of_the_start_is_mounted_anew_while_nothing_was_done_with_it() {
    for (word, version, becomes) in [
        ("kv", Some("2"), MountKind::KeyValue),
        ("kv", None, MountKind::KeyValueUnversioned),
        ("kv", Some("1"), MountKind::KeyValueUnversioned),
        ("transit", None, MountKind::Transit),
    ] {
        let room = TestRoom::new();
        enable(&room.root(), word, version).expect("takes the place of the first");
        assert_eq!(kind(&room), becomes, "{word} {version:?}");
        room.engine.sweep(100).expect("sweeps");
        if becomes != MountKind::Transit {
            room.owner().put("secret/a", "v").expect("writes");
            assert_eq!(room.owner().read("secret/a").expect("reads"), "v");
        }
        let again = enable(&room.root(), "kv", Some("2")).expect_err("is somebody's now");
        assert_eq!(again.to_string(), "path is already in use at secret/");
    }
}

#[test]
fn a_mount_of_the_start_that_holds_something_stays() {
    let stays = |room: &TestRoom| {
        let error = enable(&room.root(), "kv", Some("1")).expect_err("is in use");
        assert_eq!(error.to_string(), "path is already in use at secret/");
        assert_eq!(kind(room), MountKind::KeyValue);
    };
    let room = TestRoom::new();
    room.owner().put("secret/a", "v").expect("writes");
    stays(&room);
    assert_eq!(room.owner().read("secret/a").expect("reads"), "v");

    let room = TestRoom::new();
    let tuned = MountChange { description: Some("ours".to_owned()), ..MountChange::default() };
    room.root().ask(&TuneMount::new(MountSide::Secret, "secret", tuned)).expect("tunes");
    stays(&room);

    let room = TestRoom::new();
    let mut config = WriteKvConfig::new("secret");
    config.versions_max = Some(3);
    room.root().ask(&config).expect("configures");
    stays(&room);
}

#[test]
fn a_secret_that_is_written_while_its_mount_is_mounted_anew_is_kept() {
    let room = TestRoom::new();
    let before = room.store.list(&Range::prefix("secret/")).expect("lists");
    assert!(before.entries.is_empty());
    // A second process has the mount table of before in memory when it writes.
    let second = room.second_engine().expect("opens");
    room.ask_of(&second, &ListMounts(MountSide::Secret)).expect("reads the table");
    enable(&room.root(), "kv", Some("2")).expect("mounts");
    room.ask_of(&second, &PutSecret::new("secret/a", payload("v"))).expect("writes");
    room.engine.sweep(100).expect("sweeps");
    assert_eq!(room.owner().read("secret/a").expect("reads"), "v");
}

#[test]
fn nothing_else_is_mounted_where_the_mount_of_the_start_is() {
    let room = TestRoom::new();
    for path in ["secret/a", "secret/a/b"] {
        let inside = EnableMount::new(MountSide::Secret, path, "kv");
        let error = room.root().ask(&inside).expect_err("is inside");
        assert_eq!(error.to_string(), "path is already in use at secret/");
    }
    let moved = MoveMount { from: "secret".into(), to: "other".into() };
    room.root().ask(&moved).expect("moves");
    let error = room.root().ask(&EnableMount::new(MountSide::Secret, "other", "kv"));
    assert_eq!(error.expect_err("is there").to_string(), "path is already in use at other/");
}

#[test]
fn who_may_do_anything_below_a_mount_sees_it() {
    let room = TestRoom::new();
    for path in ["team", "other", "shown"] {
        room.root().ask(&EnableMount::new(MountSide::Secret, path, "kv")).expect("mounts");
    }
    room.root().ask(&EnableMount::new(MountSide::Auth, "apps", "approle")).expect("mounts");
    let visibility = Some("unauth".to_owned());
    let shown = MountChange { listing_visibility: visibility, ..MountChange::default() };
    room.root().ask(&TuneMount::new(MountSide::Secret, "shown", shown)).expect("tunes");

    let writer = room.bearer(
        "writer",
        r#"path "team/only/this" { capabilities = ["create"] }
           path "other/*" { capabilities = ["deny"] }"#,
    );
    let seen = writer.ask(&ListVisibleMounts).expect("lists");
    assert!(seen.is_known);
    assert!(paths(&seen.secret).contains(&"team") && paths(&seen.secret).contains(&"shown"));
    assert!(!paths(&seen.secret).contains(&"other") && !paths(&seen.secret).contains(&"secret"));
    assert!(!paths(&seen.auth).contains(&"apps"));
    let read = writer.ask(&ReadVisibleMount::new("team/any/thing")).expect("reads");
    assert_eq!((read.path.as_str(), read.mount.kind), ("team", MountKind::KeyValueUnversioned));

    let everything = room.root().ask(&ListVisibleMounts).expect("lists");
    assert!(
        paths(&everything.secret).contains(&"sys") && paths(&everything.auth).contains(&"apps")
    );
}

#[test]
fn a_mount_that_is_hidden_and_one_that_is_not_there_are_one_answer() {
    let room = TestRoom::new();
    let actor = room.bearer("nobody", "");
    let message = |path: &str| {
        let error = actor.ask(&ReadVisibleMount::new(path)).map(drop).expect_err("is hidden");
        assert_eq!(error.kind(), Kind::Forbidden, "{path}");
        error.to_string().replace(path, "PATH")
    };
    assert_eq!(message("secret/a"), message("nowhere/a"));
    let anonymous = room.anonymous();
    let seen = anonymous.ask(&ListVisibleMounts).expect("lists");
    assert!(!seen.is_known && seen.secret.is_empty() && seen.auth.is_empty());
    let error = anonymous.ask(&ReadVisibleMount::new("secret")).map(drop).expect_err("is denied");
    assert_eq!(error.kind(), Kind::Forbidden);
}

#[test]
fn looking_for_a_mount_is_no_use_of_a_token() {
    let room = TestRoom::new();
    let asked = TokenRequest { uses: 1, ..TokenRequest::default() };
    let actor = room.root().child(asked).expect("makes the token");
    for _ in 0..3 {
        actor.ask(&ReadVisibleMount::new("secret/a")).expect("reads");
        actor.ask(&ListVisibleMounts).expect("lists");
    }
    let own = LookupToken(TokenReference::Own);
    actor.ask(&own).expect("has its use");
    let error = actor.ask(&ReadVisibleMount::new("secret/a")).map(drop).expect_err("has none");
    assert_eq!(error.kind(), Kind::Unauthenticated);
}
