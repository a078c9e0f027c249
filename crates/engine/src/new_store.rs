//! The records of a new store, all in one commit.

use strongroom_core::crypto::seal::{SealMethod, SealRecord, UnsealKey};
use strongroom_core::crypto::{Keyring, KeyringRecord, RecordKind, RootKey};
use strongroom_core::identifier::MountId;
use strongroom_core::random::{self, Random};
use strongroom_core::time::Clock;
use strongroom_core::token::{PlainToken, Token, TokenKey};
use strongroom_store::{Batch, CommitError, Precondition, Store, Write};
use zeroize::Zeroizing;

use crate::audit::{Outcome, Place, Principal as RecordPrincipal, Record, RecordKind as AuditKind};
use crate::keys;
use crate::lifecycle::AuditKeysRecord;
use crate::mounts::MountTable;
use crate::outbox::Outbox;
use crate::records::{Records, encode};
use crate::request::Request;
use crate::tokens::token_records;

/// The beginning of a log that has no line yet.
const LOG_BEGIN: Place = Place { segment: 1, offset: 0 };

/// Keys, mounts and audit keys that are to be a store's first.
pub(crate) struct NewStore {
    seal: SealRecord,
    record: KeyringRecord,
    keyring: Keyring,
    audit_keys: AuditKeysRecord,
    token_key: Zeroizing<[u8; 32]>,
    mounts: MountTable,
}

/// The first token of a new store.
pub(crate) struct FirstToken<'a> {
    pub(crate) token: &'a Token,
    pub(crate) text: &'a PlainToken,
}

impl NewStore {
    pub(crate) fn make(
        method: SealMethod,
        key: &UnsealKey,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Self {
        let root = RootKey::generate(random);
        let record = KeyringRecord::generate(&root, clock.now(), random);
        #[expect(
            clippy::expect_used,
            reason = "the record was made with this key on the line above"
        )]
        let (_, keyring) = record.open(&root).expect("a new keyring opens");
        Self {
            audit_keys: AuditKeysRecord::generate(random),
            token_key: Zeroizing::new(random::array(random)),
            mounts: MountTable::with_secret_mount(MountId::generate(random)),
            seal: SealRecord::seal(method, key, &root, random),
            record,
            keyring,
        }
    }

    /// Commit the records, on the condition that the store has no keys.
    pub(crate) fn commit(
        &self,
        store: &dyn Store,
        random: &dyn Random,
        more: Vec<Write>,
    ) -> Result<(), CommitError> {
        let records = self.records(store, random);
        let put = |kind, key: &'static str, bytes: &[u8]| {
            records.put_bytes(kind, keys::fixed(key), bytes)
        };
        let mut writes = vec![
            Write::Put(keys::fixed(keys::SEAL), encode(&self.seal).into()),
            Write::Put(keys::fixed(keys::KEYRING), encode(&self.record).into()),
            records.put(RecordKind::Mounts, keys::fixed(keys::MOUNTS), &self.mounts),
            records.put(RecordKind::AuditKeys, keys::fixed(keys::AUDIT_KEYS), &self.audit_keys),
            put(RecordKind::TokenKey, keys::TOKEN_KEY, &*self.token_key),
        ];
        writes.extend(more);
        let preconditions = [keys::SEAL, keys::KEYRING].map(keys::fixed).map(Precondition::Absent);
        store.commit(Batch { preconditions: preconditions.into(), writes }).map(drop)
    }

    /// Commit the records with a first token, and an audit record of it. The log has no keys before there is a
    /// store: the record comes into it when the store is opened for the first time.
    pub(crate) fn with_token(
        &self,
        first: &FirstToken<'_>,
        request: &Request,
        store: &dyn Store,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<(), CommitError> {
        let records = self.records(store, random);
        let token_key = TokenKey::new(&self.token_key);
        let FirstToken { token, text } = *first;
        let mut more: Vec<Write> =
            token_records(&records, &token_key, token, token_key.hash(text)).into();
        let record = Record {
            time: clock.now().0,
            kind: AuditKind::System,
            request_id: request.id,
            principal: Some(RecordPrincipal { name: "anonymous".to_owned(), kind: "anonymous" }),
            door: request.door.as_str(),
            operation: "initialise",
            path: Some("sys/init".to_owned()),
            version: None,
            outcome: Outcome::Allowed,
            status: None,
            source: request.source,
            client: request.client.clone(),
            duration_us: 0,
            fields: vec![
                ("seal", self.seal.method().name().to_owned()),
                ("accessor", token.accessor.to_string()),
            ],
        };
        more.push(Outbox::entry(&records, request.id, LOG_BEGIN, record.to_bytes()));
        self.commit(store, random, more)
    }

    fn records<'a>(&'a self, store: &'a dyn Store, random: &'a dyn Random) -> Records<'a> {
        Records { store, keyring: &self.keyring, random }
    }
}
