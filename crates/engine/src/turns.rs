//! Taking turns, for those who change the same records at once.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many turns are taken at a time, each by those who are asked about paths of one hash.
const PLACES: usize = 64;

/// Who lost against another change waits here for its turn. Nobody else does.
pub(crate) struct Turns {
    hasher: RandomState,
    places: [Mutex<()>; PLACES],
}

impl Default for Turns {
    fn default() -> Self {
        Self { hasher: RandomState::new(), places: std::array::from_fn(|_| Mutex::new(())) }
    }
}

impl Turns {
    /// Wait for the turn of whoever is asked about this path. It ends when the guard is dropped.
    pub(crate) fn take(&self, path: Option<&str>) -> Option<MutexGuard<'_, ()>> {
        let hash = self.hasher.hash_one(path.unwrap_or_default());
        let place = usize::try_from(hash % PLACES as u64).ok()?;
        let place = self.places.get(place)?;
        Some(place.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
