//! The crash store fails as it is told.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::time::Duration;

use strongroom_store::crash::{CrashStore, Fault};
use strongroom_store::{Batch, CommitError, Key, Range, ReadError, Revision, Store, Write};

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

fn put(store: &CrashStore, name: &str) -> Result<Revision, CommitError> {
    let writes = vec![Write::Put(key(name), b"v"[..].into())];
    store.commit(Batch { writes, ..Batch::default() })
}

fn is_there(store: &CrashStore, name: &str) -> bool {
    store.get(&key(name)).unwrap().is_some()
}

#[test]
fn faults_before_the_commit_apply_nothing_and_name_themselves() {
    let store = CrashStore::new();
    let faults =
        [Fault::Busy, Fault::Full, Fault::ReadOnly, Fault::Unavailable, Fault::UnknownLost];
    for (number, fault) in (1..).zip(faults) {
        store.fail_commit(number, fault);
    }
    assert!(matches!(put(&store, "a"), Err(CommitError::Busy)));
    assert!(matches!(put(&store, "a"), Err(CommitError::Full)));
    assert!(matches!(put(&store, "a"), Err(CommitError::ReadOnly)));
    assert!(matches!(put(&store, "a"), Err(CommitError::Unavailable(_))));
    assert!(matches!(put(&store, "a"), Err(CommitError::Unknown(_))));
    assert!(!is_there(&store, "a"));
    assert!(put(&store, "a").is_ok());
    assert_eq!(store.commits(), 6);
}

#[test]
fn an_unknown_commit_that_was_applied_is_there() {
    let store = CrashStore::new();
    store.fail_commit(1, Fault::UnknownApplied);
    assert!(matches!(put(&store, "a"), Err(CommitError::Unknown(_))));
    assert!(is_there(&store, "a"));
    assert!(is_there(&store.crash(), "a"));
}

#[test]
fn a_refused_precondition_is_not_hidden_by_a_fault_after_the_commit() {
    let store = CrashStore::new();
    put(&store, "a").unwrap();
    store.fail_commit(2, Fault::UnknownApplied);
    let preconditions = vec![strongroom_store::Precondition::Absent(key("a"))];
    let outcome = store.commit(Batch { preconditions, writes: Vec::new() });
    assert!(matches!(outcome, Err(CommitError::PreconditionFailed(_))));
}

#[test]
fn power_loss_keeps_what_was_acknowledged_and_stops_everything() {
    for (fault, last) in [(Fault::PowerLoss, false), (Fault::PowerLossAfter, true)] {
        let store = CrashStore::new();
        store.fail_commit(2, fault);
        let mut watch = store.watch(Revision(0)).unwrap();
        put(&store, "a").unwrap();
        assert!(put(&store, "b").is_err());
        assert!(matches!(put(&store, "c"), Err(CommitError::Unavailable(_))));
        assert!(matches!(store.get(&key("a")), Err(ReadError::Unavailable(_))));
        assert!(matches!(store.list(&Range::prefix("")), Err(ReadError::Unavailable(_))));
        assert!(matches!(watch.next(Duration::ZERO), Err(ReadError::Unavailable(_))));
        let after = store.crash();
        assert!(is_there(&after, "a"));
        assert_eq!(is_there(&after, "b"), last);
        assert!(!is_there(&after, "c"));
        assert!(put(&after, "d").is_ok());
    }
}

#[test]
fn reads_fail_until_they_may_work_again() {
    let store = CrashStore::new();
    put(&store, "a").unwrap();
    store.fail_reads(true);
    assert!(matches!(store.get(&key("a")), Err(ReadError::Unavailable(_))));
    assert!(matches!(store.watch(Revision(0)).map(|_| ()), Err(ReadError::Unavailable(_))));
    assert!(put(&store, "b").is_ok(), "commits are told apart");
    store.fail_reads(false);
    assert!(is_there(&store, "b"));
}

#[test]
fn a_standing_fault_lasts_until_it_is_ended() {
    let store = CrashStore::new();
    store.fail_commits(Some(Fault::Full));
    assert!(matches!(put(&store, "a"), Err(CommitError::Full)));
    assert!(matches!(put(&store, "a"), Err(CommitError::Full)));
    store.fail_commits(None);
    assert!(put(&store, "a").is_ok());
}

#[test]
fn the_crashed_store_and_its_successor_share_nothing() {
    let store = CrashStore::new();
    put(&store, "a").unwrap();
    let after = store.crash();
    put(&after, "b").unwrap();
    let again = after.crash();
    assert!(is_there(&again, "a") && is_there(&again, "b"));
    assert!(matches!(put(&store, "c"), Err(CommitError::Unavailable(_))));
}
