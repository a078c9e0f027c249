//! What was made of one record, kept as long as the record is the same.

use std::sync::{Arc, PoisonError, RwLock};

use strongroom_store::{Entry, Key, Mark, Revision, Store};

use crate::error::Error;

/// A value made of the record at one key, or of there being none.
///
/// It is asked for with every request and holds until the record changes, so that the store is not even asked for the
/// record while its [mark](Store::mark) is the one under which the record was last seen.
pub(crate) struct Kept<T> {
    key: Key,
    seen: RwLock<Option<Seen<T>>>,
}

#[derive(Clone)]
struct Seen<T> {
    /// Taken before the record was read.
    mark: Option<Mark>,
    revision: Option<Revision>,
    made: Arc<T>,
}

impl<T> Kept<T> {
    pub(crate) fn at(key: Key) -> Self {
        Self { key, seen: RwLock::new(None) }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// What is made of the record as it is now, and the revision of the record. `make` is given the record, and what
    /// was made of the one before.
    pub(crate) fn now(
        &self,
        store: &dyn Store,
        make: impl FnOnce(Option<&Entry>, Option<&T>) -> Result<T, Error>,
    ) -> Result<(Option<Revision>, Arc<T>), Error> {
        let mark = store.mark();
        if let Some(seen) = &*self.seen.read().unwrap_or_else(PoisonError::into_inner)
            && mark.is_some()
            && seen.mark == mark
        {
            return Ok((seen.revision, Arc::clone(&seen.made)));
        }
        let entry = store.get(&self.key)?;
        let revision = entry.as_ref().map(|entry| entry.revision);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        let before = seen.take();
        let made = match before {
            Some(Seen { revision: known, made, .. }) if known == revision => made,
            before => Arc::new(make(entry.as_ref(), before.as_ref().map(|seen| &*seen.made))?),
        };
        *seen = Some(Seen { mark, revision, made: Arc::clone(&made) });
        Ok((revision, made))
    }

    /// Have it made anew, whether the record changes or not.
    pub(crate) fn forget(&self) {
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use strongroom_store::memory::MemoryStore;
    use strongroom_store::{Batch, Page, Range, ReadError, Watch, Write};

    use super::*;

    /// Counts what is read of it; without marks where it is told to have none.
    #[derive(Default)]
    struct Counting {
        store: MemoryStore,
        reads: std::sync::atomic::AtomicU32,
        has_no_marks: bool,
    }

    impl Store for Counting {
        fn get(&self, key: &Key) -> Result<Option<Entry>, ReadError> {
            self.reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            self.store.get(key)
        }

        fn mark(&self) -> Option<Mark> {
            if self.has_no_marks { None } else { self.store.mark() }
        }

        fn list(&self, range: &Range) -> Result<Page, ReadError> {
            self.store.list(range)
        }

        fn commit(&self, batch: Batch) -> Result<Revision, strongroom_store::CommitError> {
            self.store.commit(batch)
        }

        fn watch(&self, from: Revision) -> Result<Box<dyn Watch>, ReadError> {
            self.store.watch(from)
        }
    }

    fn key(name: &str) -> Key {
        Key::new(name).expect("a key")
    }

    fn put(store: &dyn Store, name: &str, value: &[u8]) {
        let writes = vec![Write::Put(key(name), value.into())];
        store.commit(Batch { preconditions: Vec::new(), writes }).expect("commits");
    }

    /// The value of the record and how often one was made, as told by what is kept.
    fn ask(kept: &Kept<(Vec<u8>, u32)>, store: &dyn Store) -> (Vec<u8>, u32) {
        let make = |entry: Option<&Entry>, before: Option<&(Vec<u8>, u32)>| {
            let value = entry.map(|entry| entry.value.to_vec()).unwrap_or_default();
            Ok((value, before.map_or(1, |(_, made)| made + 1)))
        };
        let (_, made) = kept.now(store, make).expect("makes");
        (*made).clone()
    }

    #[test]
    fn a_change_counts_at_once_and_is_read_for_once_only() {
        for has_no_marks in [false, true] {
            let store = Counting { has_no_marks, ..Counting::default() };
            let kept = Kept::at(key("a"));
            assert_eq!(ask(&kept, &store), (vec![], 1), "that there is none is kept as well");
            assert_eq!(ask(&kept, &store), (vec![], 1));
            put(&store, "b", b"other");
            assert_eq!(ask(&kept, &store), (vec![], 1), "another record is none of it");
            put(&store, "a", b"1");
            assert_eq!(ask(&kept, &store), (b"1".to_vec(), 2));
            put(&store, "a", b"2");
            assert_eq!(ask(&kept, &store), (b"2".to_vec(), 3));
            (0..9).for_each(|_| assert_eq!(ask(&kept, &store), (b"2".to_vec(), 3)));
            let reads = store.reads.load(std::sync::atomic::Ordering::SeqCst);
            assert_eq!(reads, if has_no_marks { 14 } else { 4 });
        }
    }

    #[test]
    fn what_cannot_be_made_is_tried_again() {
        let (store, kept) = (MemoryStore::new(), Kept::at(key("a")));
        assert_eq!(ask(&kept, &store), (vec![], 1));
        put(&store, "a", b"1");
        let failed = kept.now(&store, |_, _| Err(Error::damaged("a", "it is")));
        assert!(failed.is_err());
        assert_eq!(ask(&kept, &store), (b"1".to_vec(), 1));
        kept.forget();
        assert_eq!(ask(&kept, &store), (b"1".to_vec(), 1));
    }
}
