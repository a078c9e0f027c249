//! The keys between the root key and the records.

use std::collections::BTreeMap;

use subtle::ConstantTimeEq;

use super::aead::{Cipher, OpenError};
use super::record::{Header, RECORD_OVERHEAD_BYTES, RecordKind};
use crate::memory::LockedKey;
use crate::random::Random;
use crate::secret::SecretValue;
use crate::time::Timestamp;

/// The most data keys a keyring holds; retire unused ones before making more.
pub const DATA_KEYS_MAX: usize = 1_024;

const KEK_LABEL: &[u8] = b"strongroom/key-encryption-key/1";
const DATA_KEY_LABEL: &[u8] = b"strongroom/data-key/1";

/// The key at the top. It wraps the key-encryption key and nothing else; a seal wraps it.
#[derive(Debug)]
pub struct RootKey(pub(super) LockedKey);

/// The key that wraps data keys.
#[derive(Debug)]
pub struct KeyEncryptionKey(LockedKey);

/// The opened data keys. The newest encrypts; all decrypt.
pub struct Keyring {
    data_keys: BTreeMap<u32, Cipher>,
    active: u32,
}

/// What the store keeps of the keyring, in clear: it holds wrapped keys only.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct KeyringRecord {
    /// `AES-256-GCM[root key](nonce, key-encryption key, "strongroom/key-encryption-key/1")`
    #[cbor(n(0), with = "minicbor::bytes")]
    wrapped_kek: Vec<u8>,
    #[n(1)]
    data_keys: Vec<WrappedDataKey>,
}

#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
struct WrappedDataKey {
    #[n(0)]
    number: u32,
    /// `AES-256-GCM[key-encryption key](nonce, data key, "strongroom/data-key/1" || number(4) || created(8) ||
    /// created revision(8))`
    #[cbor(n(1), with = "minicbor::bytes")]
    wrapped: Vec<u8>,
    #[n(2)]
    created: Timestamp,
    /// The store's revision when the key was made, from which its use is counted.
    #[n(3)]
    created_revision: u64,
}

/// Why the keyring could not be opened or changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// It holds as many data keys as it may.
    #[error("the keyring is full: re-encrypt the records and retire old data keys")]
    Full,
    /// The record names a data key twice, or none.
    #[error("the keyring record is malformed")]
    Malformed,
    /// A data key does not authenticate under the key-encryption key.
    #[error("data key {0} does not authenticate: the keyring record was altered")]
    DataKey(u32),
    /// The key-encryption key does not authenticate under the root key.
    #[error(
        "the key-encryption key does not authenticate: the root key is another store's, or the keyring record was altered"
    )]
    KeyEncryptionKey,
}

impl RootKey {
    /// 32 random bytes.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self(LockedKey::filled_by(|bytes| random.fill(bytes)))
    }

    /// Whether the other is this key. Takes the same time for all keys.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.expose().ct_eq(other.0.expose()).into()
    }

    /// Whether its memory is locked; see [`LockedKey::is_locked`].
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    fn cipher(&self) -> Cipher {
        Cipher::new(self.0.expose())
    }
}

impl KeyEncryptionKey {
    fn cipher(&self) -> Cipher {
        Cipher::new(self.0.expose())
    }
}

impl KeyringRecord {
    /// A keyring with a new key-encryption key and data key 1.
    #[must_use]
    pub fn generate(root: &RootKey, now: Timestamp, random: &dyn Random) -> Self {
        let kek = KeyEncryptionKey(LockedKey::filled_by(|bytes| random.fill(bytes)));
        let mut record =
            Self { wrapped_kek: root.cipher().wrap(KEK_LABEL, &kek.0, random), data_keys: vec![] };
        record.push_data_key(&kek, 1, now, 0, random);
        record
    }

    /// The key-encryption key and the data keys.
    ///
    /// # Errors
    /// [`KeyringError`] when a wrapped key does not authenticate.
    pub fn open(&self, root: &RootKey) -> Result<(KeyEncryptionKey, Keyring), KeyringError> {
        let kek = root
            .cipher()
            .unwrap(KEK_LABEL, &self.wrapped_kek)
            .map(KeyEncryptionKey)
            .map_err(|OpenError| KeyringError::KeyEncryptionKey)?;
        let cipher = kek.cipher();
        let mut data_keys = BTreeMap::new();
        for wrapped in &self.data_keys {
            let key = wrapped.unwrap(&cipher)?;
            if data_keys.insert(wrapped.number, Cipher::new(key.expose())).is_some() {
                return Err(KeyringError::Malformed);
            }
        }
        let active = *data_keys.keys().next_back().ok_or(KeyringError::Malformed)?;
        Ok((kek, Keyring { data_keys, active }))
    }

    /// Add a data key with the next number, which encrypts from now on. Earlier ones stay, to decrypt.
    ///
    /// # Errors
    /// [`KeyringError::Full`]
    pub fn rotate_data_key(
        &mut self,
        kek: &KeyEncryptionKey,
        now: Timestamp,
        revision: u64,
        random: &dyn Random,
    ) -> Result<u32, KeyringError> {
        if self.data_keys.len() >= DATA_KEYS_MAX {
            return Err(KeyringError::Full);
        }
        let number = self.active_data_key().checked_add(1).ok_or(KeyringError::Full)?;
        self.push_data_key(kek, number, now, revision, random);
        Ok(number)
    }

