use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{key, list, put, write, writes};
use crate::{Batch, CommitError, Precondition, Range, Store};

const THREADS: u64 = 8;
const INCREMENTS: u64 = 25;

/// Threads that increment one counter by compare-and-commit lose no increment.
///
/// # Panics
/// When the store breaks the contract.
pub fn no_increment_is_lost(store: &dyn Store) {
    put(store, "counter", &0_u64.to_be_bytes());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..INCREMENTS).for_each(|_| increment(store)));
        }
    });
    assert_eq!(counter(store).0, THREADS * INCREMENTS);
}

fn increment(store: &dyn Store) {
    loop {
        let (count, precondition) = counter(store);
        let writes = vec![write("counter", &(count + 1).to_be_bytes())];
        match store.commit(Batch { preconditions: vec![precondition], writes }) {
            Ok(revision) => {
                let seen = store.get(&key("counter")).expect("readable").expect("present");
                assert!(seen.revision >= revision, "a thread sees its own commit");
                return;
            }
            Err(CommitError::PreconditionFailed(_)) => {}
            Err(error) => panic!("an increment failed: {error}"),
        }
    }
}

fn counter(store: &dyn Store) -> (u64, Precondition) {
    let entry = store.get(&key("counter")).expect("readable").expect("the counter is there");
    let bytes = entry.value[..].try_into().expect("the counter has eight bytes");
    (u64::from_be_bytes(bytes), Precondition::Unchanged(entry.key, entry.revision))
}

/// A listing shows a batch whole or not at all, while another thread writes; and a key never goes back.
///
/// # Panics
/// When the store breaks the contract.
pub fn readers_see_whole_batches(store: &dyn Store) {
    let pair = |round: u32| {
        let value = round.to_be_bytes();
        writes(vec![write("pair/a", &value), write("pair/b", &value), write("pair/c", &value)])
    };
    store.commit(pair(0)).expect("a batch is committed");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::SeqCst) {
                    let page = list(store, &Range::prefix("pair/"));
                    assert_eq!(page.entries.len(), 3);
                    let first = &page.entries[0];
                    for entry in &page.entries {
                        assert_eq!(entry.revision, first.revision, "half a batch was seen");
                        assert_eq!(entry.value, first.value, "half a batch was seen");
                    }
                    let single = store.get(&key("pair/b")).expect("readable").expect("present");
                    assert!(single.revision >= first.revision, "a get after a list went back");
                    assert!(single.revision.0 >= last, "a key went back in time");
                    last = single.revision.0;
                }
            });
        }
        for round in 1..=200 {
            store.commit(pair(round)).expect("a batch is committed");
        }
        done.store(true, Ordering::SeqCst);
    });
}

/// A value that was read after a mark was taken is, while the mark is the same, no older than any commit that was
/// acknowledged before the mark was looked at again.
///
/// # Panics
/// When the store breaks the contract.
pub fn what_was_read_under_the_same_mark_is_not_old(store: &dyn Store) {
    const ROUNDS: u64 = 300;
    put(store, "round", &0_u64.to_be_bytes());
    let acknowledged = AtomicU64::new(0);
    let read = || {
        let entry = store.get(&key("round")).expect("readable").expect("present");
        u64::from_be_bytes(entry.value[..].try_into().expect("eight bytes"))
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut known = (None, 0);
                while known.1 < ROUNDS {
                    let at_least = acknowledged.load(Ordering::SeqCst);
                    let mark = store.mark();
                    if mark.is_none() || mark != known.0 {
                        known = (mark, read());
                    }
                    assert!(known.1 >= at_least, "the mark was the same after a commit");
                }
            });
        }
        for round in 1..=ROUNDS {
            put(store, "round", &round.to_be_bytes());
            acknowledged.store(round, Ordering::SeqCst);
        }
    });
}
