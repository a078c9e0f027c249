//! What a mount keeps, as an operation on it may use it: nothing of another mount is within reach.

use minicbor::{Decode, Encode};
use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::MountId;
use strongroom_store::{Batch, Key, Precondition, Range, Write as StoreWrite};

use crate::error::Error;
use crate::keys;
use crate::records::{Records, Stored};
use crate::room::Room;
use crate::witness::Authorized;

/// The records of one mount. Names are relative to it.
pub(crate) struct Logical<'a> {
    records: Records<'a>,
    prefix: String,
}

impl Room<'_> {
    /// The records of the mount that the caller was authorised at.
    pub(crate) fn logical<C>(&self, proof: &Authorized<C>) -> Logical<'_> {
        self.logical_of(proof.location().mount)
    }

    /// The records of a mount without a proof: for what decides whether a caller is let in, and for what the engine
    /// does of itself.
    pub(crate) fn logical_of(&self, mount: MountId) -> Logical<'_> {
        Logical::new(self.records(), mount)
    }
}

impl<'a> Logical<'a> {
    pub(crate) fn new(records: Records<'a>, mount: MountId) -> Self {
        Self { records, prefix: keys::logical_of(mount) }
    }
}

impl Logical<'_> {
    /// The record under a name.
    pub(crate) fn read<T: for<'b> Decode<'b, ()>>(
        &self,
        name: &str,
    ) -> Result<Option<Stored<T>>, Error> {
        self.records.read(RecordKind::Logical, &self.key(name)?)
    }

    /// Whether there is a record under a name.
    pub(crate) fn holds(&self, name: &str) -> Result<bool, Error> {
        Ok(self.records.store.get(&self.key(name)?)?.is_some())
    }

    /// Write a record, on the condition that nobody changed it since it was `found`, or that there is none.
    pub(crate) fn put<T: Encode<()>, F>(
        &self,
        batch: &mut Batch,
        name: &str,
        value: &T,
        found: Option<&Stored<F>>,
    ) -> Result<(), Error> {
        let key = self.key(name)?;
        batch.preconditions.push(match found {
            Some(found) => found.unchanged(key.clone()),
            None => Precondition::Absent(key.clone()),
        });
        batch.writes.push(self.records.put(RecordKind::Logical, key, value));
        Ok(())
    }

    /// Write a record, whatever is there.
    pub(crate) fn overwrite<T: Encode<()>>(
        &self,
        batch: &mut Batch,
        name: &str,
        value: &T,
    ) -> Result<(), Error> {
        let key = self.key(name)?;
        batch.writes.push(self.records.put(RecordKind::Logical, key, value));
        Ok(())
    }

    /// Remove a record, whatever is there.
    pub(crate) fn delete(&self, batch: &mut Batch, name: &str) -> Result<(), Error> {
        batch.writes.push(StoreWrite::Delete(self.key(name)?));
        Ok(())
    }

    /// The names of the records below a prefix, without it, in byte order; and whether there are more.
    pub(crate) fn names(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<String>, bool), Error> {
        let below = format!("{}{prefix}", self.prefix);
        let after = after.map(|name| format!("{below}{name}"));
        let range = Range { after, limit, keys_only: true, ..Range::prefix(below.clone()) };
        let page = self.records.store.list(&range)?;
        let names = page.entries.iter().filter_map(|entry| entry.key.as_str().strip_prefix(&below));
        Ok((names.map(str::to_owned).collect(), page.more))
    }

    /// Where the store keeps the record under a name.
    pub(crate) fn key(&self, name: &str) -> Result<Key, Error> {
        Key::new(format!("{}{name}", self.prefix))
            .map_err(|error| Error::rule(format!("the name is not allowed: {error}")))
    }
}
