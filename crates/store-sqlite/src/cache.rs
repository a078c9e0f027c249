//! A cache of entries that is never stale, across threads, handles and processes. That a key has no entry is cached as
//! well: an absence is an answer like an entry, and what is said of entries below holds for it.
//!
//! # Why a cached entry is current
//! SQLite keeps a wal-index in shared memory, the file `<database>-shm`. A commit becomes visible to others by
//! one step: its header ([`IndexHeader`]) is replaced. The header holds the checksum that runs over all frames
//! of the WAL, their number, and the WAL's salts, so equal headers mean equal contents.
//!
//! The cache remembers a header and holds entries that are true at it:
//! 1. **Use.** `get` first reads the header, which is mapped. When it equals the remembered one, no commit has
//!    become visible since the entries were true, so an entry is the answer at this very moment. A commit that
//!    was acknowledged before the `get` began had replaced the header before, and would have been seen.
//! 2. **Drop.** When it differs, someone committed: all entries are dropped, and the header just read is
//!    remembered. It is read *before* the `SELECT`.
//! 3. **Fill.** An entry is kept only if the remembered header is still the one that its `get` read. The
//!    `SELECT` came later, so its entry is true at that header, or at a newer one; in the latter case the
//!    current header never equals the remembered one again, and the entry is never used.
//! 4. **Own commits.** While it holds SQLite's write lock, the writer reads the header H and its connection's
//!    `data_version`. After COMMIT it reads the header again, H', and then `data_version`, which SQLite changes
//!    when *another* connection committed. If it did not change and the change counter of H' is that of H plus
//!    one, then H' is the writer's own: entries that were true at H and whose keys the group did not write are
//!    true at H'. In one step, the written keys leave the cache and H' is remembered; an entry that was being
//!    read meanwhile fails rule 3. In every other case rule 2 drops everything.
//!
//! Between COMMIT and that step the current header is H' and the remembered one H: readers then go to the
//! database and leave the cache alone ([`Cache::begin_commit`]), because dropping it would be needless.
//!
//! A header that is read while it is being replaced is a mixture. Every header has a change counter of its own, so
//! that a mixture equals the old header only when the new counter was not there yet, and then the commit had not
//! returned; any other mixture equals no whole header, and drops the cache.
//! Without a wal-index there is no caching.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use strongroom_store::{Entry, Key};

use crate::files::IndexHeader;

/// What the cache holds at most, in bytes of keys and values, and 160 bytes each for what keeps them.
pub const CACHE_BYTES_MAX: usize = 16 << 20;
/// What an entry takes beside its key and value.
const ENTRY_OVERHEAD_BYTES: usize = 160;

#[derive(Default)]
pub(crate) struct Cache {
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// The entries are true at this header.
    header: Option<IndexHeader>,
    /// The writer is between its transaction's begin and rule 4.
    committing: bool,
    bytes: usize,
    slots: HashMap<Key, Slot>,
}

struct Slot {
    /// `None` where the key has no entry.
    entry: Option<Entry>,
    /// Used since the last sweep.
    used: AtomicBool,
}

impl Cache {
    /// The entry at `key`, or that there is none, if it is cached and true at `now`, the header just read.
    pub(crate) fn get(&self, key: &Key, now: &IndexHeader) -> Option<Option<Entry>> {
        {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if state.header.as_ref() == Some(now) {
                let slot = state.slots.get(key)?;
                if !slot.used.load(Ordering::Relaxed) {
                    slot.used.store(true, Ordering::Relaxed);
                }
                return Some(slot.entry.clone());
            }
            if state.committing {
                return None;
            }
        }
        let mut state = self.write();
        if state.header.as_ref() != Some(now) && !state.committing {
            state.clear();
            state.header = Some(*now);
        }
        None
    }

    /// Keep what was selected at `key` after the header was `before`.
    pub(crate) fn insert(&self, key: &Key, entry: Option<&Entry>, before: &IndexHeader) {
        let mut state = self.write();
        if state.header.as_ref() != Some(before) {
            return;
        }
        state.remove(key);
        state.bytes += size(key, entry);
        let slot = Slot { entry: entry.cloned(), used: AtomicBool::new(false) };
        state.slots.insert(key.clone(), slot);
        if state.bytes > CACHE_BYTES_MAX {
            state.sweep();
        }
    }

    /// The writer's transaction begins: until [`end_commit`](Self::end_commit), a new header drops nothing.
    pub(crate) fn begin_commit(&self) {
        self.write().committing = true;
    }

