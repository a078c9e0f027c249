//! What a mount keeps, as an operation on it may use it: nothing of another mount is within reach.

use minicbor::{Decode, Encode};
use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::MountId;
use strongroom_core::secret::SecretValue;
use strongroom_store::{Batch, Key, PAGE_ENTRIES_MAX, Precondition, Range, Write as StoreWrite};

use crate::error::Error;
use crate::keys;
use crate::records::{Records, Stored};
use crate::room::Room;
use crate::witness::Authorized;

/// A record with its name.
pub(crate) type Named<T> = (String, Stored<T>);

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

    /// The bytes of the record under a name, which may hold a secret.
    pub(crate) fn read_bytes(&self, name: &str) -> Result<Option<Stored<SecretValue>>, Error> {
        self.records.read_bytes(RecordKind::Logical, &self.key(name)?)
    }

    /// Write the bytes of a record, whatever is there.
    pub(crate) fn overwrite_bytes(
        &self,
        batch: &mut Batch,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let key = self.key(name)?;
        batch.writes.push(self.records.put_bytes(RecordKind::Logical, key, bytes));
        Ok(())
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

    /// All names below a prefix, as [`Self::names`], `max` at most.
    pub(crate) fn all_names(&self, prefix: &str, max: usize) -> Result<Vec<String>, Error> {
        self.all_names_after(prefix, None, max)
    }

    /// All names behind one, as [`Self::all_names`].
    pub(crate) fn all_names_after(
        &self,
        prefix: &str,
        first: Option<&str>,
        max: usize,
    ) -> Result<Vec<String>, Error> {
        let mut all: Vec<String> = Vec::new();
        loop {
            let after = all.last().cloned().or_else(|| first.map(str::to_owned));
            let left = max.saturating_sub(all.len()).min(PAGE_ENTRIES_MAX);
            let (names, more) = self.names(prefix, after.as_deref(), left)?;
            all.extend(names);
            if !more || all.len() >= max {
                return Ok(all);
            }
        }
    }

    /// The records below a prefix with their names without it, in byte order; and whether there are more.
    pub(crate) fn records<T: for<'b> Decode<'b, ()>>(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Named<T>>, bool), Error> {
        let below = format!("{}{prefix}", self.prefix);
        let after = after.map(|name| format!("{below}{name}"));
        let range = Range { after, limit, ..Range::prefix(below.clone()) };
        let page = self.records.store.list(&range)?;
        let mut found = Vec::new();
        for entry in &page.entries {
            let Some(name) = entry.key.as_str().strip_prefix(&below) else { continue };
            let stored = self.records.read_entry(RecordKind::Logical, &entry.key, entry)?;
            found.push((name.to_owned(), stored));
        }
        Ok((found, page.more))
    }

    /// That nobody changes a record before the batch is applied.
    pub(crate) fn keep<T>(
        &self,
        batch: &mut Batch,
        name: &str,
        found: &Stored<T>,
    ) -> Result<(), Error> {
        batch.preconditions.push(found.unchanged(self.key(name)?));
        Ok(())
    }

    /// Where the store keeps the record under a name.
    pub(crate) fn key(&self, name: &str) -> Result<Key, Error> {
        Key::new(format!("{}{name}", self.prefix))
            .map_err(|error| Error::rule(format!("the name is not allowed: {error}")))
    }
}
