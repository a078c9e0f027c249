//! What is to be done at a time: the end of tokens and leases, the rotation of transit keys, the end of
//! deleted secrets, and what is left to remove of what was taken back.
//!
//! The store keeps it under keys that order as times do, so that a start reads nothing of it, however much there is,
//! and what is due is the beginning of a list. Each step is one commit that does a part and says what is left: a crash
//! between two of them loses nothing.

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::{AppId, MountId, RoleKey};
use strongroom_core::model::SecretPath;
use strongroom_core::time::Timestamp;
use strongroom_core::token::TokenHash;
use strongroom_store::{Batch, Key, Range, Store, Write as StoreWrite};

use crate::error::Error;
use crate::keys;
use crate::mounts::MountKind;
use crate::records::Records;

/// The time of what is to be done as soon as can be.
pub(crate) const NOW: Timestamp = Timestamp(0);

/// Work that is due.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Due {
    /// A token ends.
    #[n(0)]
    Token(#[n(0)] TokenHash),
    /// A token was taken back: its children, its leases and its cubbyhole go as well.
    #[n(1)]
    RevokedToken(#[n(0)] TokenHash),
    /// A lease ends.
    #[n(2)]
    Lease(#[n(0)] String),
    /// A mount was removed: its records go as well, and the tokens that its logins gave.
    #[n(3)]
    Unmounted(#[n(0)] MountId, #[n(1)] MountKind),
    /// A secret id of an AppRole ends.
    #[n(20)]
    SecretId(#[n(0)] MountId, #[n(1)] RoleKey, #[n(2)] TokenHash),
    /// An AppRole was deleted: its secret ids go as well.
    #[n(21)]
    DeletedRole(#[n(0)] MountId, #[n(1)] RoleKey),
    /// The time of a login by browser is over.
    #[n(30)]
    PendingLogin(#[n(0)] MountId, #[n(1)] String),
    /// A transit key with a period of rotation gets its next version.
    #[n(4)]
    TransitKey(#[n(0)] MountId, #[n(1)] String),
    /// The recovery window of a deleted secret ends.
    #[n(40)]
    DeletedSecret(#[n(0)] MountId, #[n(1)] SecretPath),
    /// What is kept of a session that ended goes.
    #[n(50)]
    Session(#[n(0)] TokenHash),
    /// The sessions of an app were taken back, or it was deleted: those of its epoch go.
    #[n(51)]
    SessionsOfApp(#[n(0)] AppId, #[n(1)] u64),
}

impl Due {
    /// Where it is kept for a time.
    pub(crate) fn key(&self, at: Timestamp) -> Key {
        keys::due(at, &self.name())
    }

    pub(crate) fn put(&self, records: &Records<'_>, batch: &mut Batch, at: Timestamp) {
        batch.writes.push(records.put(RecordKind::Due, self.key(at), self));
    }

    pub(crate) fn delete(&self, at: Timestamp) -> StoreWrite {
        StoreWrite::Delete(self.key(at))
    }

    fn name(&self) -> String {
        match self {
            Self::Token(hash) => format!("token/{hash}"),
            Self::RevokedToken(hash) => format!("revoked-token/{hash}"),
            Self::Lease(id) => format!("lease/{id}"),
            Self::Unmounted(mount, _) => format!("unmounted/{mount}"),
            Self::SecretId(mount, role, hash) => format!("secret-id/{mount}/{role}/{hash}"),
            Self::DeletedRole(mount, role) => format!("deleted-role/{mount}/{role}"),
            Self::PendingLogin(mount, key) => format!("pending-login/{mount}/{key}"),
            Self::TransitKey(mount, name) => format!("transit-key/{mount}/{name}"),
            Self::DeletedSecret(mount, path) => format!("deleted-secret/{mount}/{path}"),
            Self::Session(hash) => format!("session/{hash}"),
            Self::SessionsOfApp(app, epoch) => format!("sessions-of-app/{app}/{epoch}"),
        }
    }
}

/// When the first thing is due, if there is one.
pub(crate) fn first(store: &dyn Store) -> Result<Option<Timestamp>, Error> {
    let range = Range { limit: 1, keys_only: true, ..Range::prefix(keys::DUE) };
    let page = store.list(&range)?;
    page.entries.first().map(|entry| time_of(&entry.key)).transpose()
}

/// The time that a key of this module says.
pub(crate) fn time_of(key: &Key) -> Result<Timestamp, Error> {
    let digits = key.as_str().strip_prefix(keys::DUE).and_then(|rest| rest.split('/').next());
    let time = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    time.map(Timestamp).ok_or_else(|| Error::damaged(key.as_str(), "it names no time"))
}
