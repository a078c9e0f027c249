//! Whatever commit fails in whatever way: what was acknowledged is there, and nothing is half there.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use strongroom_core::model::{Selector, VersionNumber};
use strongroom_core::time::Seconds;
use strongroom_engine::audit::verify;
use strongroom_engine::operations::*;
use strongroom_engine::{Engine, Kind};
use strongroom_store::Store;
use strongroom_store::crash::{CrashStore, Fault};
use strongroom_testkit::{TestRoom, payload};

const FAULTS: &[Fault] = &[
    Fault::Busy,
    Fault::Full,
    Fault::PowerLoss,
    Fault::PowerLossAfter,
    Fault::ReadOnly,
    Fault::Unavailable,
    Fault::UnknownApplied,
    Fault::UnknownLost,
];

/// Writes, deletes and purges; returns the values that were acknowledged as current, and whether all went well.
fn script(room: &TestRoom) -> Vec<(String, Option<String>)> {
    let owner = room.owner();
    let mut acknowledged: Vec<(String, Option<String>)> = Vec::new();
    let mut note = |path: &str, value: Option<&str>| {
        acknowledged.retain(|(known, _)| known != path);
        acknowledged.push((path.to_owned(), value.map(str::to_owned)));
    };
    for (path, value) in [("secret/a/A", "1"), ("secret/a/B", "1"), ("secret/a/A", "2")] {
        if owner.put(path, value).is_err() {
            return acknowledged;
        }
        note(path, Some(value));
    }
    let secrets = ["C", "D"].map(|name| (format!("secret/a/{name}"), payload("1"))).into();
    if owner.ask(&PutSecrets { subject: "secret/a/".into(), secrets }).is_err() {
        return acknowledged;
    }
    note("secret/a/C", Some("1"));
    note("secret/a/D", Some("1"));
    let delete = DeleteSecret { path: "secret/a/B".into(), recovery: Seconds(60) };
    if owner.ask(&delete).is_err() {
        return acknowledged;
    }
    note("secret/a/B", None);
    if owner.ask(&PurgeSecret { path: "secret/a/C".into() }).is_err() {
        return acknowledged;
    }
    note("secret/a/C", None);
    acknowledged
}

/// Every record is whole, secrets and their names and values agree, and the audit log tells of every change.
fn is_sound(room: &TestRoom, engine: &Engine, context: &str) {
    let checked = room.ask_of(engine, &CheckRecords { after: None }).expect("is checked");
    assert!(checked.damaged.is_empty(), "{context}: {:?}", checked.damaged);
    assert!(checked.owners.is_subset(&checked.secrets), "{context}: values without a secret");
    let anchors = engine.anchors().expect("anchors");
    verify(&room.audit_directory(), &anchors.expectations())
        .unwrap_or_else(|error| panic!("{context}: {error}"));
}

#[test]
fn acknowledged_changes_survive_every_failure_of_every_commit() {
    for fault in FAULTS {
        for number in 2..=8 {
            let context = format!("{fault:?} at commit {number}");
            let crash = CrashStore::new();
            let room = TestRoom::on(Arc::new(crash.clone()));
            crash.fail_commit(number, *fault);
            let acknowledged = script(&room);
            let durable: Arc<dyn Store> = Arc::new(crash.crash());
            let engine =
                room.engine_on(&durable).unwrap_or_else(|error| panic!("{context}: {error}"));
            is_sound(&room, &engine, &context);
            // The change that was not acknowledged may be there, so only what it could not touch is compared.
            for (path, value) in acknowledged.iter().rev().skip(1) {
                let read = ReadSecret::new(path.clone(), Selector::Current);
                match (room.ask_of(&engine, &read), value) {
                    (Ok(read), Some(value)) if path != "secret/a/A" => {
                        assert_eq!(
                            read.payload.value().expose_text(),
                            Some(value.as_str()),
                            "{context}"
                        );
                    }
                    (Ok(_), Some(_)) => {}
                    (Err(error), None) => {
                        assert!(
                            matches!(error.kind(), Kind::Deleted | Kind::NotFound),
                            "{context}"
                        );
                    }
                    (Err(error), Some(_)) => {
                        let may_be_gone = path == "secret/a/B" || path == "secret/a/C";
                        assert!(may_be_gone, "{context}: {path}: {error}");
                    }
                    (Ok(_), None) => panic!("{context}: {path} came back"),
                }
            }
        }
    }
}

#[test]
fn a_record_that_was_committed_and_not_appended_is_appended_by_the_next_process() {
    let crash = CrashStore::new();
    let room = TestRoom::on(Arc::new(crash.clone()));
    room.owner().put("secret/a/A", "1").expect("writes");
    let logged = room.audit().len();
    crash.fail_commit(crash.commits() + 1, Fault::PowerLossAfter);
    assert!(room.owner().put("secret/a/A", "2").is_err());
    let written = |room: &TestRoom| {
        room.audit()
            .iter()
            .filter(|entry| {
                entry.operation.as_deref() == Some("secret-write") && entry.version == Some(2)
            })
            .count()
    };
    assert_eq!(written(&room), 0);
    let durable: Arc<dyn Store> = Arc::new(crash.crash());
    let engine = room.engine_on(&durable).expect("opens");
    assert_eq!(written(&room), 1, "{logged} records before");
    let read = ReadSecret::new("secret/a/A", Selector::Number(VersionNumber(2)));
    assert!(room.ask_of(&engine, &read).is_ok());
    is_sound(&room, &engine, "after the crash");
    drop(engine);
    let _again = room.engine_on(&durable).expect("opens");
    assert_eq!(written(&room), 1, "it is appended once");
}

#[test]
fn a_failed_write_can_be_repeated_once_the_store_works_again() {
    let crash = CrashStore::new();
    let room = TestRoom::on(Arc::new(crash.clone()));
    for fault in [Fault::Full, Fault::ReadOnly, Fault::Unavailable, Fault::Busy] {
        crash.fail_commits(Some(fault));
        assert_eq!(
            room.owner().put("secret/a/A", "1").expect_err("fails").kind(),
            Kind::Unavailable
        );
        crash.fail_commits(None);
        room.owner().put("secret/a/A", "1").expect("works again");
    }
    assert_eq!(room.owner().read("secret/a/A").expect("reads"), "1");
}

#[test]
fn a_store_that_cannot_be_read_gives_an_error_and_no_value() {
    let crash = CrashStore::new();
    let room = TestRoom::on(Arc::new(crash.clone()));
    room.owner().put("secret/a/A", "1").expect("writes");
    crash.fail_reads(true);
    assert_eq!(room.owner().read("secret/a/A").expect_err("fails").kind(), Kind::Unavailable);
    crash.fail_reads(false);
    assert_eq!(room.owner().read("secret/a/A").expect("reads"), "1");
}
