//! Copies of a store that is in use, and restoring them.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;
use strongroom_store::{Batch, Key, Range, Store, Write};
use strongroom_store_sqlite::{
    BackupError, CreateOptions, OpenOptions, RestoreError, SqliteStore, restore,
};

fn create(path: &Path) -> SqliteStore {
    SqliteStore::create(path, &CreateOptions::default()).unwrap()
}

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &OpenOptions::default()).unwrap()
}

fn put(store: &SqliteStore, name: &str, value: &[u8]) {
    let writes = vec![Write::Put(Key::new(name).unwrap(), value.into())];
    store.commit(Batch { preconditions: Vec::new(), writes }).unwrap();
}

fn names(store: &SqliteStore) -> Vec<String> {
    let page = store.list(&Range::prefix("")).unwrap();
    page.entries.iter().map(|entry| entry.key.to_string()).collect()
}

#[test]
fn a_copy_holds_what_was_committed_before_it_and_opens_as_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy.db");
    let store = create(&directory.path().join("store.db"));
    put(&store, "a", &[1; 50_000]);
    store.backup_to(&copy, false).unwrap();
    put(&store, "b", b"later");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!directory.path().join("copy.db-wal").exists());
    assert_eq!(names(&open(&copy)), ["a"]);
    assert_eq!(names(&store), ["a", "b"]);
    let strangers = fs::read_dir(directory.path()).unwrap().flatten();
    assert!(
        strangers.into_iter().all(|file| !file.file_name().to_string_lossy().contains(".new-"))
    );
}

#[test]
fn a_copy_replaces_a_file_only_when_told() {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy.db");
    let store = create(&directory.path().join("store.db"));
    put(&store, "a", b"1");
    fs::write(&copy, b"precious").unwrap();
    let refused = store.backup_to(&copy, false);
    assert!(matches!(refused, Err(BackupError::AlreadyExists(_))), "{refused:?}");
    assert_eq!(fs::read(&copy).unwrap(), b"precious");
    store.backup_to(&copy, true).unwrap();
    assert_eq!(names(&open(&copy)), ["a"]);
    assert!(store.backup_to(store.path(), true).is_err(), "a store is not copied over itself");
    assert_eq!(names(&store), ["a"]);
}

#[test]
fn copies_while_others_write_are_whole() {
    let directory = tempfile::tempdir().unwrap();
    let store = create(&directory.path().join("store.db"));
    std::thread::scope(|scope| {
        scope.spawn(|| (0..60).for_each(|n: u32| put(&store, &format!("k{n:03}"), &[7; 3_000])));
        for round in 0..5 {
            let copy = directory.path().join(format!("copy{round}.db"));
            store.backup_to(&copy, false).unwrap();
            let copy = open(&copy);
            assert_eq!(copy.check_integrity(|| true).unwrap(), Vec::<String>::new());
            let found = names(&copy);
            let expected: Vec<String> = (0..found.len()).map(|n| format!("k{n:03}")).collect();
            assert_eq!(found, expected, "a copy is one point in time");
        }
    });
}

#[test]
fn a_restored_copy_is_the_store_it_was_taken_from() {
    let directory = tempfile::tempdir().unwrap();
    let (path, copy) = (directory.path().join("store.db"), directory.path().join("copy.db"));
    let store = create(&path);
    put(&store, "a", b"1");
    store.backup_to(&copy, false).unwrap();
    put(&store, "lost", b"2");
    assert!(matches!(restore(&copy, &path, false), Err(RestoreError::AlreadyExists(_))));
    assert!(matches!(restore(&copy, &path, true), Err(RestoreError::InUse(_))), "it is open");
    drop(store);
    restore(&copy, &path, true).unwrap();
    let store = open(&path);
    assert_eq!(names(&store), ["a"], "nothing of the old log was applied to the copy");
    put(&store, "b", b"2");
    let fresh = directory.path().join("fresh.db");
    restore(&copy, &fresh, false).unwrap();
    assert_eq!(fs::metadata(&fresh).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&open(&fresh)), ["a"]);
    assert_eq!(names(&open(&copy)), ["a"], "the copy stays");
}

#[test]
fn a_store_that_any_program_has_open_is_not_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let (path, copy) = (directory.path().join("store.db"), directory.path().join("copy.db"));
    let store = create(&path);
    store.backup_to(&copy, false).unwrap();
    drop(store);
    let other = Connection::open(&path).unwrap();
    other.query_row("SELECT count(*) FROM records", [], |_| Ok(())).unwrap();
    let refused = restore(&copy, &path, true);
    assert!(matches!(refused, Err(RestoreError::InUse(_))), "{refused:?}");
    drop(other);
    restore(&copy, &path, true).unwrap();
}

#[test]
fn a_damaged_or_foreign_copy_is_refused_and_the_store_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (path, copy) = (directory.path().join("store.db"), directory.path().join("copy.db"));
    let store = create(&path);
    for n in 0..200 {
        put(&store, &format!("k{n}"), &[3; 500]);
    }
    store.backup_to(&copy, false).unwrap();
    drop(store);
    let whole = fs::read(&copy).unwrap();
    let mut damaged = whole.clone();
    damaged[8_192..12_288].fill(0xff);
    for (content, corrupt) in [(&damaged[..], true), (&whole[..20_480], true), (b"text", false)] {
        fs::write(&copy, content).unwrap();
        let refused = restore(&copy, &path, true);
        match refused {
            Err(RestoreError::Corrupt(_)) => assert!(corrupt),
            Err(RestoreError::Foreign(_)) => assert!(!corrupt),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        restore(directory.path().join("none"), &path, true),
        Err(RestoreError::Io { .. })
    ));
    assert_eq!(names(&open(&path)).len(), 200);
    let files = fs::read_dir(directory.path()).unwrap().flatten();
    assert!(files.into_iter().all(|file| !file.file_name().to_string_lossy().contains(".new-")));
}
