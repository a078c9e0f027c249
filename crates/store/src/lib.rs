//! The storage contract: four operations over ordered, path-shaped keys, and a mark that moves with every commit.
//!
//! A store is **untrusted**: it is handed ciphertext, and keys that say where a record belongs, never what it
//! holds. Everything above it assumes only what this file promises, and the conformance suite in
//! [`conformance`] holds every backend to it.
//!
//! The trait is synchronous. A hot `get` is answered from memory in well under a microsecond, where a boxed
//! future would cost more than the work; a `commit` waits for the disk, where a blocked thread costs nothing
//! next to the wait. A server runs commits on its blocking pool.
//!
//! # Adding a backend
//! 1. A crate `store-<name>` with one type that implements [`Store`].
//! 2. A test that calls [`conformance::run`] with a maker of empty stores, and a crash test.
//! 3. One arm in the composition root (`crates/cli/src/store.rs`): nothing else may name the crate.

pub mod conformance;
pub mod crash;
mod key;
pub mod memory;

pub use key::{KEY_BYTES_MAX, Key, KeyError};

use std::sync::Arc;
use std::time::Duration;

/// The most writes and preconditions one batch may hold together (etcd's limit for a transaction).
pub const BATCH_OPERATIONS_MAX: usize = 128;
/// The most bytes of keys and values in one batch: the largest value with its record overhead, and what an
/// etcd request takes.
pub const BATCH_BYTES_MAX: usize = 1_400_000;
/// The most entries one page of a listing holds.
pub const PAGE_ENTRIES_MAX: usize = 1_000;

/// A point in the store's history. Every commit gets a larger one than the commit before it; gaps are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// What a store as a whole looks like at one moment: two equal marks of one handle mean that between them no commit
/// became visible. It is compared and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark([u32; 12]);

/// One stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the record is.
    pub key: Key,
    /// The record's bytes, ciphertext to the store.
    pub value: Arc<[u8]>,
    /// The commit that wrote it.
    pub revision: Revision,
}

/// What a listing asks for: the keys that begin with `prefix`, in byte order.
#[derive(Clone, Debug)]
pub struct Range {
    /// Keys begin with these bytes; empty means every key.
    pub prefix: String,
    /// Only keys greater than this, which need not exist nor begin with the prefix.
    pub after: Option<String>,
    /// At most this many entries, 1 to [`PAGE_ENTRIES_MAX`]; larger values are cut to the maximum.
    pub limit: usize,
    /// Leave the values empty: the caller wants names.
    pub keys_only: bool,
}

/// A page of a listing.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The entries, in byte order of their keys.
    pub entries: Vec<Entry>,
    /// Whether a listing after the last entry would give more.
    pub more: bool,
}

/// What must hold for a batch to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// There is no record at the key.
    Absent(Key),
    /// The record at the key is the one written by this revision.
    Unchanged(Key, Revision),
}

/// One change.
#[derive(Clone, PartialEq, Eq)]
pub enum Write {
    /// Store the value at the key.
    Put(Key, Arc<[u8]>),
    /// Remove the record at the key; a key without a record is left as it is.
    Delete(Key),
}

/// Changes that are applied together or not at all.
#[derive(Clone, Default)]
pub struct Batch {
    /// All of them must hold.
    pub preconditions: Vec<Precondition>,
    /// Applied in order; no key may be written twice.
    pub writes: Vec<Write>,
}

/// One change, as a watcher sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The key that changed.
    pub key: Key,
    /// The revision that changed it last.
    pub revision: Revision,
    /// Whether there is a record now.
    pub present: bool,
}

/// Storage of records. See the crate's documentation for what a caller may rely on.
pub trait Store: Send + Sync {
    /// The record at `key`, or `None`. Sees every commit that was acknowledged before the call, by this or any
    /// other handle or process.
    ///
    /// # Errors
    /// [`ReadError`]
    fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError>;

    /// The store's mark now, or `None` where it cannot be told without asking for records. What was read after this
    /// mark was taken is still so as long as the mark is the same, with the promise of [`Self::get`]: every commit
    /// that was acknowledged before the call has changed it, whoever made the commit.
    ///
    /// It is for who has read several records, and asks for each request whether they are still the same.
    fn mark(&self) -> Option<Mark>;

