use std::collections::BTreeMap;

use strongroom_core::identifier::{MountId, RoleKey};
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::token::{TokenHash, TokenKey};
use strongroom_store::Batch;
use zeroize::Zeroizing;

use super::role::AppRole;
use super::role_record;
use crate::due::Due;
use crate::error::Error;
use crate::logical::Logical;
use crate::records::{Records, Stored};
use crate::room::Room;
use crate::usage::Subject;

/// How many secret ids one role has, which is also how many one answer lists.
pub const SECRET_IDS_MAX: usize = 10_000;
/// The longest secret id, in bytes.
pub const SECRET_ID_BYTES_MAX: usize = 4_096;
/// The most entries of a secret id's metadata.
pub const SECRET_METADATA_MAX: usize = 63;
/// The longest key or value of a secret id's metadata, in bytes.
pub const SECRET_METADATA_TEXT_BYTES_MAX: usize = 512;

/// How many secret ids of a deleted role one commit removes: each is a precondition and four writes, of the 128 that a
/// commit has with those of its audit record.
const REMOVED_MAX: usize = 18;

/// A secret id as it is kept: without itself.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct RoleSecret {
    /// Names it without being it.
    #[n(0)]
    pub accessor: String,
    /// When it was made.
    #[n(1)]
    pub created: Timestamp,
    /// When it was made, or last used if its uses are counted.
    #[n(2)]
    pub updated: Timestamp,
    /// When it ends; never when `None`.
    #[n(3)]
    pub expires: Option<Timestamp>,
    /// How long it was made for; 0 without an end.
    #[n(4)]
    pub ttl: Seconds,
    /// How many logins are left to it; any number when `None`.
    #[n(5)]
    pub uses_left: Option<u64>,
    /// What its maker noted; the tokens that it gives have it as well.
    #[n(6)]
    pub metadata: BTreeMap<String, String>,
    /// The networks that a login with it comes from; every one of the role's when empty.
    #[n(7)]
    pub bound_cidrs: Vec<String>,
    /// The networks that its tokens may be used from; the role's when empty.
    #[n(8)]
    pub token_bound_cidrs: Vec<String>,
}

impl RoleSecret {
    /// Whether its time is over.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// The secret ids of one role.
pub(super) struct RoleSecrets<'a> {
    room: &'a Room<'a>,
    mount: MountId,
    logical: Logical<'a>,
    role: RoleKey,
}

impl<'a> RoleSecrets<'a> {
    pub(super) fn of(room: &'a Room<'a>, mount: MountId, role: RoleKey) -> Self {
        Self { room, mount, logical: room.logical_of(mount), role }
    }

    /// What a secret id is found by.
    pub(super) fn hash(&self, text: &[u8]) -> Result<TokenHash, Error> {
        hash(self.room, "secret-id", &self.role.to_string(), text)
    }

    /// The secret id with this hash, if its time is not over.
    pub(super) fn find(&self, hash: TokenHash) -> Result<Option<Stored<RoleSecret>>, Error> {
        let found: Option<Stored<RoleSecret>> = self.logical.read(&self.record(hash))?;
        Ok(found.filter(|found| !found.value.has_ended(self.room.now)))
    }

    /// The hash of the secret id with this accessor.
    pub(super) fn by_accessor(&self, accessor: &str) -> Result<Option<TokenHash>, Error> {
        let found: Option<Stored<TokenHash>> = self.logical.read(&self.accessor(accessor)?)?;
        Ok(found.map(|found| found.value))
    }

    /// The accessors of all that are there.
    pub(super) fn accessors(&self) -> Result<Vec<String>, Error> {
        Ok(self.all(SECRET_IDS_MAX)?.into_iter().map(|secret| secret.accessor).collect())
    }

