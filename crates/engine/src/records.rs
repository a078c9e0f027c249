//! Records as typed values: encoding, and encryption under the keyring.

use minicbor::{Decode, Encode};
use strongroom_core::crypto::{Keyring, RecordKind};
use strongroom_core::random::Random;
use strongroom_core::secret::SecretValue;
use strongroom_store::{Entry, Key, Precondition, Revision, Store, Write};
use zeroize::Zeroizing;

use crate::error::Error;

/// A record with the revision that wrote it.
#[derive(Debug)]
pub(crate) struct Stored<T> {
    pub(crate) value: T,
    pub(crate) revision: Revision,
}

impl<T> Stored<T> {
    /// That nobody changes the record before the batch is applied.
    pub(crate) fn unchanged(&self, key: Key) -> Precondition {
        Precondition::Unchanged(key, self.revision)
    }
}

/// Opens and seals records.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) keyring: &'a Keyring,
    pub(crate) random: &'a dyn Random,
}

impl Records<'_> {
    pub(crate) fn read<T: for<'b> Decode<'b, ()>>(
        &self,
        kind: RecordKind,
        key: &Key,
    ) -> Result<Option<Stored<T>>, Error> {
        let Some(entry) = self.store.get(key)? else { return Ok(None) };
        self.read_entry(kind, key, &entry).map(Some)
    }

    pub(crate) fn read_entry<T: for<'b> Decode<'b, ()>>(
        &self,
        kind: RecordKind,
        key: &Key,
        entry: &Entry,
    ) -> Result<Stored<T>, Error> {
        let value = decode(key, self.open(kind, key, &entry.value)?.expose())?;
        Ok(Stored { value, revision: entry.revision })
    }

    pub(crate) fn read_bytes(
        &self,
        kind: RecordKind,
        key: &Key,
    ) -> Result<Option<Stored<SecretValue>>, Error> {
        let Some(entry) = self.store.get(key)? else { return Ok(None) };
        let value = self.open(kind, key, &entry.value)?;
        Ok(Some(Stored { value, revision: entry.revision }))
    }

    pub(crate) fn open(
        &self,
        kind: RecordKind,
        key: &Key,
        record: &[u8],
    ) -> Result<SecretValue, Error> {
        self.keyring
            .open(kind, key.as_str(), record)
            .map_err(|_| Error::damaged(key.as_str(), "it does not authenticate"))
    }

    pub(crate) fn put<T: Encode<()>>(&self, kind: RecordKind, key: Key, value: &T) -> Write {
        let bytes = Zeroizing::new(encode(value));
        self.put_bytes(kind, key, &bytes)
    }

    pub(crate) fn put_bytes(&self, kind: RecordKind, key: Key, bytes: &[u8]) -> Write {
        let sealed = self.keyring.seal(kind, key.as_str(), bytes, self.random);
        Write::Put(key, sealed.into())
    }
}

/// CBOR, RFC 8949.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "writing to a vector does not fail and the types have no failing encoder"
    )]
    minicbor::to_vec(value).expect("records encode")
}

pub(crate) fn decode<T: for<'b> Decode<'b, ()>>(key: &Key, bytes: &[u8]) -> Result<T, Error> {
    minicbor::decode(bytes).map_err(|_| Error::damaged(key.as_str(), "it does not decode"))
}