    /// One page of the records whose keys begin with a prefix, in byte order, as of one point in time.
    ///
    /// # Errors
    /// [`ReadError`]
    fn list(&self, range: &Range) -> Result<Page, ReadError>;

    /// Apply the batch if its preconditions hold. `Ok` means that it survives the loss of power.
    ///
    /// # Errors
    /// [`CommitError`]. After every variant but [`CommitError::Unknown`] nothing of the batch was applied.
    fn commit(&self, batch: Batch) -> Result<Revision, CommitError>;

    /// Changes after `from`, oldest first. A key that changed several times may be reported once, with its
    /// latest revision. `Revision(0)` is the beginning.
    ///
    /// # Errors
    /// [`ReadError::Compacted`] when deletions after `from` have been forgotten: list again and watch from there.
    fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError>;
}

/// A stream of changes.
pub trait Watch: Send {
    /// Wait until something changed, and return it; an empty list when `timeout` passed first.
    ///
    /// # Errors
    /// [`ReadError`]
    fn next(&mut self, timeout: Duration) -> Result<Vec<Event>, ReadError>;
}

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The history that was asked for is gone.
    #[error("changes after revision {} are no longer kept", .0.0)]
    Compacted(Revision),
    /// The backend's own structure is damaged.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The backend cannot be reached or failed to read; trying again may help.
    #[error("the store cannot be read: {0}")]
    Unavailable(String),
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Another process holds the store for writing longer than the backend waits.
    #[error("another process is writing to the store")]
    Busy,
    /// The backend's own structure is damaged.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// No space is left for the batch.
    #[error("no space is left on the disk that holds the store")]
    Full,
    /// The batch breaks a rule of its own: too many operations, too many bytes, a key written twice.
    #[error("the batch is not valid: {0}")]
    Invalid(&'static str),
    /// A precondition does not hold.
    #[error("the record at {0} was changed by someone else")]
    PreconditionFailed(Key),
    /// The store may be read and not written.
    #[error("the store is read-only")]
    ReadOnly,
    /// The backend cannot be reached or failed; nothing was applied.
    #[error("the store cannot be written: {0}")]
    Unavailable(String),
    /// It failed in a way that leaves open whether the batch was applied. It was applied whole or not at all:
    /// read the records to learn which.
    #[error("the store failed while committing, and the change may or may not be there: {0}")]
    Unknown(String),
}

impl Mark {
    /// The mark with these words, whatever they mean to the store.
    #[must_use]
    pub fn new(words: [u32; 12]) -> Self {
        Self(words)
    }
}

impl From<Revision> for Mark {
    fn from(revision: Revision) -> Self {
        let [high, low] = [(revision.0 >> 32) as u32, revision.0 as u32];
        Self([high, low, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }
}

impl Batch {
    /// Check the rules every backend shares; called first by each `commit`.
    ///
    /// # Errors
    /// [`CommitError::Invalid`]
    pub fn validate(&self) -> Result<(), CommitError> {
        if self.preconditions.len() + self.writes.len() > BATCH_OPERATIONS_MAX {
            return Err(CommitError::Invalid("more than 128 operations"));
        }
        let bytes: usize = self.writes.iter().map(Write::bytes).sum();
        if bytes > BATCH_BYTES_MAX {
            return Err(CommitError::Invalid("more than 1,400,000 bytes"));
        }
        let mut keys: Vec<&Key> = self.writes.iter().map(Write::key).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(CommitError::Invalid("a key is written twice"));
        }
        Ok(())
    }
}

impl Precondition {
    /// The key the condition is about.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Absent(key) | Self::Unchanged(key, _) => key,
        }
    }

    /// Whether the condition holds, given the revision of the record at its key.
    #[must_use]
    pub fn holds(&self, found: Option<Revision>) -> bool {
        match self {
            Self::Absent(_) => found.is_none(),
            Self::Unchanged(_, revision) => found == Some(*revision),
        }
    }
}

impl Write {
    /// The key that is written.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Put(key, value) => key.as_str().len() + value.len(),
            Self::Delete(key) => key.as_str().len(),
        }
    }
}

impl Range {
    /// All keys that begin with `prefix`, a full page at a time.
    #[must_use]
    pub fn prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), after: None, limit: PAGE_ENTRIES_MAX, keys_only: false }
    }

    /// The limit a backend applies.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.clamp(1, PAGE_ENTRIES_MAX)
    }
}