    /// Replace the key-encryption key, and wrap it with `new_root`. The data keys stay as they are.
    ///
    /// # Errors
    /// [`KeyringError`] when a wrapped key does not authenticate under the old keys.
    pub fn rekey(
        &mut self,
        old_root: &RootKey,
        new_root: &RootKey,
        random: &dyn Random,
    ) -> Result<(), KeyringError> {
        let (old_kek, _) = self.open(old_root)?;
        let (old, new_kek) =
            (old_kek.cipher(), KeyEncryptionKey(LockedKey::filled_by(|bytes| random.fill(bytes))));
        let new = new_kek.cipher();
        for wrapped in &mut self.data_keys {
            let key = wrapped.unwrap(&old)?;
            wrapped.wrapped = new.wrap(&wrapped.label(), &key, random);
        }
        self.wrapped_kek = new_root.cipher().wrap(KEK_LABEL, &new_kek.0, random);
        Ok(())
    }

    /// Forget every data key but the newest. Only when no record is left that an older one encrypted.
    pub fn retire_old_data_keys(&mut self) {
        let active = self.active_data_key();
        self.data_keys.retain(|key| key.number == active);
    }

    /// The number of the data key that encrypts.
    #[must_use]
    pub fn active_data_key(&self) -> u32 {
        self.data_keys.iter().map(|key| key.number).max().unwrap_or(0)
    }

    /// The store's revision when the active data key was made.
    #[must_use]
    pub fn active_since_revision(&self) -> u64 {
        let active = self.active_data_key();
        self.data_keys.iter().find(|key| key.number == active).map_or(0, |key| key.created_revision)
    }

    /// Each data key's number and when it was made, oldest first.
    pub fn data_keys(&self) -> impl Iterator<Item = (u32, Timestamp)> + '_ {
        self.data_keys.iter().map(|key| (key.number, key.created))
    }

    fn push_data_key(
        &mut self,
        kek: &KeyEncryptionKey,
        number: u32,
        created: Timestamp,
        created_revision: u64,
        random: &dyn Random,
    ) {
        let key = LockedKey::filled_by(|bytes| random.fill(bytes));
        let mut wrapped = WrappedDataKey { number, wrapped: Vec::new(), created, created_revision };
        wrapped.wrapped = kek.cipher().wrap(&wrapped.label(), &key, random);
        self.data_keys.push(wrapped);
    }
}

impl WrappedDataKey {
    fn unwrap(&self, kek: &Cipher) -> Result<LockedKey, KeyringError> {
        kek.unwrap(&self.label(), &self.wrapped)
            .map_err(|OpenError| KeyringError::DataKey(self.number))
    }

    fn label(&self) -> Vec<u8> {
        let (created, revision) =
            (self.created.0.to_be_bytes(), self.created_revision.to_be_bytes());
        [DATA_KEY_LABEL, &self.number.to_be_bytes(), &created, &revision].concat()
    }
}

