//! A disk that is full, and has room again.

use std::path::Path;
use std::process::Command;

use strongroom_store::{CommitError, Store};

use crate::child;

#[test]
fn a_file_that_may_not_grow_refuses_commits_and_keeps_what_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    drop(child::create(&path));
    // 400 blocks of 512 bytes; the signal is ignored, so that the write fails instead.
    let limit = "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"";
    let mut process = child::appender(&["sh", "-c", limit], &path, 2, 30).spawn().unwrap();
    let lines: Vec<String> = child::lines(&mut process).collect();
    assert!(process.wait().unwrap().success());
    let of = |outcome: &str| lines.iter().filter(|line| line.starts_with(outcome)).count();
    assert!(of("acked") > 3 && of("failed") > 3, "{lines:?}");
    assert_eq!(of("acked") + of("failed"), 60, "{lines:?}");
    let store = child::open(&path);
    for line in &lines {
        if let ["acked" | "failed", thread, record, ..] = line.split(' ').collect::<Vec<_>>()[..] {
            let whole = child::is_whole(&store, thread.parse().unwrap(), record.parse().unwrap());
            assert_eq!(whole, line.starts_with("acked"), "{line}");
        }
    }
    store.commit(child::record_batch(9, 1)).expect("without the limit it works");
}

/// A file system of 2 MiB, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this process may not mount.
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(directory.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(directory))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_refuses_commits_until_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let path = disk.0.path().join("store.db");
    let store = child::create(&path);
    store.commit(child::record_batch(0, 1)).unwrap();
    let filler = disk.0.path().join("filler");
    fill(&filler);
    let mut acked = vec![1];
    let mut full = 0;
    for record in 2..200 {
        match store.commit(child::record_batch(0, record)) {
            Ok(_) => acked.push(record),
            Err(CommitError::Full) => full += 1,
            Err(error) => panic!("record {record}: {error:?}"),
        }
    }
    assert!(full > 0);
    assert!(acked.iter().all(|record| child::is_whole(&store, 0, *record)), "reads work meanwhile");
    std::fs::remove_file(&filler).unwrap();
    store.commit(child::record_batch(0, 500)).expect("there is room again");
    acked.push(500);
    drop(store);
    let store = child::open(&path);
    assert!(acked.iter().all(|record| child::is_whole(&store, 0, *record)));
    drop(store);
}

fn fill(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    while file.write(&[0; 4_096]).is_ok_and(|written| written > 0) {}
}
