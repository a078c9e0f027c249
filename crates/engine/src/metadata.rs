//! Decrypted metadata of secrets that were read a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use strongroom_core::model::Secret;
use strongroom_store::{Entry, Key, Revision};

/// How many secrets' metadata is kept; at one more, it begins anew.
const SECRETS_MAX: usize = 1_024;
/// The longest record whose content is kept, in bytes.
const RECORD_BYTES_MAX: usize = 4_096;

/// What records decrypted to, each with the revision that wrote it. It is never asked whether a secret is there: the
/// store has said so, with the record's revision, and the same revision means the same content.
#[derive(Default)]
pub(crate) struct MetadataCache {
    secrets: RwLock<HashMap<Key, (Revision, Arc<Secret>)>>,
}

impl MetadataCache {
    /// What a record that the store just gave decrypts to, if that is known.
    pub(crate) fn get(&self, entry: &Entry) -> Option<Arc<Secret>> {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        let (revision, secret) = secrets.get(&entry.key)?;
        (*revision == entry.revision).then(|| Arc::clone(secret))
    }

    /// Keep what a record decrypted to.
    pub(crate) fn keep(&self, entry: &Entry, secret: &Arc<Secret>) {
        if entry.value.len() > RECORD_BYTES_MAX {
            return;
        }
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if secrets.len() >= SECRETS_MAX && !secrets.contains_key(&entry.key) {
            secrets.clear();
        }
        secrets.insert(entry.key.clone(), (entry.revision, Arc::clone(secret)));
    }
}

#[cfg(test)]
mod tests {
    use strongroom_core::identifier::SecretId;
    use strongroom_core::model::Limits;
    use strongroom_core::time::Timestamp;

    use super::*;

    fn entry(name: &str, revision: u64, bytes: usize) -> Entry {
        let key = Key::new(name).expect("a key");
        Entry { key, value: vec![0; bytes].into(), revision: Revision(revision) }
    }

    fn secret(number: u8) -> Arc<Secret> {
        Arc::new(Secret::new(SecretId::from_bytes([number; 16]), Limits::default(), Timestamp(1)))
    }

    #[test]
    fn metadata_is_known_for_the_revision_it_was_kept_under_only() {
        let cache = MetadataCache::default();
        cache.keep(&entry("a", 1, 100), &secret(1));
        assert_eq!(cache.get(&entry("a", 1, 100)), Some(secret(1)));
        assert_eq!(cache.get(&entry("a", 2, 100)), None);
        assert_eq!(cache.get(&entry("b", 1, 100)), None);
        cache.keep(&entry("a", 2, 100), &secret(2));
        assert_eq!(cache.get(&entry("a", 2, 100)), Some(secret(2)));
    }

    #[test]
    fn neither_long_records_nor_too_many_are_kept() {
        let cache = MetadataCache::default();
        cache.keep(&entry("long", 1, RECORD_BYTES_MAX + 1), &secret(1));
        assert_eq!(cache.get(&entry("long", 1, RECORD_BYTES_MAX + 1)), None);
        for number in 0..=SECRETS_MAX {
            cache.keep(&entry(&format!("{number}"), 1, RECORD_BYTES_MAX), &secret(1));
            assert!(cache.secrets.read().expect("whole").len() <= SECRETS_MAX);
        }
    }
}