    /// Those that are there, `max` and a page of them at most.
    pub(super) fn all(&self, max: usize) -> Result<Vec<RoleSecret>, Error> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (found, more) =
                self.logical.records::<RoleSecret>(&self.prefix(), after.as_deref(), max)?;
            after = found.last().map(|(name, _)| name.clone());
            let live = found.into_iter().map(|(_, found)| found.value);
            all.extend(live.filter(|secret| !secret.has_ended(self.room.now)));
            if !more || all.len() >= max {
                return Ok(all);
            }
        }
    }

    /// Add one.
    pub(super) fn add(
        &self,
        batch: &mut Batch,
        hash: TokenHash,
        secret: &RoleSecret,
    ) -> Result<(), Error> {
        let (record, accessor) = (self.record(hash), self.accessor(&secret.accessor)?);
        if self.logical.holds(&record)? {
            return Err(Error::rule("SecretID is already registered"));
        }
        let count = self.logical.all_names(&self.prefix(), SECRET_IDS_MAX)?.len();
        if count >= SECRET_IDS_MAX {
            return Err(Error::rule(format!("the role has {SECRET_IDS_MAX} secret ids already")));
        }
        self.logical.put(batch, &record, secret, None::<&Stored<RoleSecret>>)?;
        self.logical.put(batch, &accessor, &hash, None::<&Stored<TokenHash>>)?;
        if let Some(expires) = secret.expires {
            self.due(hash).put(&self.room.records(), batch, expires);
        }
        Ok(())
    }

    /// Count a login: the last one of a number of them removes the secret id. Whoever changes it first decides.
    pub(super) fn count_use(
        &self,
        batch: &mut Batch,
        hash: TokenHash,
        found: &Stored<RoleSecret>,
    ) -> Result<(), Error> {
        match found.value.uses_left {
            None => self.logical.keep(batch, &self.record(hash), found),
            Some(0 | 1) => self.remove(batch, hash, found),
            Some(left) => {
                let secret = RoleSecret {
                    uses_left: Some(left - 1),
                    updated: self.room.now,
                    ..found.value.clone()
                };
                self.logical.put(batch, &self.record(hash), &secret, Some(found))
            }
        }
    }

    /// Remove one with all that names it.
    pub(super) fn remove(
        &self,
        batch: &mut Batch,
        hash: TokenHash,
        found: &Stored<RoleSecret>,
    ) -> Result<(), Error> {
        let record = self.record(hash);
        self.logical.keep(batch, &record, found)?;
        self.logical.delete(batch, &record)?;
        self.logical.delete(batch, &self.accessor(&found.value.accessor)?)?;
        let subject = Subject::SecretId(found.value.accessor.clone());
        batch.writes.push(self.room.forget_usage(&subject)?);
        batch.writes.extend(found.value.expires.map(|at| self.due(hash).delete(at)));
        Ok(())
    }

    fn due(&self, hash: TokenHash) -> Due {
        Due::SecretId(self.mount, self.role, hash)
    }

    fn prefix(&self) -> String {
        format!("secret-id/{}/", self.role)
    }

    fn record(&self, hash: TokenHash) -> String {
        format!("{}{hash}", self.prefix())
    }

    fn accessor(&self, accessor: &str) -> Result<String, Error> {
        let role = self.role.to_string();
        let hash = hash(self.room, "secret-id-accessor", &role, accessor.as_bytes())?;
        Ok(format!("accessor/{role}/{hash}"))
    }
}

/// `HMAC-SHA256(token key, "approle/" || kind || "/" || owner || "/" || text)`: what ids and accessors are found by. The
/// store and its listing give nobody one, and none is good for another role.
pub(super) fn hash(
    room: &Room<'_>,
    kind: &str,
    owner: &str,
    text: &[u8],
) -> Result<TokenHash, Error> {
    room.keyed_hash(&hashed(kind, owner, text))
}

fn hashed(kind: &str, owner: &str, text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 + owner.len() + text.len()));
    bytes.extend_from_slice(format!("approle/{kind}/{owner}/").as_bytes());
    bytes.extend_from_slice(text);
    bytes
}

/// Whether a role of a mount has a secret id with this accessor.
pub(crate) fn has_secret_id(
    records: Records<'_>,
    names: &TokenKey,
    mount: MountId,
    role: &str,
    accessor: &str,
) -> Result<bool, Error> {
    let logical = Logical::new(records, mount);
    let Some(role): Option<Stored<AppRole>> = logical.read(&role_record(role))? else {
        return Ok(false);
    };
    let key = role.value.key.to_string();
    let hash = names.hash_bytes(&hashed("secret-id-accessor", &key, accessor.as_bytes()));
    logical.holds(&format!("accessor/{key}/{hash}"))
}

/// A secret id whose time is over is removed.
pub(crate) fn end_secret_id(
    room: &Room<'_>,
    mount: MountId,
    role: RoleKey,
    hash: TokenHash,
    batch: &mut Batch,
) -> Result<(), Error> {
    let secrets = RoleSecrets::of(room, mount, role);
    let found: Option<Stored<RoleSecret>> = secrets.logical.read(&secrets.record(hash))?;
    match found {
        Some(found) if found.value.has_ended(room.now) => secrets.remove(batch, hash, &found),
        _ => Ok(()),
    }
}

/// Remove secret ids of a role that is gone, and tell whether those were all.
pub(crate) fn remove_secret_ids(
    room: &Room<'_>,
    mount: MountId,
    role: RoleKey,
    batch: &mut Batch,
) -> Result<bool, Error> {
    let secrets = RoleSecrets::of(room, mount, role);
    let (found, more) =
        secrets.logical.records::<RoleSecret>(&secrets.prefix(), None, REMOVED_MAX)?;
    for (name, found) in found {
        let Ok(hash) = name.parse::<TokenHash>() else { continue };
        secrets.remove(batch, hash, &found)?;
    }
    Ok(!more)
}
