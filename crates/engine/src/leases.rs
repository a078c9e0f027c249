//! Leases as records: what mounts gave out for a time.

use strongroom_core::crypto::RecordKind;
use strongroom_core::lease::Lease;
use strongroom_core::token::{Lifetime, TokenHash, alphanumeric};
use strongroom_store::{Batch, Key, Precondition, Range, Write as StoreWrite};

use crate::due::Due;
use crate::error::Error;
use crate::keys;
use crate::mounts::{Location, MountKind};
use crate::operations::pki;
use crate::records::Stored;
use crate::room::Room;

/// How many letters and digits end a lease's id, as Vault's do.
const LEASE_SUFFIX_CHARS: usize = 24;

impl Room<'_> {
    /// Give something out for a time, to the caller's token. `revocation` is what the mount needs to take it back.
    pub(crate) fn lease(
        &self,
        batch: &mut Batch,
        location: &Location,
        lifetime: Lifetime,
        revocation: Vec<u8>,
    ) -> Result<Lease, Error> {
        let suffix = alphanumeric(LEASE_SUFFIX_CHARS, self.random);
        let id = format!("{location}/{suffix}");
        let token = self.caller.bearer.as_ref().map(|bearer| bearer.hash);
        let lease = Lease { id, mount: location.mount, token, lifetime, revocation };
        let (records, key) = (self.records(), lease_key(&lease.id)?);
        batch.preconditions.push(Precondition::Absent(key.clone()));
        batch.writes.push(records.put(RecordKind::Lease, key, &lease));
        if let Some(token) = token {
            let index = token_lease_key(token, &lease.id)?;
            batch.writes.push(records.put(RecordKind::TokenIndex, index, &lease.id));
        }
        if let Some(expires) = lease.lifetime.expires {
            Due::Lease(lease.id.clone()).put(&records, batch, expires);
        }
        Ok(lease)
    }

    /// The lease with this id.
    pub(crate) fn lease_by_id(&self, id: &str) -> Result<Option<Stored<Lease>>, Error> {
        match lease_key(id) {
            Ok(key) => self.records().read(RecordKind::Lease, &key),
            Err(_) => Ok(None),
        }
    }

    /// The ids of leases that begin with a prefix, in byte order, and whether there are more.
    pub(crate) fn lease_ids(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<String>, bool), Error> {
        let after = after.map(|id| format!("{}{id}", keys::LEASES));
        let prefix = format!("{}{prefix}", keys::LEASES);
        let range = Range { after, limit, keys_only: true, ..Range::prefix(prefix) };
        let page = self.store.list(&range)?;
        let ids = page.entries.iter();
        let ids = ids.filter_map(|entry| entry.key.as_str().strip_prefix(keys::LEASES));
        Ok((ids.map(str::to_owned).collect(), page.more))
    }

    /// Write a lease that was renewed.
    pub(crate) fn change_lease(
        &self,
        batch: &mut Batch,
        before: &Stored<Lease>,
        lease: &Lease,
    ) -> Result<(), Error> {
        let (records, key) = (self.records(), lease_key(&lease.id)?);
        batch.preconditions.push(before.unchanged(key.clone()));
        batch.writes.push(records.put(RecordKind::Lease, key, lease));
        let (old, new) = (before.value.lifetime.expires, lease.lifetime.expires);
        if old != new {
            let due = Due::Lease(lease.id.clone());
            batch.writes.extend(old.map(|at| due.delete(at)));
            if let Some(at) = new {
                due.put(&records, batch, at);
            }
        }
        Ok(())
    }

    /// Take back what a lease gave out. With `forced` the lease goes even where its mount cannot take it back.
    pub(crate) fn revoke_lease(
        &self,
        batch: &mut Batch,
        stored: &Stored<Lease>,
        forced: bool,
    ) -> Result<(), Error> {
        let (lease, key) = (&stored.value, lease_key(&stored.value.id)?);
        match self.take_back(batch, lease) {
            Err(_) if forced => {}
            other => other?,
        }
        batch.preconditions.push(stored.unchanged(key.clone()));
        batch.writes.push(StoreWrite::Delete(key));
        if let Some(token) = lease.token {
            batch.writes.push(StoreWrite::Delete(token_lease_key(token, &lease.id)?));
        }
        let due = Due::Lease(lease.id.clone());
        batch.writes.extend(lease.lifetime.expires.map(|at| due.delete(at)));
        Ok(())
    }

    /// What the mount that gave it out does to take it back. A mount that is gone has taken everything along.
    fn take_back(&self, batch: &mut Batch, lease: &Lease) -> Result<(), Error> {
        let Some((path, mount)) = self.mounts.by_id(lease.mount) else { return Ok(()) };
        if mount.kind == MountKind::Pki {
            return pki::take_back(self, batch, lease);
        }
        let kind = mount.kind.word();
        Err(Error::rule(format!("leases of {path}, which is of the kind {kind}, are not known")))
    }
}

fn lease_key(id: &str) -> Result<Key, Error> {
    let not_allowed = |error| Error::rule(format!("the lease's id is not allowed: {error}"));
    Key::new(format!("{}{id}", keys::LEASES)).map_err(not_allowed)
}

fn token_lease_key(token: TokenHash, id: &str) -> Result<Key, Error> {
    let suffix = id.rsplit('/').next().unwrap_or(id);
    let not_allowed = |error| Error::rule(format!("the lease's id is not allowed: {error}"));
    Key::new(format!("{}{suffix}", keys::token_leases(token))).map_err(not_allowed)
}
