//! What was read of secrets a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use strongroom_core::model::{Secret, VersionNumber};
use strongroom_store::{Entry, Mark, Revision};

use crate::mounts::Location;

/// How many secrets are kept; at one more, it begins anew.
const SECRETS_MAX: usize = 1_024;
/// The longest record that is kept of one, in bytes.
const RECORD_BYTES_MAX: usize = 4_096;

/// Secrets that were read, by their canonical path. It is never asked whether a secret is there: what is kept holds
/// while the store has the mark under which it was seen, and else the store is asked.
#[derive(Default)]
pub(crate) struct MetadataCache {
    secrets: RwLock<HashMap<Box<str>, Arc<KnownSecret>>>,
}

/// A secret's metadata, decrypted, and the record of a version of it, which is not.
pub(crate) struct KnownSecret {
    pub(crate) secret: Arc<Secret>,
    /// A path is another one's when mounts are moved.
    location: Location,
    revision: Revision,
    seen: RwLock<Seen>,
}

#[derive(Clone, Default)]
struct Seen {
    /// Taken before the records were read.
    mark: Option<Mark>,
    payload: Option<(VersionNumber, Entry)>,
}

impl MetadataCache {
    /// What is known of the secret at a location, current or not.
    pub(crate) fn get(&self, location: &Location) -> Option<Arc<KnownSecret>> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let known = secrets.get(location.as_str())?;
        (known.location == *location).then(|| Arc::clone(known))
    }

    /// Keep what a record decrypted to that was read after the store had this mark.
    pub(crate) fn keep(
        &self,
        location: &Location,
        entry: &Entry,
        secret: Secret,
        mark: Option<Mark>,
    ) -> Arc<KnownSecret> {
        let known = Arc::new(KnownSecret {
            secret: Arc::new(secret),
            location: location.clone(),
            revision: entry.revision,
            seen: RwLock::new(Seen { mark, payload: None }),
        });
        if entry.value.len() > RECORD_BYTES_MAX {
            return known;
        }
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if secrets.len() >= SECRETS_MAX && !secrets.contains_key(location.as_str()) {
            secrets.clear();
        }
        secrets.insert(location.as_str().into(), Arc::clone(&known));
        known
    }
}

impl KnownSecret {
    /// Whether it is so while the store has this mark.
    pub(crate) fn holds_at(&self, mark: Option<Mark>) -> bool {
        mark.is_some() && self.seen.read().unwrap_or_else(PoisonError::into_inner).mark == mark
    }

    /// Whether this record, read after the store had this mark, is the one that it was made of. Then it holds at the
    /// mark as well.
    pub(crate) fn is_of(&self, entry: &Entry, mark: Option<Mark>) -> bool {
        let is_same = self.revision == entry.revision;
        if is_same {
            let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
            *seen = Seen { mark, payload: None };
        }
        is_same
    }

