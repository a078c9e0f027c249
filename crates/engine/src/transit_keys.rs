//! Transit keys as records of their mount, and those that were used a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::MountId;
use strongroom_core::transit::{RotateError, TransitKey};
use strongroom_store::{Batch, Entry, Key, Precondition, Revision, Write as StoreWrite};

use crate::due::Due;
use crate::error::Error;
use crate::room::Room;

/// What stands before a key's name within its mount.
pub(crate) const KEYS: &str = "keys/";
/// How many keys are kept in memory; at one more, it begins anew.
const KEYS_MAX: usize = 256;
/// The longest record whose key is kept in memory, in bytes.
const RECORD_BYTES_MAX: usize = 1 << 16;

/// Keys that were decrypted and parsed, each with the revision of its record. The store is asked for the record every
/// time: the same revision means the same key.
#[derive(Default)]
pub(crate) struct TransitKeys(RwLock<HashMap<Key, (Revision, Arc<TransitKey>)>>);

/// A key with the revision of its record, to be changed.
pub(crate) struct FoundKey {
    pub(crate) key: TransitKey,
    revision: Revision,
}

impl TransitKeys {
    fn get(&self, entry: &Entry) -> Option<Arc<TransitKey>> {
        let keys = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (revision, key) = keys.get(&entry.key)?;
        (*revision == entry.revision).then(|| Arc::clone(key))
    }

    fn keep(&self, entry: &Entry, key: &Arc<TransitKey>) {
        if entry.value.len() > RECORD_BYTES_MAX {
            return;
        }
        let mut keys = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= KEYS_MAX && !keys.contains_key(&entry.key) {
            keys.clear();
        }
        keys.insert(entry.key.clone(), (entry.revision, Arc::clone(key)));
    }
}

impl Room<'_> {
    /// A transit key for use.
    pub(crate) fn transit_key(
        &self,
        mount: MountId,
        name: &str,
    ) -> Result<Option<Arc<TransitKey>>, Error> {
        let record = self.transit_record(mount, name)?;
        let Some(entry) = self.store.get(&record)? else { return Ok(None) };
        if let Some(known) = self.unsealed.transit.get(&entry) {
            return Ok(Some(known));
        }
        let key = Arc::new(self.open_transit_key(&entry)?);
        self.unsealed.transit.keep(&entry, &key);
        Ok(Some(key))
    }

    /// A transit key to be changed.
    pub(crate) fn transit_key_to_change(
        &self,
        mount: MountId,
        name: &str,
    ) -> Result<Option<FoundKey>, Error> {
        let record = self.transit_record(mount, name)?;
        let Some(entry) = self.store.get(&record)? else { return Ok(None) };
        let key = self.open_transit_key(&entry)?;
        Ok(Some(FoundKey { key, revision: entry.revision }))
    }

    /// A batch that writes a key, on the condition that nobody changed it since it was `found`, or that there is none,
    /// and that says when it is due for rotation.
    pub(crate) fn put_transit_key(
        &self,
        mount: MountId,
        name: &str,
        key: &TransitKey,
        found: Option<Revision>,
    ) -> Result<Batch, Error> {
        let record = self.transit_record(mount, name)?;
        let precondition = match found {
            Some(revision) => Precondition::Unchanged(record.clone(), revision),
            None => Precondition::Absent(record.clone()),
        };
        let write = self.records().put_bytes(RecordKind::Logical, record, &key.encode());
        let mut batch = Batch { preconditions: vec![precondition], writes: vec![write] };
        if let Some(at) = key.rotation_due() {
            Due::TransitKey(mount, name.to_owned()).put(&self.records(), &mut batch, at);
        }
        Ok(batch)
    }

    /// Rotate a key that is due, and say in words what was done. What cannot be rotated does not hold up what else is
    /// due: a full key is tried again after its period, and a damaged one when it is written next.
    pub(crate) fn rotate_due_transit_key(
        &self,
        mount: MountId,
        name: &str,
        batch: &mut Batch,
    ) -> Result<&'static str, Error> {
        let mut found = match self.transit_key_to_change(mount, name) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok("is gone"),
            Err(Error::Internal(_)) => return Ok("is damaged"),
            Err(error) => return Err(error),
        };
        if found.key.rotation_due().is_none_or(|at| at > self.now) {
            return Ok("is not due");
        }
        match found.key.rotate(self.now, self.random) {
            Ok(_) => {
                let revision = Some(found.revision);
                let change = self.put_transit_key(mount, name, &found.key, revision)?;
                batch.preconditions.extend(change.preconditions);
                batch.writes.extend(change.writes);
                Ok("was rotated")
            }
            Err(RotateError::Full) => {
                let again = self.now.plus(found.key.auto_rotate_period());
                Due::TransitKey(mount, name.to_owned()).put(&self.records(), batch, again);
                Ok("is full")
            }
            Err(error) => Err(Error::Unavailable(error.to_string())),
        }
    }

    /// A batch that removes a key, on the condition that nobody changed it since it was found.
    pub(crate) fn delete_transit_key(
        &self,
        mount: MountId,
        name: &str,
        found: &FoundKey,
    ) -> Result<Batch, Error> {
        let record = self.transit_record(mount, name)?;
        let precondition = Precondition::Unchanged(record.clone(), found.revision);
        Ok(Batch { preconditions: vec![precondition], writes: vec![StoreWrite::Delete(record)] })
    }

    fn transit_record(&self, mount: MountId, name: &str) -> Result<Key, Error> {
        self.logical_of(mount).key(&format!("{KEYS}{name}"))
    }

    fn open_transit_key(&self, entry: &Entry) -> Result<TransitKey, Error> {
        let bytes = self.records().open(RecordKind::Logical, &entry.key, &entry.value)?;
        TransitKey::decode(bytes.expose())
            .map_err(|_| Error::damaged(entry.key.as_str(), "it is not that of a transit key"))
    }
}

impl FoundKey {
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }
}
