use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::set_thread_res_uid;

use super::*;

const TASK: &str = "STRONGROOM_TEST_AUDIT_TASK";
const DIRECTORY: &str = "STRONGROOM_TEST_AUDIT_DIRECTORY";
const THREADS: u128 = 10;
const RECORDS: u128 = 100;

/// Run this test binary again, as a second process that does `task` on the log.
fn spawn(task: &str, room: &Room) -> Child {
    // The shell makes a write past the file size limit an error instead of a signal.
    Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["audit::tests::processes::second_process", "--exact", "--ignored", "--nocapture"])
        .env(TASK, task)
        .env(DIRECTORY, room.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "the body of the second processes that other tests start"]
fn second_process() {
    let path = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    match std::env::var(TASK).unwrap().as_str() {
        "append" => {
            let log = open(&path, AuditOptions { segment_bytes_max: 3_000, ..options() });
            append(&log, 1_000_000..1_000_000 + RECORDS);
        }
        "append-until-killed" => append_until_killed(&path),
        "fill" => fill(&path),
        other => panic!("no task {other}"),
    }
}

#[test]
fn threads_and_processes_share_one_chain() {
    let room = Room::new();
    let mut child = spawn("append", &room);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let room = &room;
            scope.spawn(move || {
                let log = room.small_segments();
                append(&log, thread * RECORDS..(thread + 1) * RECORDS);
            });
        }
    });
    assert!(child.wait().unwrap().success());
    let verified = room.verify().unwrap();
    assert_eq!(verified.summary.recoveries, 0);
    let entries = room.entries();
    let records: Vec<&Entry> = entries.iter().filter(|entry| entry.is_record()).collect();
    let paths: BTreeSet<&str> = records.iter().filter_map(|entry| entry.path.as_deref()).collect();
    let expected = usize::try_from((THREADS + 1) * RECORDS).unwrap();
    assert_eq!((records.len(), paths.len()), (expected, expected));
}

#[test]
fn threads_that_share_one_handle_and_wait_for_the_disk_are_all_recorded() {
    let room = Room::new();
    let options = AuditOptions { sync: SyncMode::Always, segment_bytes_max: 3_000, ..options() };
    let log = open(&room.path(), options);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = &log;
            scope.spawn(move || append(log, thread * 20..(thread + 1) * 20));
        }
    });
    assert_eq!(room.heads().durable.unwrap().position, log.position());
    let records = room.entries().into_iter().filter(Entry::is_record).count();
    assert_eq!(records, 200);
    assert!(room.verify().is_ok());
}

#[test]
fn killed_process_loses_no_record_that_it_was_given_a_receipt_for() {
    let room = Room::new();
    let mut acknowledged = 0;
    for round in 0..5 {
        let mut child = spawn("append-until-killed", &room);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let seqs = lines.map(Result::unwrap).filter_map(|line| line.parse::<u64>().ok());
        acknowledged = seqs.take(7 + round * 13).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(room.entries().last().unwrap().seq >= acknowledged);
    }
    append(&room.log(), 1..2);
    let summary = room.verify().unwrap().summary;
    assert!(summary.head.seq > acknowledged);
}

fn append_until_killed(path: &Path) {
    let log = open(path, AuditOptions { segment_bytes_max: 5_000, ..options() });
    for id in 0.. {
        let receipt = log.append(&record(id)).unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", receipt.seq()).unwrap();
    }
}

#[test]
fn full_disk_refuses_the_record_and_leaves_nothing_half_written() {
    let room = Room::new();
    append(&room.log(), 1..3);
    let size = fs::metadata(room.file(1)).unwrap().len();
    assert!(spawn("fill", &room).wait().unwrap().success());
    assert_eq!(fs::metadata(room.file(1)).unwrap().len(), size + size / 2);
    assert_eq!(room.verify().unwrap().summary.lines, 3);
    append(&room.log(), 5..6);
    let summary = room.verify().unwrap().summary;
    assert_eq!((summary.lines, summary.recoveries), (4, 0));
}

/// Allow files that are 100 bytes larger than the log: the next record's write comes short. Then allow it.
fn fill(path: &Path) {
    let log = open(path, options());
    let file = path.join(directory::segment_name(1));
    let size = || fs::metadata(&file).unwrap().len();
    let before = size();
    let limit = |bytes| {
        let limit = Rlimit { current: bytes, maximum: None };
        setrlimit(Resource::Fsize, limit).unwrap();
    };
    // The head file's slots lie further on than the limit: only the log is written here.
    limit(Some(before + 100));
    assert!(matches!(log.append(&record(3)), Err(AuditError::Full(_))));
    assert_eq!(size(), before);
    assert!(matches!(log.append(&record(3)), Err(AuditError::Full(_))));
    limit(None);
    append(&log, 3..4);
}

#[test]
fn directory_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let room = Room::new();
    append(&room.log(), 1..2);
    fs::set_permissions(room.path(), fs::Permissions::from_mode(0o500)).unwrap();
    fs::set_permissions(room.0.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = room.path();
    let error = thread::spawn(move || {
        if rustix::process::geteuid().is_root() {
            // Only of this thread: the superuser is refused nothing.
            let nobody = rustix::process::Uid::from_raw(65_534);
            set_thread_res_uid(nobody, nobody, nobody).unwrap();
            return AuditLog::open(&path, keys(), options()).unwrap_err();
        }
        fs::set_permissions(path.join("lock"), fs::Permissions::from_mode(0o400)).unwrap();
        AuditLog::open(&path, keys(), options()).unwrap_err()
    })
    .join()
    .unwrap();
    assert!(matches!(error, AuditError::PermissionDenied(_)), "{error}");
    fs::set_permissions(room.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn directory_whose_parent_is_missing_is_named() {
    let room = Room::new();
    let path = room.path().join("deeper");
    let error = AuditLog::open(&path, keys(), options()).unwrap_err();
    assert!(matches!(&error, AuditError::DirectoryMissing(named) if *named == path));
}