    /// The writer's transaction is over. `own` has the headers before and after it, when nobody else's commit
    /// came between.
    pub(crate) fn end_commit<'a>(
        &self,
        own: Option<(IndexHeader, IndexHeader)>,
        written: impl Iterator<Item = &'a Key>,
    ) {
        let mut state = self.write();
        state.committing = false;
        let Some((before, after)) = own else { return };
        if state.header == Some(before) {
            for key in written {
                state.remove(key);
            }
            state.header = Some(after);
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn clear(&mut self) {
        self.bytes = 0;
        self.slots.clear();
    }

    fn remove(&mut self, key: &Key) {
        if let Some(slot) = self.slots.remove(key) {
            self.bytes -= size(key, slot.entry.as_ref());
        }
    }

    /// Drop what was not used since the last sweep, then anything, until a quarter is free.
    fn sweep(&mut self) {
        let target = CACHE_BYTES_MAX / 4 * 3;
        let mut bytes = self.bytes;
        for unused_only in [true, false] {
            self.slots.retain(|key, slot| {
                let used = slot.used.swap(false, Ordering::Relaxed);
                let kept = bytes <= target || (unused_only && used);
                if !kept {
                    bytes -= size(key, slot.entry.as_ref());
                }
                kept
            });
        }
        self.bytes = bytes;
    }
}

fn size(key: &Key, entry: Option<&Entry>) -> usize {
    key.as_str().len() + entry.map_or(0, |entry| entry.value.len()) + ENTRY_OVERHEAD_BYTES
}

#[cfg(test)]
mod tests {
    use strongroom_store::Revision;

    use super::*;

    fn key(name: &str) -> Key {
        Key::new(name).unwrap()
    }

    fn entry(name: &str, bytes: usize) -> Entry {
        Entry { key: key(name), value: vec![1; bytes].into(), revision: Revision(1) }
    }

    fn filled(header: &IndexHeader) -> Cache {
        let cache = Cache::default();
        assert!(cache.get(&key("a"), header).is_none());
        keep(&cache, &entry("a", 10), header);
        keep(&cache, &entry("b", 10), header);
        cache
    }

    fn keep(cache: &Cache, entry: &Entry, header: &IndexHeader) {
        cache.insert(&entry.key, Some(entry), header);
    }

    #[test]
    fn an_entry_is_used_only_under_the_header_it_was_read_under() {
        let (one, two) = (IndexHeader::numbered(1), IndexHeader::numbered(2));
        let cache = filled(&one);
        assert_eq!(cache.get(&key("a"), &one), Some(Some(entry("a", 10))));
        assert!(cache.get(&key("a"), &two).is_none(), "someone committed");
        assert!(cache.get(&key("b"), &one).is_none(), "everything was dropped");
    }

    #[test]
    fn an_entry_read_under_an_older_header_is_not_kept() {
        let (one, two) = (IndexHeader::numbered(1), IndexHeader::numbered(2));
        let cache = filled(&one);
        cache.begin_commit();
        cache.end_commit(Some((one, two)), [key("a")].iter());
        keep(&cache, &entry("a", 10), &one);
        assert!(cache.get(&key("a"), &two).is_none());
    }

    #[test]
    fn an_own_commit_drops_the_written_keys_only() {
        let (one, two) = (IndexHeader::numbered(1), IndexHeader::numbered(2));
        let cache = filled(&one);
        cache.begin_commit();
        assert!(cache.get(&key("b"), &two).is_none(), "between the commit and its news");
        cache.end_commit(Some((one, two)), [key("a")].iter());
        assert!(cache.get(&key("a"), &two).is_none());
        assert_eq!(cache.get(&key("b"), &two), Some(Some(entry("b", 10))));
    }

    #[test]
    fn an_absence_is_known_until_the_key_is_written() {
        let (one, two, three) =
            (IndexHeader::numbered(1), IndexHeader::numbered(2), IndexHeader::numbered(3));
        let cache = filled(&one);
        cache.insert(&key("none"), None, &one);
        assert_eq!(cache.get(&key("none"), &one), Some(None));
        cache.begin_commit();
        cache.end_commit(Some((one, two)), [key("a")].iter());
        assert_eq!(cache.get(&key("none"), &two), Some(None));
        cache.begin_commit();
        cache.end_commit(Some((two, three)), [key("none")].iter());
        assert_eq!(cache.get(&key("none"), &three), None);
        assert_eq!(cache.get(&key("none"), &IndexHeader::numbered(4)), None, "someone committed");
    }

    #[test]
    fn a_commit_that_may_not_be_alone_drops_everything() {
        let (one, two) = (IndexHeader::numbered(1), IndexHeader::numbered(2));
        let cache = filled(&one);
        cache.begin_commit();
        cache.end_commit(None, [key("a")].iter());
        assert!(cache.get(&key("b"), &two).is_none());
    }

    #[test]
    fn the_cache_stays_within_its_bytes_and_keeps_what_is_used() {
        let header = IndexHeader::numbered(1);
        let cache = filled(&header);
        for at in 0..100 {
            assert!(cache.get(&key("a"), &header).is_some(), "what is used stays, {at}");
            keep(&cache, &entry(&format!("large{at}"), 1 << 20), &header);
            assert!(cache.state.read().unwrap().bytes <= CACHE_BYTES_MAX);
        }
    }
}
