//! What is opened, what is refused, and with which words.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use strongroom_store::{Batch, CommitError, Key, Range, Revision, Store, Write};
use strongroom_store_sqlite::{
    CreateError, CreateOptions, OpenError, OpenOptions, SCHEMA_VERSION, SqliteStore,
};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    (directory, path)
}

fn create(path: &Path) -> SqliteStore {
    SqliteStore::create(path, &CreateOptions::default()).unwrap()
}

fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(path, &OpenOptions::default())
}

fn put(store: &SqliteStore, name: &str) -> Result<Revision, CommitError> {
    let writes = vec![Write::Put(Key::new(name).unwrap(), b"v"[..].into())];
    store.commit(Batch { preconditions: Vec::new(), writes })
}

fn is_there(store: &SqliteStore, name: &str) -> bool {
    store.get(&Key::new(name).unwrap()).unwrap().is_some()
}

#[test]
fn every_file_of_a_store_is_its_owners_alone() {
    let (directory, path) = place();
    let store = create(&path);
    put(&store, "a").unwrap();
    let mut names = Vec::new();
    for file in fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["store.db", "store.db-shm", "store.db-wal"]);
}

#[test]
fn what_was_committed_is_there_after_opening_again() {
    let (_directory, path) = place();
    let first = put(&create(&path), "a").unwrap();
    let store = open(&path).unwrap();
    assert!(is_there(&store, "a"));
    assert!(put(&store, "b").unwrap() > first);
}

#[test]
fn an_existing_file_is_never_created_over() {
    let (_directory, path) = place();
    drop(create(&path));
    let again = SqliteStore::create(&path, &CreateOptions::default()).map(|_| ());
    assert!(matches!(again, Err(CreateError::AlreadyExists(_))), "{again:?}");
    let other = path.with_file_name("other.db");
    fs::write(path.with_file_name("other.db-wal"), b"left behind").unwrap();
    let beside_log = SqliteStore::create(&other, &CreateOptions::default()).map(|_| ());
    assert!(matches!(beside_log, Err(CreateError::AlreadyExists(_))), "{beside_log:?}");
    assert!(!other.exists());
}

#[test]
fn a_missing_file_and_a_directory_are_told_apart() {
    let (directory, path) = place();
    assert!(matches!(open(&path), Err(OpenError::NotFound(_))));
    assert!(matches!(open(directory.path()), Err(OpenError::Foreign { .. })));
    assert!(!path.exists(), "opening makes nothing");
}

#[test]
fn files_of_other_programs_are_refused_and_left_as_they_are() {
    let (_directory, path) = place();
    for content in [&b""[..], b"short", &[7; 5_000]] {
        fs::write(&path, content).unwrap();
        assert!(matches!(open(&path), Err(OpenError::Foreign { .. })));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE records (key, value)").unwrap();
    assert!(matches!(open(&path), Err(OpenError::Foreign { .. })));
}

#[test]
fn a_store_with_a_foreign_trigger_or_without_a_table_is_refused() {
    let (_directory, path) = place();
    for change in [
        "CREATE TRIGGER spy AFTER INSERT ON records BEGIN DELETE FROM records; END",
        "DROP TABLE deletions",
        "CREATE VIEW extra AS SELECT 1",
    ] {
        drop(create(&path));
        Connection::open(&path).unwrap().execute_batch(change).unwrap();
        assert!(matches!(open(&path), Err(OpenError::Foreign { .. })), "{change}");
        fs::remove_file(&path).unwrap();
        let _ = fs::remove_file(path.with_file_name("store.db-wal"));
    }
}

#[test]
fn a_newer_format_is_refused_with_both_numbers() {
    let (_directory, path) = place();
    drop(create(&path));
    let newer = SCHEMA_VERSION + 1;
    Connection::open(&path).unwrap().pragma_update(None, "user_version", newer).unwrap();
    match open(&path).map(|_| ()) {
        Err(OpenError::TooNew { found, known }) => {
            assert_eq!((found, known), (newer, SCHEMA_VERSION));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_store_of_version_1_opens_with_its_records() {
    let (_directory, path) = place();
    let fixture = include_str!("fixtures/version_1.sql");
    Connection::open(&path).unwrap().execute_batch(fixture).unwrap();
    let store = open(&path).unwrap();
    let page = store.list(&Range::prefix("secret/")).unwrap();
    let found: Vec<_> =
        page.entries.iter().map(|e| (e.key.as_str(), e.value.to_vec(), e.revision.0)).collect();
    assert_eq!(found, [("secret/a", vec![1], 1), ("secret/b", vec![], 3)]);
    let events = store.watch(Revision(1)).unwrap().next(Duration::from_secs(9)).unwrap();
    assert_eq!(events.iter().map(|event| event.present).collect::<Vec<_>>(), [false, true]);
    assert_eq!(put(&store, "c").unwrap(), Revision(4));
}

#[test]
fn an_older_format_is_not_changed_by_a_reader() {
    let (_directory, path) = place();
    drop(create(&path));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 0).unwrap();
    let opened = SqliteStore::open(&path, &OpenOptions::read_only()).map(|_| ());
    assert!(matches!(opened, Err(OpenError::TooOld { found: 0, .. })), "{opened:?}");
}

#[test]
fn a_read_only_handle_reads_and_refuses_commits() {
    let (_directory, path) = place();
    let writer = create(&path);
    put(&writer, "a").unwrap();
    let reader = SqliteStore::open(&path, &OpenOptions::read_only()).unwrap();
    assert!(is_there(&reader, "a"));
    assert!(matches!(put(&reader, "b"), Err(CommitError::ReadOnly)));
    put(&writer, "c").unwrap();
    assert!(is_there(&reader, "c"));
}

#[test]
fn a_store_in_another_journal_mode_is_brought_back() {
    let (_directory, path) = place();
    put(&create(&path), "a").unwrap();
    let plain = Connection::open(&path).unwrap();
    plain.pragma_update(None, "journal_mode", "DELETE").unwrap();
    drop(plain);
    assert!(is_there(&SqliteStore::open(&path, &OpenOptions::read_only()).unwrap(), "a"));
    let store = open(&path).unwrap();
    put(&store, "b").unwrap();
    assert!(is_there(&store, "a") && is_there(&store, "b"));
    assert!(path.with_file_name("store.db-wal").exists());
}

#[test]
fn a_link_and_the_file_it_names_are_one_store() {
    let (_directory, path) = place();
    let store = create(&path);
    let link = path.with_file_name("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let linked = open(&link).unwrap();
    put(&store, "a").unwrap();
    assert!(is_there(&linked, "a"));
    put(&linked, "b").unwrap();
    assert!(is_there(&store, "b"));
    assert!(!path.with_file_name("link.db-wal").exists());
}

#[test]
fn closing_one_handle_leaves_the_locks_of_another() {
    let (_directory, path) = place();
    let store = create(&path);
    put(&store, "a").unwrap();
    drop(open(&path).unwrap());
    drop(SqliteStore::open(&path, &OpenOptions::read_only()).unwrap());
    let plain = Connection::open(&path).unwrap();
    plain.busy_timeout(Duration::ZERO).unwrap();
    let left = plain.pragma_update(None, "journal_mode", "DELETE");
    assert!(left.is_err(), "another connection may not take the store away");
    put(&store, "b").unwrap();
    assert!(is_there(&store, "b"));
}
