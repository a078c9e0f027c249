//! The embedded store: one SQLite database, for one machine and any number of its processes.
//!
//! `Ok` from a commit means that the database's log was synced to the disk. Several processes may have the store
//! open; each handle sees what any other has committed at its very next read.
//!
//! The crate must never see what a record holds (it is handed ciphertext), never acknowledge what is not synced,
//! and never let one failed commit spoil the next.
//!
//! The file's format is described in `docs/internals/storage-format.md`. To add a version of it, see
//! [`SCHEMA_VERSION`] and `src/schema.rs`.

#![forbid(unsafe_code)]

mod backup;
mod cache;
mod connection;
mod error;
mod files;
mod group;
mod open;
mod query;
mod schema;
mod watch;
mod writer;

use std::path::Path;
use std::sync::Arc;

use strongroom_store::{
    Batch, CommitError, Entry, Key, Mark, Page, Range, ReadError, Revision, Store, Watch,
};

use cache::Cache;
use connection::{Access, Readers, Source};
use error::Failure;
use files::Files;
use query::Changes;
use watch::{Signal, SqliteWatch};
use writer::Writer;

pub use backup::{BackupError, RestoreError, restore};
pub use cache::CACHE_BYTES_MAX;
pub use group::DELETIONS_KEPT_MAX;
pub use open::{BUSY_TIMEOUT, CreateError, CreateOptions, OpenError, OpenOptions};
pub use schema::SCHEMA_VERSION;
pub use watch::POLL_INTERVAL;

/// How many steps of SQLite's virtual machine pass between two calls of an integrity check's callback.
const PROGRESS_STEPS: i32 = 1_000;

/// A store in a file. Dropping it waits for the commit under way.
pub struct SqliteStore {
    writer: Writer,
    inner: Arc<Inner>,
}

/// What the handle, its writing thread and its watches share. The connections are dropped before the files.
pub(crate) struct Inner {
    source: Source,
    readers: Readers,
    cache: Cache,
    signal: Signal,
    files: Files,
}

impl SqliteStore {
    /// The database's file, without symbolic links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.source.path
    }

    /// How many transactions this handle has committed; batches that waited together share one.
    #[must_use]
    pub fn transactions(&self) -> u64 {
        self.inner.signal.count()
    }

    /// Read the whole database and return what is wrong with it, in SQLite's words; an empty list when it is
    /// sound. `progress` is called many times a second; the check stops when it returns `false`.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Unavailable`] also when the check was stopped.
    pub fn check_integrity(
        &self,
        mut progress: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Vec<String>, ReadError> {
        let check = || {
            let mut connection = self.inner.source.connect()?;
            connection.progress_handler(PROGRESS_STEPS, Some(move || !progress()))?;
            let mut statement = connection.prepare("PRAGMA integrity_check")?;
            let findings = statement.query_map([], |row| row.get(0))?;
            findings.collect::<rusqlite::Result<Vec<String>>>()
        };
        let mut findings = check().map_err(|error| self.inner.read_error(&error))?;
        findings.retain(|finding| finding != "ok");
        Ok(findings)
    }
}

impl Store for SqliteStore {
    fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        let now = self.inner.files.index_header();
        if let Some(known) = now.as_ref().and_then(|now| self.inner.cache.get(key, now)) {
            return Ok(known);
        }
        let found = self.inner.readers.with(|connection| query::get(connection, key));
        let subject = || format!("record {key} in {}", self.path().display());
        let entry = found.map_err(|error| Failure::new(subject(), &error).into_read_error())?;
        if let Some(now) = &now {
            self.inner.cache.insert(key, entry.as_ref(), now);
        }
        Ok(entry)
    }

    fn mark(&self) -> Option<Mark> {
        self.inner.files.index_header().map(|header| header.mark())
    }

    fn list(&self, range: &Range) -> Result<Page, ReadError> {
        self.inner
            .readers
            .with(|connection| query::list(connection, range))
            .map_err(|error| self.inner.read_error(&error))
    }

    fn commit(&self, batch: Batch) -> Result<Revision, CommitError> {
        batch.validate()?;
        if self.inner.source.access != Access::ReadWrite {
            return Err(CommitError::ReadOnly);
        }
        self.writer.commit(batch)
    }

    fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError> {
        let watch = SqliteWatch { inner: Arc::clone(&self.inner), after: from };
        watch.changes()?;
        Ok(Box::new(watch))
    }
}

impl Inner {
    fn changes(&self, after: Revision) -> Result<Changes, ReadError> {
        self.readers
            .with(|connection| query::changes(connection, after))
            .map_err(|error| self.read_error(&error))
    }

    fn read_error(&self, error: &rusqlite::Error) -> ReadError {
        Failure::new(format!("database {}", self.source.path.display()), error).into_read_error()
    }
}
