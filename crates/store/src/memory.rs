//! A store in memory: for tests, and for a server whose data need not outlive it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::{
    Batch, CommitError, Entry, Event, Key, Mark, Page, Range, ReadError, Revision, Store, Watch,
    Write,
};

/// How many deletions a watcher can still be told about; older ones are forgotten.
pub const DELETIONS_KEPT_MAX: usize = 10_000;

/// A store that lives as long as the value does. Clones share the records.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: RwLock<State>,
    /// The newest revision, for watchers to wait on.
    newest: Mutex<Revision>,
    committed: Condvar,
}

#[derive(Clone, Default)]
struct State {
    revision: Revision,
    /// The newest deletion that was forgotten.
    compacted: Revision,
    records: BTreeMap<Key, Record>,
    deletions: BTreeMap<Key, Place>,
    changes: BTreeMap<Place, Key>,
}

/// Where a change stands in the history: its commit, and its place in the batch.
type Place = (Revision, usize);

#[derive(Clone)]
struct Record {
    value: Arc<[u8]>,
    place: Place,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that holds the same records and history, and shares nothing with this one from here on.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner).clone();
        let newest = Mutex::new(state.revision);
        let shared = Shared { state: RwLock::new(state), newest, committed: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        Ok(state.records.get(key).map(|record| record.entry(key, false)))
    }

    fn mark(&self) -> Option<Mark> {
        let state = self.shared.state.read().unwrap_or_else(PoisonError::into_inner);
        Some(state.revision.into())
    }

    fn list(&self, range: &Range) -> Result<Page, ReadError> {
        Ok(self.shared.state.read().unwrap_or_else(PoisonError::into_inner).list(range))
    }

    fn commit(&self, batch: Batch) -> Result<Revision, CommitError> {
        batch.validate()?;
        let revision =
            self.shared.state.write().unwrap_or_else(PoisonError::into_inner).apply(batch)?;
        let mut newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = revision.max(*newest);
        self.shared.committed.notify_all();
        Ok(revision)
    }

    fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError> {
        let watch = MemoryWatch { shared: Arc::clone(&self.shared), after: from };
        watch.changes()?;
        Ok(Box::new(watch))
    }
}

impl State {
    fn list(&self, range: &Range) -> Page {
        let start = match &range.after {
            Some(after) if *after >= range.prefix => Bound::Excluded(after.as_str()),
            _ => Bound::Included(range.prefix.as_str()),
        };
        let mut found = self
            .records
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(|(key, _)| key.as_str().starts_with(&range.prefix));
        let entries = found
            .by_ref()
            .take(range.limit())
            .map(|(key, record)| record.entry(key, range.keys_only))
            .collect();
        Page { entries, more: found.next().is_some() }
    }

    fn apply(&mut self, batch: Batch) -> Result<Revision, CommitError> {
        for precondition in &batch.preconditions {
            let found = self.records.get(precondition.key()).map(|record| record.place.0);
            if !precondition.holds(found) {
                return Err(CommitError::PreconditionFailed(precondition.key().clone()));
            }
        }
        self.revision = Revision(self.revision.0 + 1);
        for (index, write) in batch.writes.into_iter().enumerate() {
            let place = (self.revision, index);
            match write {
                Write::Put(key, value) => {
                    self.forget(&key);
                    self.changes.insert(place, key.clone());
                    self.records.insert(key, Record { value, place });
                }
                Write::Delete(key) => {
                    if self.records.contains_key(&key) {
                        self.forget(&key);
                        self.changes.insert(place, key.clone());
                        self.deletions.insert(key, place);
                    }
                }
            }
        }
        self.prune();
        Ok(self.revision)
    }

    /// Drop what is known of the key, and its last change.
    fn forget(&mut self, key: &Key) {
        if let Some(record) = self.records.remove(key) {
            self.changes.remove(&record.place);
        }
        if let Some(place) = self.deletions.remove(key) {
            self.changes.remove(&place);
        }
    }

    /// Forget the older half of the deletions when there are too many.
    fn prune(&mut self) {
        if self.deletions.len() <= DELETIONS_KEPT_MAX {
            return;
        }
        let mut places: Vec<Place> = self.deletions.values().copied().collect();
        places.sort_unstable();
        places.truncate(DELETIONS_KEPT_MAX / 2);
        for place in places {
            self.compacted = self.compacted.max(place.0);
            if let Some(key) = self.changes.remove(&place) {
                self.deletions.remove(&key);
            }
        }
    }

    fn changes_after(&self, after: Revision) -> Result<Vec<Event>, ReadError> {
        if after < self.compacted {
            return Err(ReadError::Compacted(after));
        }
        let start = Bound::Excluded((after, usize::MAX));
        let event = |(place, key): (&Place, &Key)| Event {
            key: key.clone(),
            revision: place.0,
            present: self.records.contains_key(key),
        };
        Ok(self.changes.range((start, Bound::Unbounded)).map(event).collect())
    }
}

impl Record {
    fn entry(&self, key: &Key, key_only: bool) -> Entry {
        let value = if key_only { Arc::default() } else { Arc::clone(&self.value) };
        Entry { key: key.clone(), value, revision: self.place.0 }
    }
}

struct MemoryWatch {
    shared: Arc<Shared>,
    after: Revision,
}

impl MemoryWatch {
    fn changes(&self) -> Result<Vec<Event>, ReadError> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).changes_after(self.after)
    }
}

impl Watch for MemoryWatch {
    fn next(&mut self, timeout: Duration) -> Result<Vec<Event>, ReadError> {
        let started = Instant::now();
        loop {
            let seen = *self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner);
            let events = self.changes()?;
            if let Some(last) = events.last() {
                self.after = last.revision;
                return Ok(events);
            }
            let Some(left) = timeout.checked_sub(started.elapsed()).filter(|left| !left.is_zero())
            else {
                return Ok(Vec::new());
            };
            let newest = self.shared.newest.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.shared.committed.wait_timeout_while(newest, left, |now| *now == seen));
        }
    }
}
