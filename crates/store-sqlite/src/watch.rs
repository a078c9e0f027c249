//! Waiting for changes, of this process and of others.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use strongroom_store::{Event, ReadError, Revision, Watch};

use crate::Inner;
use crate::query::Changes;

/// How often a watch looks for commits of other processes; those of its own process wake it at once.
pub const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Counts the commits of this handle.
#[derive(Default)]
pub(crate) struct Signal {
    commits: Mutex<u64>,
    raised: Condvar,
}

impl Signal {
    pub(crate) fn raise(&self) {
        *self.commits.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.raised.notify_all();
    }

    pub(crate) fn count(&self) -> u64 {
        *self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait until the count is no longer `seen`, at most for `timeout`.
    fn wait(&self, seen: u64, timeout: Duration) {
        let commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.raised.wait_timeout_while(commits, timeout, |commits| *commits == seen));
    }
}

pub(crate) struct SqliteWatch {
    pub(crate) inner: Arc<Inner>,
    pub(crate) after: Revision,
}

impl SqliteWatch {
    pub(crate) fn changes(&self) -> Result<Vec<Event>, ReadError> {
        match self.inner.changes(self.after)? {
            Changes::Compacted => Err(ReadError::Compacted(self.after)),
            Changes::Events(events) => Ok(events),
        }
    }
}

impl Watch for SqliteWatch {
    fn next(&mut self, timeout: Duration) -> Result<Vec<Event>, ReadError> {
        let started = Instant::now();
        loop {
            let seen = self.inner.signal.count();
            let events = self.changes()?;
            if let Some(last) = events.last() {
                self.after = last.revision;
                return Ok(events);
            }
            let Some(left) = timeout.checked_sub(started.elapsed()).filter(|left| !left.is_zero())
            else {
                return Ok(Vec::new());
            };
            self.inner.signal.wait(seen, left.min(POLL_INTERVAL));
        }
    }
}
