//! A store's life: made, opened, given new keys.

use std::sync::Arc;

use strongroom_core::audit::{
    ChainHash, CheckpointKey, CheckpointVerifier, HeadKey, Position, RequestId,
};
use strongroom_core::crypto::seal::{SealMethod, SealRecord, UnsealKey};
use strongroom_core::crypto::{KeyEncryptionKey, Keyring, KeyringError, KeyringRecord};
use strongroom_core::crypto::{RecordKind, RootKey};
use strongroom_core::random::{self, Random};
use strongroom_core::time::Clock;
use strongroom_core::token::TokenKey;
use strongroom_store::{Batch, CommitError, Key, Precondition, ReadError, Revision, Store, Write};
use zeroize::Zeroizing;

use crate::apps::AppIdentities;
use crate::audit::{AuditError, AuditKeys, Expectations};
use crate::error::Error;
use crate::identify::Identities;
use crate::keys;
use crate::metadata::MetadataCache;
use crate::new_store::NewStore;
use crate::records::{decode, encode};
use crate::transit_keys::TransitKeys;

/// The keys in memory, as of one revision of the keyring's record.
pub(crate) struct Unsealed {
    pub(crate) root: Arc<RootKey>,
    pub(crate) kek: KeyEncryptionKey,
    pub(crate) keyring: Keyring,
    pub(crate) record: KeyringRecord,
    pub(crate) revision: Revision,
    /// Decrypted metadata, which goes when the keys do.
    pub(crate) metadata: MetadataCache,
    /// Who the bearers of tokens are, which goes as well.
    pub(crate) identities: Identities,
    /// Who the apps are that show their credentials, which goes as well.
    pub(crate) apps: AppIdentities,
    /// Held by the thread that folds the audit log into records of uses.
    pub(crate) usage: std::sync::Mutex<()>,
    /// Transit keys, which go as well.
    pub(crate) transit: TransitKeys,
    token_key: Option<TokenKey>,
}

/// Why a store could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitialiseError {
    /// It has keys already.
    #[error("the store is initialised already")]
    AlreadyInitialised,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] CommitError),
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The audit log cannot be opened, so nothing may be asked.
    #[error("the audit log cannot be opened: {0}")]
    Audit(#[from] AuditError),
    /// What audit devices may reach is not there, or not theirs.
    #[error("the audit devices: {0}")]
    AuditDevices(String),
    /// A record that is needed to open it is damaged.
    #[error("the record {0} is damaged")]
    Damaged(String),
    /// The keyring does not fit the root key.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// It has no keys yet.
    #[error("the store is not initialised")]
    NotInitialised,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// The unseal key is another store's, or the seal's record was altered.
    #[error("the key does not open this store")]
    WrongKey,
}

/// What the audit log is verified against, from the store.
pub struct Anchors {
    /// Checks checkpoints.
    pub checkpoint: CheckpointVerifier,
    /// Checks the head file.
    pub head: HeadKey,
    /// The log's position as of the last change.
    pub store_head: Option<Position>,
    /// Changes whose records must be in the log.
    pub requests: Vec<RequestId>,
}

impl Anchors {
    /// What [`verify`](crate::audit::verify()) takes.
    #[must_use]
    pub fn expectations(&self) -> Expectations<'_> {
        Expectations {
            checkpoint_keys: vec![self.checkpoint.clone()],
            head_key: &self.head,
            store_head: self.store_head,
            requests: self.requests.clone(),
        }
    }
}

/// How far re-encryption is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reencrypted {
    /// How many records were written with the newest data key.
    pub records: u64,
    /// The key to go on after; `None` when every record has been seen.
    pub after: Option<String>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
pub(crate) struct AuditKeysRecord {
    #[cbor(n(0), with = "minicbor::bytes")]
    checkpoint_seed: [u8; 32],
    #[cbor(n(1), with = "minicbor::bytes")]
    head_key: [u8; 32],
}