impl Keyring {
    /// Encrypt a record for its place in the store. The form is in `record.rs`.
    #[must_use]
    pub fn seal(
        &self,
        kind: RecordKind,
        key: &str,
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Vec<u8> {
        let header = Header { kind: kind as u8, data_key: self.active };
        let mut record = Vec::with_capacity(RECORD_OVERHEAD_BYTES + plaintext.len());
        header.write(&mut record);
        #[expect(
            clippy::expect_used,
            reason = "`active` is taken from the map's keys and the map never changes"
        )]
        let cipher = self.data_keys.get(&self.active).expect("the active key is in the keyring");
        cipher.seal_onto(&mut record, &header.associated(key), plaintext, random);
        record
    }

    /// The plaintext of a record found at `key`.
    ///
    /// # Errors
    /// [`OpenError`] when the record is not of this kind, was not made for this key, was altered, or was
    /// encrypted with a data key that the keyring does not have.
    pub fn open(
        &self,
        kind: RecordKind,
        key: &str,
        record: &[u8],
    ) -> Result<SecretValue, OpenError> {
        let (header, sealed) = Header::parse(record).ok_or(OpenError)?;
        if header.kind != kind as u8 {
            return Err(OpenError);
        }
        let cipher = self.data_keys.get(&header.data_key).ok_or(OpenError)?;
        let mut plaintext = cipher.open(&header.associated(key), sealed)?;
        Ok(SecretValue::new(std::mem::take(&mut *plaintext)))
    }

    /// Decrypt a record and encrypt it with the active data key; `None` when it is so already.
    ///
    /// # Errors
    /// [`OpenError`], as [`Self::open`].
    pub fn reseal(
        &self,
        key: &str,
        record: &[u8],
        random: &dyn Random,
    ) -> Result<Option<Vec<u8>>, OpenError> {
        let (header, sealed) = Header::parse(record).ok_or(OpenError)?;
        let old = self.data_keys.get(&header.data_key).ok_or(OpenError)?;
        let plaintext = old.open(&header.associated(key), sealed)?;
        if header.data_key == self.active {
            return Ok(None);
        }
        let header = Header { data_key: self.active, ..header };
        let mut output = Vec::with_capacity(RECORD_OVERHEAD_BYTES + plaintext.len());
        header.write(&mut output);
        let active = self.data_keys.get(&self.active).ok_or(OpenError)?;
        active.seal_onto(&mut output, &header.associated(key), &plaintext, random);
        Ok(Some(output))
    }

    /// The number of the data key that encrypts.
    #[must_use]
    pub fn active_data_key(&self) -> u32 {
        self.active
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").field("active", &self.active).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::seal::test_random::Counting;

    fn keyring() -> (RootKey, KeyringRecord, Counting) {
        let random = Counting::default();
        let root = RootKey::generate(&random);
        let record = KeyringRecord::generate(&root, Timestamp(1), &random);
        (root, record, random)
    }

    #[test]
    fn a_record_opens_at_its_own_place_and_kind_only() {
        let (root, record, random) = keyring();
        let (_, keyring) = record.open(&root).expect("opens");
        let sealed = keyring.seal(RecordKind::Payload, "a/b", b"value", &random);
        assert_eq!(sealed.len(), 5 + RECORD_OVERHEAD_BYTES);
        let open = |kind, key, bytes: &[u8]| keyring.open(kind, key, bytes);
        assert_eq!(open(RecordKind::Payload, "a/b", &sealed).expect("opens").expose(), b"value");
        assert_eq!(open(RecordKind::Payload, "a/c", &sealed), Err(OpenError));
        assert_eq!(open(RecordKind::Secret, "a/b", &sealed), Err(OpenError));
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(RecordKind::Payload, "a/b", &altered), Err(OpenError), "bit {bit}");
        }
    }

    #[test]
    fn after_rotation_the_new_key_encrypts_and_the_old_one_still_decrypts() {
        let (root, mut record, random) = keyring();
        let (kek, old) = record.open(&root).expect("opens");
        let sealed = old.seal(RecordKind::Payload, "k", b"value", &random);
        assert_eq!(record.rotate_data_key(&kek, Timestamp(2), 7, &random), Ok(2));
        assert_eq!((record.active_data_key(), record.active_since_revision()), (2, 7));
        let (_, new) = record.open(&root).expect("opens");
        assert_eq!(new.open(RecordKind::Payload, "k", &sealed).expect("opens").expose(), b"value");
        let resealed = new.reseal("k", &sealed, &random).expect("opens").expect("is old");
        assert_eq!(new.reseal("k", &resealed, &random), Ok(None));
        record.retire_old_data_keys();
        let (_, retired) = record.open(&root).expect("opens");
        assert_eq!(retired.open(RecordKind::Payload, "k", &sealed), Err(OpenError));
        assert!(retired.open(RecordKind::Payload, "k", &resealed).is_ok());
    }

    #[test]
    fn after_a_rekey_only_the_new_root_key_opens_the_keyring_and_records_stay_as_they_are() {
        let (root, mut record, random) = keyring();
        let (_, keyring) = record.open(&root).expect("opens");
        let sealed = keyring.seal(RecordKind::Payload, "k", b"value", &random);
        let new_root = RootKey::generate(&random);
        record.rekey(&root, &new_root, &random).expect("rekeys");
        assert_eq!(record.open(&root).err(), Some(KeyringError::KeyEncryptionKey));
        let (_, keyring) = record.open(&new_root).expect("opens");
        assert!(keyring.open(RecordKind::Payload, "k", &sealed).is_ok());
    }

    #[test]
    fn data_keys_cannot_change_places() {
        let (root, mut record, random) = keyring();
        let (kek, _) = record.open(&root).expect("opens");
        record.rotate_data_key(&kek, Timestamp(2), 0, &random).expect("has room");
        let (first, second) =
            (record.data_keys[0].wrapped.clone(), record.data_keys[1].wrapped.clone());
        record.data_keys[0].wrapped = second;
        record.data_keys[1].wrapped = first;
        assert_eq!(record.open(&root).err(), Some(KeyringError::DataKey(1)));
    }

    #[test]
    fn a_full_keyring_refuses_another_data_key() {
        let (root, mut record, random) = keyring();
        let (kek, _) = record.open(&root).expect("opens");
        for _ in 1..DATA_KEYS_MAX {
            record.rotate_data_key(&kek, Timestamp(2), 0, &random).expect("has room");
        }
        let full = record.rotate_data_key(&kek, Timestamp(2), 0, &random);
        assert_eq!(full, Err(KeyringError::Full));
    }

    #[test]
    fn two_records_of_one_value_differ() {
        let (root, record, random) = keyring();
        let (_, keyring) = record.open(&root).expect("opens");
        let seal = || keyring.seal(RecordKind::Payload, "k", b"value", &random);
        assert_ne!(seal(), seal());
    }
}
