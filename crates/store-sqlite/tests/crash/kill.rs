//! A process that is killed at a random moment loses nothing that it acknowledged.

use std::hash::{BuildHasher, RandomState};
use std::sync::mpsc;
use std::time::Duration;

use strongroom_store::{Range, Store};

use crate::child;

const THREADS: usize = 4;

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let kills = setting("STORE_TEST_KILLS").unwrap_or(100);
    let seed = setting("STORE_TEST_SEED").unwrap_or_else(|| RandomState::new().hash_one("seed"));
    let mut state = seed;
    for round in 0..kills {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 33;
        let outcome = std::panic::catch_unwind(|| kill_once(random));
        assert!(outcome.is_ok(), "STORE_TEST_SEED={seed}, kill {round}");
    }
}

fn kill_once(random: u64) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(child::create(&path));
    let mut process = child::appender(child::ALONE, &path, THREADS, 1_000_000).spawn().unwrap();
    let (told, heard) = mpsc::channel();
    let lines = child::lines(&mut process);
    let listener = std::thread::spawn(move || lines.for_each(|line| told.send(line).unwrap_or(())));
    let mut acked = [0; THREADS];
    let mut note = |line: String| match line.split(' ').collect::<Vec<_>>()[..] {
        ["acked", thread, record] => {
            acked[thread.parse::<usize>().unwrap()] = record.parse().unwrap();
        }
        _ => panic!("the child said: {line}"),
    };
    for _ in 0..random % 60 {
        note(heard.recv().expect("the child goes on until it is killed"));
    }
    // Nobody sends here: a wait for a moment that the child does not know.
    let (_nobody, nothing) = mpsc::channel::<()>();
    let _ = nothing.recv_timeout(Duration::from_micros(random % 2_000));
    process.kill().unwrap();
    process.wait().unwrap();
    listener.join().unwrap();
    heard.try_iter().for_each(&mut note);

    let store = child::open(&path);
    let mut expected = 0;
    for (thread, last) in acked.iter().enumerate() {
        for record in 1..=*last {
            assert!(child::is_whole(&store, thread, record), "record {record} of {thread} is lost");
        }
        expected += last + usize::from(child::is_whole(&store, thread, last + 1));
    }
    let found = count(&store);
    assert_eq!(found, expected * 3, "nothing is there that was not written");
    assert_eq!(store.check_integrity(|| true).unwrap(), Vec::<String>::new());
    store.commit(child::record_batch(9, 1)).unwrap();
    assert!(child::is_whole(&store, 9, 1), "the store works after the crash");
}

fn count(store: &dyn Store) -> usize {
    let mut range = Range { keys_only: true, ..Range::prefix("") };
    let mut count = 0;
    loop {
        let page = store.list(&range).unwrap();
        count += page.entries.len();
        if !page.more {
            return count;
        }
        range.after = page.entries.last().map(|entry| entry.key.to_string());
    }
}
