//! A store that fails on demand, to prove what is left behind when the machine stops between two commits.
//!
//! ```
//! use strongroom_store::crash::{CrashStore, Fault};
//! use strongroom_store::{Batch, Key, Store, Write};
//!
//! let store = CrashStore::new();
//! store.fail_commit(2, Fault::PowerLoss);
//! let put = |name: &str| Batch {
//!     writes: vec![Write::Put(Key::new(name).unwrap(), b"1"[..].into())],
//!     ..Batch::default()
//! };
//! assert!(store.commit(put("first")).is_ok());
//! assert!(store.commit(put("second")).is_err());
//! let after = store.crash();
//! assert!(after.get(&Key::new("first").unwrap()).unwrap().is_some());
//! assert!(after.get(&Key::new("second").unwrap()).unwrap().is_none());
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::memory::MemoryStore;
use crate::{
    Batch, CommitError, Entry, Event, Key, Mark, Page, Range, ReadError, Revision, Store, Watch,
};

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Another process is writing: nothing is applied, [`CommitError::Busy`].
    Busy,
    /// The disk is full: nothing is applied, [`CommitError::Full`].
    Full,
    /// The store stops before the commit: nothing is applied, and every later call fails.
    PowerLoss,
    /// The store stops after the commit and before its acknowledgement: the batch is applied, the caller is
    /// told [`CommitError::Unknown`], and every later call fails.
    PowerLossAfter,
    /// The store may not be written: nothing is applied, [`CommitError::ReadOnly`].
    ReadOnly,
    /// The store cannot be reached: nothing is applied, [`CommitError::Unavailable`].
    Unavailable,
    /// The acknowledgement is lost: the batch is applied, [`CommitError::Unknown`].
    UnknownApplied,
    /// The commit is lost: nothing is applied, [`CommitError::Unknown`].
    UnknownLost,
}

/// A store in memory whose commits and reads fail when they are told to. Clones share everything.
#[derive(Clone, Default)]
pub struct CrashStore {
    durable: MemoryStore,
    control: Arc<Control>,
}

#[derive(Default)]
struct Control {
    commits: AtomicU64,
    stopped: AtomicBool,
    reads_fail: AtomicBool,
    faults: Mutex<BTreeMap<u64, Fault>>,
    standing: Mutex<Option<Fault>>,
}

impl CrashStore {
    /// An empty store without faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Make one commit fail: the first is number 1, and invalid batches are not counted.
    pub fn fail_commit(&self, number: u64, fault: Fault) {
        let mut faults = self.control.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.insert(number, fault);
    }

    /// Make every commit fail from now on that has no fault of its own; `None` ends it.
    pub fn fail_commits(&self, fault: Option<Fault>) {
        *self.control.standing.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Make every read and every watch fail with [`ReadError::Unavailable`], or work again.
    pub fn fail_reads(&self, fail: bool) {
        self.control.reads_fail.store(fail, Ordering::SeqCst);
    }

    /// How many commits were asked for, failed ones included.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.control.commits.load(Ordering::SeqCst)
    }

    /// Stop this store and return what the disk holds, as the next process finds it: without faults.
    #[must_use]
    pub fn crash(&self) -> Self {
        self.control.stopped.store(true, Ordering::SeqCst);
        Self { durable: self.durable.fork(), control: Arc::default() }
    }

    fn fault(&self) -> Option<Fault> {
        let number = self.control.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let faults = self.control.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = self.control.standing.lock().unwrap_or_else(PoisonError::into_inner);
        faults.get(&number).copied().or(*standing)
    }
}

impl Control {
    fn check_stopped(&self) -> Result<(), CommitError> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(CommitError::Unavailable("the machine stopped".into()));
        }
        Ok(())
    }

    fn check_readable(&self) -> Result<(), ReadError> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable("the machine stopped".into()));
        }
        if self.reads_fail.load(Ordering::SeqCst) {
            return Err(ReadError::Unavailable("reads were told to fail".into()));
        }
        Ok(())
    }
}

impl Store for CrashStore {
    fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        self.control.check_readable()?;
        self.durable.get(key)
    }

    fn mark(&self) -> Option<Mark> {
        self.control.check_readable().ok()?;
        self.durable.mark()
    }

    fn list(&self, range: &Range) -> Result<Page, ReadError> {
        self.control.check_readable()?;
        self.durable.list(range)
    }

    fn commit(&self, batch: Batch) -> Result<Revision, CommitError> {
        batch.validate()?;
        self.control.check_stopped()?;
        let unknown = || CommitError::Unknown("told to fail".into());
        match self.fault() {
            None => self.durable.commit(batch),
            Some(Fault::Busy) => Err(CommitError::Busy),
            Some(Fault::Full) => Err(CommitError::Full),
            Some(Fault::ReadOnly) => Err(CommitError::ReadOnly),
            Some(Fault::Unavailable) => Err(CommitError::Unavailable("told to fail".into())),
            Some(Fault::UnknownLost) => Err(unknown()),
            Some(Fault::UnknownApplied) => self.durable.commit(batch).and_then(|_| Err(unknown())),
            Some(Fault::PowerLoss) => {
                self.control.stopped.store(true, Ordering::SeqCst);
                Err(CommitError::Unavailable("the machine stopped".into()))
            }
            Some(Fault::PowerLossAfter) => {
                let outcome = self.durable.commit(batch);
                self.control.stopped.store(true, Ordering::SeqCst);
                outcome.and_then(|_| Err(unknown()))
            }
        }
    }

    fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError> {
        self.control.check_readable()?;
        let inner = self.durable.watch(from)?;
        Ok(Box::new(CrashWatch { inner, control: Arc::clone(&self.control) }))
    }
}

struct CrashWatch {
    inner: Box<dyn Watch>,
    control: Arc<Control>,
}

impl Watch for CrashWatch {
    fn next(&mut self, timeout: Duration) -> Result<Vec<Event>, ReadError> {
        self.control.check_readable()?;
        let events = self.inner.next(timeout)?;
        self.control.check_readable()?;
        Ok(events)
    }
}
