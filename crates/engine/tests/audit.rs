//! Every operation leaves one record, before its answer, and no record holds a value.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use strongroom_engine::operations::*;
use strongroom_engine::{Door, Kind, Principal, Request};
use strongroom_store::memory::MemoryStore;
use strongroom_store::{Range, Store};
use strongroom_testkit::{TestRoom, payload};

const CANARY: &str = "canary-value-0123456789";

fn outbox(room: &TestRoom) -> usize {
    room.store.list(&Range::prefix("sys/audit/outbox/")).expect("lists").entries.len()
}

#[test]
fn one_record_for_each_request_with_version_and_names() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", CANARY).expect("writes");
    owner.read("secret/a/A").expect("reads");
    let secrets = vec![("secret/a/B".to_owned(), payload(CANARY))];
    owner.ask(&PutSecrets { subject: "secret/a/".into(), secrets }).expect("writes");
    owner.read("secret/a/NONE").expect_err("is not there");
    let log = room.audit();
    let seen: Vec<_> = log
        .iter()
        .map(|entry| {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            (text(&entry.operation), text(&entry.path), entry.version, text(&entry.outcome))
        })
        .collect();
    let expected = [
        ("secret-write", "secret/a/A", Some(1), "allowed"),
        ("secret-read", "secret/a/A", Some(1), "allowed"),
        ("secrets-write", "secret/a/", None, "allowed"),
        ("secret-read", "secret/a/NONE", None, "failed"),
    ]
    .map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c, d.to_owned()));
    assert_eq!(seen, expected);
    assert_eq!(log[2].fields.get("written").map(String::as_str), Some("B@1"));
    let ids: std::collections::BTreeSet<_> = log.iter().map(|entry| &entry.request_id).collect();
    assert_eq!(ids.len(), log.len());
}

#[test]
fn no_value_is_in_the_log_or_in_clear_in_the_store() {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.put("secret/a/A", CANARY).expect("writes");
    owner.read("secret/a/A").expect("reads");
    let check =
        PutSecret { check_and_set: Some(9), ..PutSecret::new("secret/a/A", payload(CANARY)) };
    let error = owner.ask(&check).expect_err("is refused");
    assert!(!format!("{error} {error:?}").contains(CANARY));
    for file in std::fs::read_dir(room.audit_directory()).expect("the folder") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("is read");
        assert!(!String::from_utf8_lossy(&bytes).contains(CANARY));
    }
    for entry in room.store.list(&Range::prefix("")).expect("lists").entries {
        assert!(!String::from_utf8_lossy(&entry.value).contains(CANARY), "{}", entry.key);
    }
}

#[test]
fn what_cannot_be_audited_is_not_answered() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", CANARY).expect("writes");
    std::fs::remove_dir_all(room.audit_directory()).expect("is removed");
    std::fs::write(room.audit_directory(), "in its place").expect("is written");
    let error = room.owner().read("secret/a/A").expect_err("is refused");
    assert_eq!(error.kind(), Kind::AuditUnavailable);
    let error = room.owner().read("secret/a/NONE").expect_err("is refused");
    assert_eq!(error.kind(), Kind::AuditUnavailable);
}

#[test]
fn outbox_entries_go_with_the_next_change_once_the_log_is_on_disk() {
    let room = TestRoom::new();
    let owner = room.owner();
    for _ in 0..3 {
        owner.put("secret/a/A", "v").expect("writes");
    }
    assert_eq!(outbox(&room), 3);
    room.engine.audit().sync().expect("syncs");
    owner.put("secret/a/A", "v").expect("writes");
    assert_eq!(outbox(&room), 1, "only that of the last change is left");
}

#[test]
fn a_second_process_appends_nothing_twice_and_clears_what_the_first_left() {
    let room = TestRoom::new();
    room.owner().put("secret/a/A", "v").expect("writes");
    let records = room.audit().len();
    let second = room.second_engine().expect("opens");
    assert_eq!(room.audit().len(), records);
    second.audit().sync().expect("syncs");
    room.ask_of(&second, &PutSecret::new("secret/a/A", payload("w"))).expect("writes");
    assert_eq!(outbox(&room), 1);
}

#[test]
fn outbox_entries_do_not_pile_up_without_a_flusher_and_are_cleared_at_the_next_opening() {
    let room = TestRoom::new();
    let owner = room.owner();
    let most = (0..400).map(|_| {
        owner.put("secret/a/A", "v").expect("writes");
        outbox(&room)
    });
    assert_eq!(most.max(), Some(129));
    while outbox(&room) < 129 {
        owner.put("secret/a/A", "v").expect("writes");
    }
    let _second = room.second_engine().expect("opens");
    assert!(outbox(&room) <= 16, "{}", outbox(&room));
}

#[test]
fn two_engines_write_one_chain() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let room = TestRoom::on(store);
    let second = room.second_engine().expect("opens");
    for index in 0..20 {
        let put = PutSecret::new(format!("secret/a/K{index}"), payload("v"));
        let engine = if index % 2 == 0 { &room.engine } else { &second };
        room.ask_of(engine, &put).expect("writes");
    }
    let log = room.audit();
    let numbers: Vec<_> = log.iter().map(|entry| entry.seq).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_request_that_changes_something_more_than_once_does_not_hold_up_the_next() {
    let room = TestRoom::new();
    let request = Request::new(Principal::local_owner("owner"), Door::Cli, &*room.random);
    for round in 0..3 {
        let put = PutSecret::new(format!("secret/a/K{round}"), payload("v"));
        room.engine.execute(&request, &put).expect("writes");
        room.engine.audit().sync().expect("syncs");
    }
    for round in 0..3 {
        room.owner().put(&format!("secret/b/K{round}"), "v").expect("writes");
    }
}
