use std::time::{Duration, Instant};

use super::{delete, key, put, write, writes};
use crate::{Event, ReadError, Revision, Store, Watch, Write};

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(30);

/// Read a watch until it is quiet.
fn drain(watch: &mut dyn Watch) -> Vec<Event> {
    let mut all = Vec::new();
    loop {
        let events = watch.next(SHORT).expect("the store is readable");
        if events.is_empty() {
            return all;
        }
        all.extend(events);
    }
}

fn event(name: &str, revision: Revision, present: bool) -> Event {
    Event { key: key(name), revision, present }
}

fn is_ordered(events: &[Event]) -> bool {
    events.is_sorted_by_key(|event| event.revision)
}

/// Changes come oldest first, each key's last one with its latest revision.
///
/// # Panics
/// When the store breaks the contract.
pub fn watch_reports_in_order(store: &dyn Store) {
    let mut early = store.watch(Revision(0)).expect("the beginning can be watched");
    put(store, "b", b"1");
    let a = put(store, "a", b"1");
    let b = put(store, "b", b"2");
    let pair =
        store.commit(writes(vec![write("d", b""), write("c", b"")])).expect("a batch is committed");
    let last =
        [event("a", a, true), event("b", b, true), event("c", pair, true), event("d", pair, true)];
    let mut late = store.watch(Revision(0)).expect("the beginning can be watched");
    for watch in [&mut early, &mut late] {
        let events = drain(watch.as_mut());
        assert!(is_ordered(&events), "{events:?}");
        for expected in &last {
            let found = events.iter().rfind(|event| event.key == expected.key);
            assert_eq!(found, Some(expected), "the last news of a key is its latest change");
        }
    }
    let again = put(store, "a", b"2");
    assert_eq!(
        drain(early.as_mut()),
        [event("a", again, true)],
        "what was reported stays reported"
    );
}

/// A deletion is a change; a deletion of nothing is none.
///
/// # Panics
/// When the store breaks the contract.
pub fn deletions_are_watched(store: &dyn Store) {
    put(store, "a", b"1");
    let b = put(store, "b", b"1");
    let gone = delete(store, "a");
    delete(store, "a");
    delete(store, "never there");
    let mut watch = store.watch(b).expect("the middle can be watched");
    assert_eq!(drain(watch.as_mut()), [event("a", gone, false)]);
    let back = put(store, "a", b"2");
    assert_eq!(drain(watch.as_mut()), [event("a", back, true)]);
    let mut whole = store.watch(Revision(0)).expect("the beginning can be watched");
    let events = drain(whole.as_mut());
    let last = events.iter().rfind(|event| event.key == key("a"));
    assert_eq!(last, Some(&event("a", back, true)));
}

/// A watch reports what came after its revision, and nothing at or before it.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_watch_starts_in_the_middle(store: &dyn Store) {
    let names: Vec<String> = (0..20).map(|at| format!("k/{at:02}")).collect();
    let revisions: Vec<Revision> = names.iter().map(|name| put(store, name, b"v")).collect();
    for (at, from) in revisions.iter().enumerate() {
        let mut watch = store.watch(*from).expect("the middle can be watched");
        let expected: Vec<Event> = names
            .iter()
            .zip(&revisions)
            .skip(at + 1)
            .map(|(name, revision)| event(name, *revision, true))
            .collect();
        assert_eq!(drain(watch.as_mut()), expected);
    }
    let mut ahead = store.watch(Revision(u64::MAX >> 16)).expect("the future can be watched");
    assert!(ahead.next(Duration::ZERO).expect("readable").is_empty());
}

/// Without changes a watch returns an empty list when its time has passed, and not before.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_quiet_watch_times_out(store: &dyn Store) {
    let from = put(store, "a", b"1");
    let mut watch = store.watch(from).expect("the end can be watched");
    let started = Instant::now();
    assert!(watch.next(Duration::from_millis(60)).expect("readable").is_empty());
    assert!(started.elapsed() >= Duration::from_millis(60));
    assert!(watch.next(Duration::ZERO).expect("readable").is_empty());
    let next = put(store, "b", b"1");
    assert_eq!(watch.next(LONG).expect("readable"), [event("b", next, true)]);
}

/// A watcher in one thread sees a commit of another long before its time has passed.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_commit_wakes_a_watcher(store: &dyn Store) {
    let from = put(store, "k", b"0");
    let mut watch = store.watch(from).expect("the end can be watched");
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for _ in 0..20 {
                let started = Instant::now();
                let events = watch.next(LONG).expect("the store is readable");
                told.send((events, started.elapsed())).expect("the test is listening");
            }
        });
        for _ in 0..20 {
            let revision = put(store, "k", b"1");
            let (events, waited) = heard.recv().expect("the watcher answers");
            assert_eq!(events, [event("k", revision, true)]);
            assert!(waited < LONG / 2, "the watcher was woken and did not run into its timeout");
        }
    });
}

/// After `deletions` deletions (more than the backend keeps) the beginning is compacted, the end is not, and
/// no live record is lost from a watch that still works.
///
/// # Panics
/// When the store breaks the contract.
pub fn old_deletions_are_compacted(store: &dyn Store, deletions: usize) {
    let name = |at: &usize| format!("gone/{at}");
    let all: Vec<usize> = (0..deletions).collect();
    let start = put(store, "kept", b"1");
    let mut slow = store.watch(start).expect("the end can be watched");
    for chunk in all.chunks(128) {
        let puts = chunk.iter().map(|at| write(&name(at), b"")).collect();
        store.commit(writes(puts)).expect("puts are committed");
        let gone = chunk.iter().map(|at| Write::Delete(key(&name(at)))).collect();
        store.commit(writes(gone)).expect("deletions are committed");
    }
    for from in [Revision(0), start] {
        match store.watch(from).map(|_| ()) {
            Err(ReadError::Compacted(at)) => assert_eq!(at, from),
            other => panic!("a watch over forgotten deletions was answered with {other:?}"),
        }
    }
    assert!(matches!(slow.next(SHORT), Err(ReadError::Compacted(_))), "a slow watcher is told");
    let end = store.commit(crate::Batch::default()).expect("an empty batch is valid");
    let mut watch = store.watch(end).expect("the end can be watched");
    let gone = delete(store, "kept");
    assert_eq!(watch.next(LONG).expect("readable"), [event("kept", gone, false)]);
}
