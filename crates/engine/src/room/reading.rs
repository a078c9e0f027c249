//! What is read of secrets, with what is known of them from a moment ago.

use std::sync::Arc;

use strongroom_core::crypto::RecordKind;
use strongroom_core::model::{Payload, Secret, Version};
use strongroom_store::{Entry, Key};

use super::Room;
use crate::error::Error;
use crate::keys;
use crate::metadata::KnownSecret;
use crate::mounts::Location;
use crate::records::decode;
use crate::witness::{Authorized, Reads};

impl Room<'_> {
    /// The secret at a location that may be read, which must be there.
    pub(crate) fn known<C: Reads>(&self, proof: &Authorized<C>) -> Result<Arc<KnownSecret>, Error> {
        let found = self.read_known(proof.location())?;
        let known = found.ok_or_else(|| Error::NotFound(proof.location().to_string()))?;
        self.admit_by_secret(proof, &known.secret)?;
        Ok(known)
    }

    /// The secret at a location, for what is decided before it is known whether the caller may be told of it.
    pub(crate) fn look(&self, location: &Location) -> Option<Arc<KnownSecret>> {
        self.read_known(location).ok().flatten()
    }

    fn read_known(&self, location: &Location) -> Result<Option<Arc<KnownSecret>>, Error> {
        let mark = self.store.mark();
        let known = self.unsealed.metadata.get(location);
        if let Some(known) = known.as_ref().filter(|known| known.holds_at(mark)) {
            return Ok(Some(Arc::clone(known)));
        }
        let key = keys::secret(location.mount, &location.path);
        let Some(entry) = self.store.get(&key)? else { return Ok(None) };
        if let Some(known) = known.filter(|known| known.is_of(&entry, mark)) {
            return Ok(Some(known));
        }
        let bytes = self.records().open(RecordKind::Secret, &key, &entry.value)?;
        let secret = decode(&key, bytes.expose())?;
        Ok(Some(self.unsealed.metadata.keep(location, &entry, secret, mark)))
    }

    /// What a version holds; `None` when its record is not there.
    pub(crate) fn payload<C: Reads>(
        &self,
        proof: &Authorized<C>,
        secret: &Secret,
        version: &Version,
    ) -> Result<Option<Payload>, Error> {
        let found = self.payload_entry(secret, version)?;
        found.map(|entry| self.open_payload(proof, version, &entry)).transpose()
    }

    /// As [`Self::payload`], for a secret that is known.
    pub(crate) fn known_payload<C: Reads>(
        &self,
        proof: &Authorized<C>,
        known: &KnownSecret,
        version: &Version,
    ) -> Result<Option<Payload>, Error> {
        let mark = self.store.mark();
        if let Some(entry) = known.payload(version.number, mark) {
            return self.open_payload(proof, version, &entry).map(Some);
        }
        let Some(entry) = self.payload_entry(&known.secret, version)? else { return Ok(None) };
        known.keep_payload(version.number, &entry, mark);
        self.open_payload(proof, version, &entry).map(Some)
    }

    /// The record, under the key that it was asked for with: what the store says of its key counts for nothing.
    fn payload_entry(&self, secret: &Secret, version: &Version) -> Result<Option<Entry>, Error> {
        let key: Key = keys::payload(secret.id, version.number);
        Ok(self.store.get(&key)?.map(|entry| Entry { key, ..entry }))
    }

    fn open_payload<C: Reads>(
        &self,
        _proof: &Authorized<C>,
        version: &Version,
        entry: &Entry,
    ) -> Result<Payload, Error> {
        let value = self.records().open(RecordKind::Payload, &entry.key, &entry.value)?;
        Payload::new(version.kind, value)
            .map_err(|_| Error::damaged(entry.key.as_str(), "it is not of its kind"))
    }
}