impl AuditKeysRecord {
    pub(crate) fn generate(random: &dyn Random) -> Self {
        Self { checkpoint_seed: random::array(random), head_key: random::array(random) }
    }
}

/// Give an empty store its keys, its `secret/` mount and its audit keys, all at once.
///
/// # Errors
/// [`InitialiseError`]
pub fn initialise(
    store: &dyn Store,
    method: SealMethod,
    key: &UnsealKey,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<(), InitialiseError> {
    match NewStore::make(method, key, clock, random).commit(store, random, Vec::new()) {
        Ok(()) => Ok(()),
        Err(CommitError::PreconditionFailed(_)) => Err(InitialiseError::AlreadyInitialised),
        Err(error) => Err(error.into()),
    }
}

/// Where the store's unseal key comes from; `None` when it has no keys yet.
///
/// # Errors
/// [`OpenError`]
pub fn seal_method(store: &dyn Store) -> Result<Option<SealMethod>, OpenError> {
    Ok(seal_record(store)?.map(|(record, _)| record.method().clone()))
}

/// What the audit log of a store is verified against, without opening the log: a log that is opened is put in order.
///
/// # Errors
/// [`OpenError`]
pub fn anchors(store: &dyn Store, key: &UnsealKey) -> Result<Anchors, OpenError> {
    Unsealed::open(store, key)?.anchors(store)
}

/// The batch that gives a store a new root key and key-encryption key, wrapped by another seal. The data keys and
/// the records stay as they are.
pub(crate) fn reseal(
    store: &dyn Store,
    unsealed: &Unsealed,
    method: SealMethod,
    key: &UnsealKey,
    random: &dyn Random,
) -> Result<Batch, Error> {
    let found = seal_record(store).map_err(|error| match error {
        OpenError::Store(error) => error.into(),
        _ => Error::damaged(keys::SEAL, "it does not decode"),
    })?;
    let (_, revision) = found.ok_or_else(|| Error::damaged(keys::SEAL, "it is missing"))?;
    let root = RootKey::generate(random);
    let mut record = unsealed.record.clone();
    record
        .rekey(&unsealed.root, &root, random)
        .map_err(|_| Error::damaged(keys::KEYRING, "it does not authenticate"))?;
    let seal = SealRecord::seal(method, key, &root, random);
    Ok(Batch {
        preconditions: vec![Precondition::Unchanged(keys::fixed(keys::SEAL), revision)],
        writes: vec![
            Write::Put(keys::fixed(keys::SEAL), encode(&seal).into()),
            Write::Put(keys::fixed(keys::KEYRING), encode(&record).into()),
        ],
    })
}

impl Unsealed {
    /// Unwrap the keys.
    pub(crate) fn open(store: &dyn Store, key: &UnsealKey) -> Result<Self, OpenError> {
        let (seal, _) = seal_record(store)?.ok_or(OpenError::NotInitialised)?;
        let root = seal.unseal(key).map_err(|_| OpenError::WrongKey)?;
        Self::with_root(store, Arc::new(root))
    }

    /// Unwrap the keys with a root key that is in memory already.
    pub(crate) fn with_root(store: &dyn Store, root: Arc<RootKey>) -> Result<Self, OpenError> {
        let damaged = || OpenError::Damaged(keys::KEYRING.to_owned());
        let key = keys::fixed(keys::KEYRING);
        let entry = store.get(&key)?.ok_or_else(damaged)?;
        let record: KeyringRecord = decode(&key, &entry.value).map_err(|_| damaged())?;
        let (kek, keyring) = record.open(&root)?;
        let token_key = read_token_key(store, &keyring)?;
        let (metadata, identities, apps, transit) = Default::default();
        let revision = entry.revision;
        Ok(Self {
            root,
            kek,
            keyring,
            record,
            revision,
            metadata,
            identities,
            apps,
            usage: std::sync::Mutex::default(),
            transit,
            token_key,
        })
    }

    /// What tokens are hashed with.
    pub(crate) fn token_key(&self) -> Result<&TokenKey, Error> {
        self.token_key.as_ref().ok_or_else(|| Error::damaged(keys::TOKEN_KEY, "it is missing"))
    }

    pub(crate) fn audit_keys(&self, store: &dyn Store) -> Result<AuditKeys, OpenError> {
        let found = self.audit_keys_record(store)?;
        let seed = Zeroizing::new(found.checkpoint_seed);
        let checkpoint = CheckpointKey::from_seed(&seed).map_err(AuditError::from)?;
        Ok(AuditKeys { checkpoint, head: HeadKey::new(&found.head_key) })
    }

    /// What the audit log is verified against.
    pub(crate) fn anchors(&self, store: &dyn Store) -> Result<Anchors, OpenError> {
        let AuditKeys { checkpoint, head } = self.audit_keys(store)?;
        let (store_head, requests) = (self.store_head(store)?, crate::outbox::ids(store)?);
        Ok(Anchors { checkpoint: checkpoint.verifier().clone(), head, store_head, requests })
    }

    /// The audit log's position as of the last change.
    pub(crate) fn store_head(&self, store: &dyn Store) -> Result<Option<Position>, OpenError> {
        let key = keys::fixed(keys::AUDIT_HEAD);
        let damaged = || OpenError::Damaged(keys::AUDIT_HEAD.to_owned());
        let Some(entry) = store.get(&key)? else { return Ok(None) };
        let bytes = self
            .keyring
            .open(RecordKind::AuditHead, key.as_str(), &entry.value)
            .map_err(|_| damaged())?;
        Ok(Some(decode_position(bytes.expose()).ok_or_else(damaged)?))
    }

    fn audit_keys_record(&self, store: &dyn Store) -> Result<AuditKeysRecord, OpenError> {
        let key = keys::fixed(keys::AUDIT_KEYS);
        let damaged = || OpenError::Damaged(key.to_string());
        let entry = store.get(&key)?.ok_or_else(damaged)?;
        let bytes = self
            .keyring
            .open(RecordKind::AuditKeys, key.as_str(), &entry.value)
            .map_err(|_| damaged())?;
        decode(&key, bytes.expose()).map_err(|_| damaged())
    }
}

fn read_token_key(store: &dyn Store, keyring: &Keyring) -> Result<Option<TokenKey>, OpenError> {
    let key = keys::fixed(keys::TOKEN_KEY);
    let Some(entry) = store.get(&key)? else { return Ok(None) };
    let damaged = || OpenError::Damaged(key.to_string());
    let bytes =
        keyring.open(RecordKind::TokenKey, key.as_str(), &entry.value).map_err(|_| damaged())?;
    let bytes: &[u8; 32] = bytes.expose().try_into().map_err(|_| damaged())?;
    Ok(Some(TokenKey::new(bytes)))
}

/// `seq(8, big-endian) || chain hash(32)`
pub(crate) fn encode_position(position: &Position) -> Vec<u8> {
    [&position.seq.to_be_bytes()[..], position.hash.as_bytes()].concat()
}

fn decode_position(bytes: &[u8]) -> Option<Position> {
    let (seq, hash) = bytes.split_first_chunk::<8>()?;
    let hash = ChainHash::from_bytes(hash.try_into().ok()?);
    Some(Position { seq: u64::from_be_bytes(*seq), hash })
}

pub(crate) fn seal_record(store: &dyn Store) -> Result<Option<(SealRecord, Revision)>, OpenError> {
    let key: Key = keys::fixed(keys::SEAL);
    let Some(entry) = store.get(&key)? else { return Ok(None) };
    let record =
        decode(&key, &entry.value).map_err(|_| OpenError::Damaged(keys::SEAL.to_owned()))?;
    Ok(Some((record, entry.revision)))
}
