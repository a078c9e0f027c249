//! Several handles and processes on one store.

use std::io::Write as _;
use std::time::Duration;

use strongroom_store::{Batch, CommitError, Key, Revision, Store, Write};
use strongroom_store_sqlite::{OpenOptions, SqliteStore};

use crate::child;

fn put(store: &SqliteStore, name: &str, value: &str) -> Revision {
    let writes = vec![Write::Put(Key::new(name).unwrap(), value.as_bytes().into())];
    store.commit(Batch { preconditions: Vec::new(), writes }).unwrap()
}

fn get(store: &SqliteStore, name: &str) -> Option<String> {
    let entry = store.get(&Key::new(name).unwrap()).unwrap();
    entry.map(|entry| String::from_utf8(entry.value.to_vec()).unwrap())
}

#[test]
fn a_process_sees_each_commit_of_another_at_its_next_get() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let here = child::create(&path);
    let mut process = child::command(child::ALONE, "obey", &path).spawn().unwrap();
    let mut orders = process.stdin.take().unwrap();
    let mut lines = child::lines(&mut process);
    let mut order = |text: String| {
        orders.write_all(format!("{text}\n").as_bytes()).unwrap();
        lines.next().unwrap()
    };
    let mut watch = here.watch(Revision(0)).unwrap();
    assert_eq!(order("get a".into()), "ready");
    assert_eq!(order("get a".into()), "none");
    assert_eq!(get(&here, "a"), None);
    for round in 0..200 {
        put(&here, "a", &format!("here{round}"));
        put(&here, "kept", "k");
        // The answers are one order behind: the first one was "ready".
        order("get a".into());
        assert_eq!(order(format!("put b there{round}")), format!("here{round}"));
        assert_eq!(order("get kept".into()), "ok");
        assert_eq!(get(&here, "b"), Some(format!("there{round}")));
        assert_eq!(get(&here, "a"), Some(format!("here{round}")));
    }
    let mut seen = Vec::new();
    while !seen.contains(&"b".to_owned()) {
        let events = watch.next(Duration::from_secs(30)).unwrap();
        assert!(!events.is_empty(), "a commit of another process is noticed");
        seen.extend(events.iter().map(|event| event.key.to_string()));
    }
    drop(orders);
    assert!(process.wait().unwrap().success());
}

#[test]
fn several_processes_write_at_once_and_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let here = child::create(&path);
    let start = || child::appender(child::ALONE, &path, 2, 25).spawn().unwrap();
    let mut processes = [start(), start(), start()];
    for round in 0..25 {
        put(&here, "here", &round.to_string());
    }
    for process in &mut processes {
        let acked = child::lines(process).filter(|line| line.starts_with("acked")).count();
        assert_eq!(acked, 50);
        assert!(process.wait().unwrap().success());
    }
    assert!((0..2).all(|thread| (1..=25).all(|record| child::is_whole(&here, thread, record))));
    let next = put(&here, "here", "end");
    assert_eq!(next.0, 1 + 25 + 3 * 50, "each commit had a revision of its own");
}

#[test]
fn two_handles_and_many_threads_never_read_the_past() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let first = child::create(&path);
    let second = child::open(&path);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (mine, other) = if thread % 2 == 0 { (&first, &second) } else { (&second, &first) };
            scope.spawn(move || {
                let name = format!("key{thread}");
                for round in 0..100 {
                    put(mine, &name, &round.to_string());
                    assert_eq!(get(other, &name), Some(round.to_string()));
                    assert_eq!(get(mine, &name), Some(round.to_string()));
                    for neighbour in 0..4 {
                        get(other, &format!("key{neighbour}"));
                    }
                }
            });
        }
    });
}

#[test]
fn a_commit_waits_for_another_writer_and_then_says_busy() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(child::create(&path));
    let options = OpenOptions::default().busy_timeout(Duration::from_millis(30));
    let store = SqliteStore::open(&path, &options).unwrap();
    put(&store, "a", "1");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes = vec![Write::Put(Key::new("a").unwrap(), b"2"[..].into())];
    let outcome = store.commit(Batch { preconditions: Vec::new(), writes });
    assert!(matches!(outcome, Err(CommitError::Busy)), "{outcome:?}");
    assert_eq!(get(&store, "a"), Some("1".into()), "reads go on");
    other.execute_batch("ROLLBACK").unwrap();
    put(&store, "a", "3");
    assert_eq!(get(&store, "a"), Some("3".into()));
}
