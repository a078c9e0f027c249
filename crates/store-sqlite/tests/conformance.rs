//! The SQLite store keeps the contract, through one handle and through two.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use strongroom_store::conformance;
use strongroom_store::{
    Batch, CommitError, Entry, Key, Mark, Page, Range, ReadError, Revision, Store, Watch,
};
use strongroom_store_sqlite::{CreateOptions, DELETIONS_KEPT_MAX, OpenOptions, SqliteStore};
use tempfile::TempDir;

/// Reads through one handle what was committed through another.
struct TwoHandles {
    reader: SqliteStore,
    writer: SqliteStore,
    _directory: TempDir,
}

impl TwoHandles {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let writer = SqliteStore::create(&path, &CreateOptions::default()).unwrap();
        let reader = SqliteStore::open(&path, &OpenOptions::read_only()).unwrap();
        Self { reader, writer, _directory: directory }
    }
}

impl Store for TwoHandles {
    fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.reader.get(key)
    }

    fn mark(&self) -> Option<Mark> {
        self.reader.mark()
    }

    fn list(&self, range: &Range) -> Result<Page, ReadError> {
        self.reader.list(range)
    }

    fn commit(&self, batch: Batch) -> Result<Revision, CommitError> {
        self.writer.commit(batch)
    }

    fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError> {
        self.reader.watch(from)
    }
}

struct OneHandle {
    store: SqliteStore,
    _directory: TempDir,
}

impl OneHandle {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        let store = SqliteStore::create(path, &CreateOptions::default()).unwrap();
        Self { store, _directory: directory }
    }
}

impl Store for OneHandle {
    fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.store.get(key)
    }

    fn mark(&self) -> Option<Mark> {
        self.store.mark()
    }

    fn list(&self, range: &Range) -> Result<Page, ReadError> {
        self.store.list(range)
    }

    fn commit(&self, batch: Batch) -> Result<Revision, CommitError> {
        self.store.commit(batch)
    }

    fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError> {
        self.store.watch(from)
    }
}

#[test]
fn one_handle_keeps_the_contract() {
    conformance::run(&|| Box::new(OneHandle::new()));
}

#[test]
fn a_second_handle_sees_every_commit_at_its_next_read() {
    conformance::run(&|| Box::new(TwoHandles::new()));
}

#[test]
fn old_deletions_are_forgotten_and_watchers_told() {
    conformance::old_deletions_are_compacted(&OneHandle::new(), 3 * DELETIONS_KEPT_MAX as usize);
}