    /// The record of what a version holds, while the store has this mark.
    pub(crate) fn payload(&self, number: VersionNumber, mark: Option<Mark>) -> Option<Entry> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let (known, entry) =
            seen.payload.as_ref().filter(|_| mark.is_some() && seen.mark == mark)?;
        (*known == number).then(|| entry.clone())
    }

    /// Keep the record of what a version holds, which was read after the store had this mark.
    pub(crate) fn keep_payload(&self, number: VersionNumber, entry: &Entry, mark: Option<Mark>) {
        if entry.value.len() > RECORD_BYTES_MAX {
            return;
        }
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if mark.is_some() && seen.mark == mark {
            seen.payload = Some((number, entry.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use strongroom_core::identifier::{MountId, SecretId};
    use strongroom_core::model::Limits;
    use strongroom_core::time::Timestamp;
    use strongroom_store::Key;

    use super::*;
    use crate::mounts::{Mount, MountKind};

    fn location(mount: u8, mount_path: &str, path: &str) -> Location {
        let mount = Mount::new(MountId::from_bytes([mount; 16]), MountKind::KeyValue);
        Location::logical(mount_path, &mount, path).expect("a location")
    }

    fn entry(revision: u64, bytes: usize) -> Entry {
        let key = Key::new("a").expect("a key");
        Entry { key, value: vec![0; bytes].into(), revision: Revision(revision) }
    }

    fn secret(number: u8) -> Secret {
        Secret::new(SecretId::from_bytes([number; 16]), Limits::default(), Timestamp(1))
    }

    fn mark(number: u64) -> Option<Mark> {
        Some(Revision(number).into())
    }

    #[test]
    fn what_was_read_holds_at_its_mark_and_at_later_ones_once_the_record_was_seen_again() {
        let (cache, at) = (MetadataCache::default(), location(1, "m", "m/a"));
        cache.keep(&at, &entry(7, 100), secret(1), mark(1));
        let known = cache.get(&at).expect("is kept");
        assert!(known.holds_at(mark(1)) && !known.holds_at(mark(2)) && !known.holds_at(None));
        assert!(!known.is_of(&entry(8, 100), mark(2)), "another record");
        assert!(!known.holds_at(mark(2)));
        assert!(known.is_of(&entry(7, 100), mark(2)));
        assert!(known.holds_at(mark(2)) && !known.holds_at(mark(1)));
    }

    #[test]
    fn nothing_holds_in_a_store_without_marks() {
        let (cache, at) = (MetadataCache::default(), location(1, "m", "m/a"));
        let known = cache.keep(&at, &entry(7, 100), secret(1), None);
        known.keep_payload(VersionNumber(1), &entry(3, 9), None);
        assert!(!known.holds_at(None));
        assert_eq!(known.payload(VersionNumber(1), None), None);
    }

    #[test]
    fn a_payload_is_known_by_its_number_and_at_its_mark_only() {
        let (cache, at) = (MetadataCache::default(), location(1, "m", "m/a"));
        let known = cache.keep(&at, &entry(7, 100), secret(1), mark(1));
        let one = VersionNumber(1);
        known.keep_payload(one, &entry(3, 9), mark(2));
        assert_eq!(known.payload(one, mark(2)), None, "it may be newer than the metadata");
        known.keep_payload(one, &entry(3, 9), mark(1));
        assert_eq!(known.payload(one, mark(1)), Some(entry(3, 9)));
        assert_eq!(known.payload(VersionNumber(2), mark(1)), None);
        assert_eq!(known.payload(one, mark(2)), None);
        assert!(known.is_of(&entry(7, 100), mark(2)));
        assert_eq!(known.payload(one, mark(2)), None, "the metadata was seen, this was not");
        known.keep_payload(one, &entry(3, RECORD_BYTES_MAX + 1), mark(2));
        assert_eq!(known.payload(one, mark(2)), None, "long records are not kept");
    }

    #[test]
    fn a_path_in_another_mount_is_another_secret() {
        let cache = MetadataCache::default();
        cache.keep(&location(1, "m", "m/a/b"), &entry(7, 100), secret(1), mark(1));
        assert!(cache.get(&location(1, "m", "m/a/b")).is_some());
        assert!(cache.get(&location(2, "m", "m/a/b")).is_none(), "made anew at the same path");
        assert!(cache.get(&location(1, "m/a", "m/a/b")).is_none(), "moved into itself");
    }

    #[test]
    fn neither_long_records_nor_too_many_are_kept() {
        let cache = MetadataCache::default();
        let long = location(1, "m", "m/long");
        cache.keep(&long, &entry(1, RECORD_BYTES_MAX + 1), secret(1), mark(1));
        assert!(cache.get(&long).is_none());
        for number in 0..=SECRETS_MAX {
            let at = location(1, "m", &format!("m/{number}"));
            cache.keep(&at, &entry(1, RECORD_BYTES_MAX), secret(1), mark(1));
            assert!(cache.secrets.read().expect("whole").len() <= SECRETS_MAX);
        }
    }
}
