//! Durable means synced: the system calls of a commit, counted.

use std::path::Path;

use crate::child;
use crate::failing_io::strace;

/// The system calls of a child that appends, one a line.
fn trace(path: &Path, threads: usize, commits: usize) -> Vec<String> {
    let output = path.with_extension("trace");
    let words = ["-f", "-qq", "-e", "trace=fsync,fdatasync,pwrite64,write", "-o"];
    let strace: Vec<&str> =
        [strace()].into_iter().chain(words).chain([output.to_str().unwrap()]).collect();
    let mut process = child::appender(&strace, path, threads, commits).spawn().unwrap();
    let acked = child::lines(&mut process).filter(|line| line.starts_with("acked")).count();
    assert!(process.wait().unwrap().success());
    assert_eq!(acked, threads * commits);
    std::fs::read_to_string(output).unwrap().lines().map(str::to_owned).collect()
}

fn is_sync_done(line: &str) -> bool {
    (line.contains("fsync") || line.contains("fdatasync")) && line.trim_end().ends_with("= 0")
}

#[test]
fn a_lone_commit_is_synced_after_its_last_write_and_before_its_acknowledgement() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(child::create(&path));
    let (mut syncs, mut unsynced, mut acknowledgements) = (0, 0, 0);
    for line in trace(&path, 1, 20) {
        if line.contains("pwrite64(") {
            unsynced += 1;
        } else if is_sync_done(&line) {
            syncs += 1;
            unsynced = 0;
        } else if line.contains("child: acked") {
            assert!(syncs > 0, "commit {acknowledgements} was acknowledged without a sync");
            assert_eq!(unsynced, 0, "commit {acknowledgements} was acknowledged before its sync");
            acknowledgements += 1;
            syncs = 0;
        }
    }
    assert_eq!(acknowledgements, 20);
}

#[test]
fn many_writers_share_their_syncs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(child::create(&path));
    let syncs = trace(&path, 64, 5).iter().filter(|line| is_sync_done(line)).count();
    assert!(syncs >= 1);
    assert!(syncs * 8 <= 64 * 5, "320 commits of 64 writers took {syncs} syncs");
}

#[test]
fn a_process_that_only_reads_syncs_and_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(child::create(&path));
    let lines = trace(&path, 1, 1);
    assert!(lines.iter().any(|line| is_sync_done(line)), "the tracing works");
    let output = path.with_extension("reading");
    let name = output.to_str().unwrap();
    let words = [strace(), "-f", "-qq", "-e", "trace=fsync,fdatasync,pwrite64", "-o", name];
    let mut process = child::command(&words, "obey", &path).spawn().unwrap();
    use std::io::Write;
    process.stdin.take().unwrap().write_all(b"get 0/0/1\n").unwrap();
    assert_eq!(child::lines(&mut process).count(), 2, "ready, and the record");
    assert!(process.wait().unwrap().success());
    let calls = std::fs::read_to_string(output).unwrap();
    assert!(!calls.contains("sync("), "{calls}");
    // SQLite makes its wal-index anew, in memory that is named -shm: a byte for each of its pages.
    let large = calls.lines().filter(|line| line.contains("pwrite64") && !line.ends_with("= 1"));
    assert_eq!(large.count(), 0, "{calls}");
}
