//! Writes and syncs that fail, injected by strace into a child process.

use std::collections::BTreeMap;
use std::path::Path;

use crate::child;

/// What became of the records of one thread.
type Outcomes = BTreeMap<usize, String>;

/// Run a child under strace with one injected failure, and check its records afterwards.
fn run(injection: &str, commits: usize) -> Outcomes {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(child::create(&path));
    let inject = format!("inject={injection}");
    let strace = [
        strace(),
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=fsync,fdatasync,pwrite64",
        "-e",
        &inject,
    ];
    let mut process = child::appender(&strace, &path, 1, commits).spawn().unwrap();
    let mut outcomes = Outcomes::new();
    let mut done = false;
    for line in child::lines(&mut process) {
        match line.splitn(4, ' ').collect::<Vec<_>>()[..] {
            [outcome, _, record] => outcomes.insert(record.parse().unwrap(), outcome.into()),
            [_, _, record, error] => outcomes.insert(record.parse().unwrap(), error.into()),
            _ => {
                done = line == "done";
                None
            }
        };
    }
    assert!(process.wait().unwrap().success() && done, "the child goes on after a failure");
    check(&path, &outcomes);
    outcomes
}

fn check(path: &Path, outcomes: &Outcomes) {
    let store = child::open(path);
    for (record, outcome) in outcomes {
        let whole = child::is_whole(&store, 0, *record);
        match outcome.as_str() {
            "acked" => assert!(whole, "the acknowledged record {record} is lost"),
            "unknown" => {}
            error => assert!(!whole, "record {record} is there, and was refused with {error}"),
        }
    }
    assert_eq!(store.check_integrity(|| true).unwrap(), Vec::<String>::new());
}

/// strace, or a failure that says how to get it: this test may not pass without having run.
pub fn strace() -> &'static str {
    let found = std::process::Command::new("strace").arg("-V").output().is_ok();
    assert!(
        found,
        "strace is not installed: `apt-get install strace`, or run `cargo xtask test` as root"
    );
    "strace"
}

fn count(outcomes: &Outcomes, of: &str) -> usize {
    outcomes.values().filter(|outcome| outcome.starts_with(of)).count()
}

#[test]
fn a_failed_sync_is_told_and_the_next_commit_works() {
    // The second is the directory's, after the log was made: SQLite does not take its failure for one.
    for which in [1, 3, 4, 5] {
        let outcomes = run(&format!("fsync,fdatasync:error=EIO:when={which}"), 10);
        assert_eq!(count(&outcomes, "acked"), 9, "{which}: {outcomes:?}");
        assert_eq!(count(&outcomes, "Unavailable"), 1, "{outcomes:?}");
    }
}

#[test]
fn a_disk_that_syncs_no_more_acknowledges_nothing_more() {
    let outcomes = run("fsync,fdatasync:error=EIO:when=5+", 10);
    assert!((1..=4).contains(&count(&outcomes, "acked")), "{outcomes:?}");
    assert_eq!(count(&outcomes, "acked") + count(&outcomes, "unknown"), 10, "{outcomes:?}");
}

#[test]
fn a_write_that_finds_no_space_is_told_as_full_and_the_next_commit_works() {
    // Each thread counts for itself; the first 8 of a thread could be those that make the wal-index.
    for which in [9, 12, 20, 30] {
        let outcomes = run(&format!("pwrite64:error=ENOSPC:when={which}"), 10);
        assert_eq!(count(&outcomes, "acked"), 9, "{which}: {outcomes:?}");
        assert_eq!(count(&outcomes, "Full"), 1, "{outcomes:?}");
    }
}

#[test]
fn a_write_that_fails_is_told_and_the_next_commit_works() {
    for which in [9, 15, 21] {
        let outcomes = run(&format!("pwrite64:error=EIO:when={which}"), 10);
        assert_eq!(count(&outcomes, "acked"), 9, "{which}: {outcomes:?}");
        assert_eq!(count(&outcomes, "Unavailable"), 1, "{outcomes:?}");
    }
}
