use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::MountId;
use strongroom_core::model::{Secret, SecretPath, State};
use strongroom_core::time::Seconds;
use strongroom_core::token::TokenHash;
use strongroom_store::{Batch, Entry, Precondition, Range, Write as StoreWrite};

use crate::due::{Due, time_of};
use crate::error::Error;
use crate::keys;
use crate::mounts::{self, Location, Mount, MountKind};
use crate::operations::approle;
use crate::operations::aws::{
    end_session, prefix_of_app, prefix_of_token, removal, remove_sessions,
};
use crate::operations::jwt::forget_login;
use crate::operations::purge_secret::purge_step;
use crate::records::decode;
use crate::room::{Operation, Room};
use crate::usage::Subject;
use crate::witness::Performed;

/// How many tokens or leases one commit takes back: each is a few writes.
const TAKEN_BACK_MAX: usize = 8;
/// How many records one commit removes.
const REMOVED_MAX: usize = 60;
/// How many things that are due are looked at for one that can be done.
const LOOKED_AT_MAX: usize = 32;
/// When something that could not be done is tried again.
const PUT_OFF: Seconds = Seconds(3_600);

/// Do the first thing that is due. The engine asks it of itself; what it does was authorised when it was asked for.
#[derive(Debug)]
pub(crate) struct Sweep;

impl Operation for Sweep {
    /// Whether there was something.
    type Answer = bool;

    const NAME: &'static str = "sweep";

    fn subject(&self) -> Option<&str> {
        None
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<bool>, Error> {
        let page = room.store.list(&Range { limit: LOOKED_AT_MAX, ..Range::prefix(keys::DUE) })?;
        let mut failed = None;
        for entry in &page.entries {
            if time_of(&entry.key)? > room.now {
                break;
            }
            // What is damaged does not keep what is due behind it.
            match due_of(room, entry) {
                Ok(due) => return step(room, entry, &due),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or_else(|| Ok(Performed::read(false)), Err)
    }
}

fn due_of(room: &Room<'_>, entry: &Entry) -> Result<Due, Error> {
    let bytes = room.records().open(RecordKind::Due, &entry.key, &entry.value)?;
    decode(&entry.key, bytes.expose())
}

/// Do a part of what is due. What cannot be done now is put off, and does not keep what is due behind it.
fn step(room: &Room<'_>, entry: &Entry, due: &Due) -> Result<Performed<bool>, Error> {
    let mut batch = Batch::default();
    let what = match sweep(room, due, &mut batch) {
        Ok((done, what)) => {
            if done && !batch.writes.iter().any(|write| *write.key() == entry.key) {
                batch.writes.push(StoreWrite::Delete(entry.key.clone()));
            }
            what
        }
        Err(error) => {
            batch = Batch::default();
            batch.writes.push(StoreWrite::Delete(entry.key.clone()));
            due.put(&room.records(), &mut batch, room.now.plus(PUT_OFF));
            format!("put off, because of {}", error.kind())
        }
    };
    let unchanged = Precondition::Unchanged(entry.key.clone(), entry.revision);
    batch.preconditions.push(unchanged);
    Ok(Performed::change(true, batch).naming("due", what))
}

/// Whether all of it is in the batch, and what it was in words.
fn sweep(room: &Room<'_>, due: &Due, batch: &mut Batch) -> Result<(bool, String), Error> {
    match due {
        Due::Token(hash) => {
            // Where it was renewed or is gone, what is due here is out of date.
            if let Some(found) = room.token(*hash)?
                && found.value.lifetime.has_ended(room.now)
            {
                room.revoke_token(batch, *hash, &found)?;
            }
            Ok((true, format!("the token {} ended", hash.short())))
        }
        Due::RevokedToken(hash) => {
            let done = remove_belongings(room, *hash, batch)?;
            Ok((done, format!("what belonged to the token {}", hash.short())))
        }
        Due::Lease(id) => {
            if let Some(found) = room.lease_by_id(id)?
                && found.value.lifetime.has_ended(room.now)
            {
                room.revoke_lease(batch, &found, false)?;
            }
            Ok((true, format!("the lease {id} ended")))
        }
        Due::DeletedSecret(mount, path) => {
            let done = purge_deleted(room, *mount, path, batch)?;
            Ok((done, format!("the recovery window of {path} in the mount {mount} ended")))
        }
        Due::Unmounted(mount, kind) => {
            let done = (!kind.is_auth() || revoke_tokens(room, *mount, batch)?)
                && (!kind.holds_secrets() || remove_secrets(room, *mount, *kind, batch)?)
                && remove_below(room, &keys::logical_of(*mount), batch)?;
            Ok((done, format!("the records of the mount {mount}")))
        }
        Due::SecretId(mount, role, hash) => {
            approle::end_secret_id(room, *mount, *role, *hash, batch)?;
            Ok((true, format!("the secret id {} ended", hash.short())))
        }
        Due::DeletedRole(mount, role) => {
            let done = approle::remove_secret_ids(room, *mount, *role, batch)?;
            Ok((done, format!("the secret ids of the role {role}")))
        }
        Due::Session(hash) => {
            end_session(room, *hash, batch)?;
            Ok((true, format!("the session {} ended", hash.short())))
        }
        Due::SessionsOfApp(app, epoch) => {
            let done = remove_sessions(room, &prefix_of_app(*app, *epoch), batch)?;
            Ok((done, format!("the sessions of the app with the identifier {app}")))
        }
        Due::PendingLogin(mount, key) => {
            forget_login(room, *mount, key, batch)?;
            Ok((true, "what was kept of a login by browser".to_owned()))
        }
        Due::TransitKey(mount, name) => {
            let what = room.rotate_due_transit_key(*mount, name, batch)?;
            Ok((true, format!("the transit key {name} {what}")))
        }
    }
}

fn remove_belongings(room: &Room<'_>, hash: TokenHash, batch: &mut Batch) -> Result<bool, Error> {
    let page = |prefix: String, limit| room.store.list(&Range { limit, ..Range::prefix(prefix) });
    let children = page(keys::token_children(hash), TAKEN_BACK_MAX)?;
    for entry in &children.entries {
        let child: TokenHash = opened(room, entry)?;
        match room.token(child)? {
            Some(found) => room.revoke_token(batch, child, &found)?,
            None => batch.writes.push(StoreWrite::Delete(entry.key.clone())),
        }
    }
    if !children.entries.is_empty() {
        return Ok(false);
    }
    let leases = page(keys::token_leases(hash), TAKEN_BACK_MAX)?;
    for entry in &leases.entries {
        let id: String = opened(room, entry)?;
        match room.lease_by_id(&id)? {
            Some(found) => room.revoke_lease(batch, &found, false)?,
            None => batch.writes.push(StoreWrite::Delete(entry.key.clone())),
        }
    }
    if !leases.entries.is_empty() {
        return Ok(false);
    }
    if !remove_sessions(room, &prefix_of_token(hash), batch)? {
        return Ok(false);
    }
    let cubbyhole = keys::logical_of(mounts::fixed(mounts::CUBBYHOLE));
    remove_below(room, &format!("{cubbyhole}{hash}/"), batch)
}

/// Take back the first tokens that the logins of a mount gave, and tell whether there was none.
fn revoke_tokens(room: &Room<'_>, mount: MountId, batch: &mut Batch) -> Result<bool, Error> {
    let prefix = keys::tokens_of_mount(mount);
    let page = room.store.list(&Range { limit: TAKEN_BACK_MAX, ..Range::prefix(prefix) })?;
    for entry in &page.entries {
        let hash: TokenHash = opened(room, entry)?;
        match room.token(hash)? {
            Some(found) => room.revoke_token(batch, hash, &found)?,
            None => batch.writes.push(StoreWrite::Delete(entry.key.clone())),
        }
    }
    Ok(page.entries.is_empty())
}

/// Remove records below a prefix, and tell whether that was all.
fn remove_below(room: &Room<'_>, prefix: &str, batch: &mut Batch) -> Result<bool, Error> {
    let range = Range { limit: REMOVED_MAX, keys_only: true, ..Range::prefix(prefix) };
    let page = room.store.list(&range)?;
    batch.writes.extend(page.entries.into_iter().map(|entry| StoreWrite::Delete(entry.key)));
    Ok(!page.more)
}

/// Erase a secret whose recovery window has ended, or a part of it, and tell whether nothing is left to do. One that was
/// restored, or deleted anew, is left.
fn purge_deleted(
    room: &Room<'_>,
    mount: MountId,
    path: &SecretPath,
    batch: &mut Batch,
) -> Result<bool, Error> {
    let Some((_, serving)) = room.mounts.by_id(mount) else { return Ok(true) };
    let key = keys::secret(mount, path);
    let Some(found) = room.records().read::<Secret>(RecordKind::Secret, &key)? else {
        return Ok(true);
    };
    match found.value.state {
        State::Deleted { purge_at, .. } if purge_at <= room.now => {
            let location = Location::logical("", serving, path.as_str())?;
            purge_step(room, &location, &found, batch)
        }
        _ => Ok(true),
    }
}

/// Remove the first secret of a mount, or a part of it, and tell whether there was none.
fn remove_secrets(
    room: &Room<'_>,
    mount: MountId,
    kind: MountKind,
    batch: &mut Batch,
) -> Result<bool, Error> {
    let prefix = keys::secrets_of(mount);
    let page = room.store.list(&Range { limit: 1, ..Range::prefix(prefix.clone()) })?;
    let Some(entry) = page.entries.first() else { return Ok(true) };
    let bytes = room.records().open(RecordKind::Secret, &entry.key, &entry.value)?;
    let secret: Secret = decode(&entry.key, bytes.expose())?;
    // What the versions of a copy hold is its secret's.
    let is_copy = secret.replica_of.is_some();
    if !is_copy && !remove_below(room, &keys::payloads_of(secret.id), batch)? {
        return Ok(false);
    }
    let path = entry.key.as_str().strip_prefix(&prefix).unwrap_or_default();
    if let Ok(path) = SecretPath::new(path) {
        let copies = secret.replicas.iter();
        batch.writes.extend(copies.flat_map(|replica| removal(&secret, &path, replica)));
        if let Some(own) = secret.replica_of {
            forget_replica(room, own, &path, mount, batch)?;
        }
        let path = path.as_str();
        let location = Location::logical("", &Mount::new(mount, kind), path)?;
        batch.writes.extend(room.unname(&location, &secret));
    }
    if !is_copy {
        batch.writes.push(room.forget_usage(&Subject::Secret(secret.id))?);
    }
    if secret.has_resource_policy && !is_copy {
        batch.writes.push(StoreWrite::Delete(keys::resource_policy(secret.id)));
    }
    batch.writes.push(StoreWrite::Delete(entry.key.clone()));
    Ok(false)
}

/// Take a copy off its secret's list.
fn forget_replica(
    room: &Room<'_>,
    own: MountId,
    path: &SecretPath,
    mount: MountId,
    batch: &mut Batch,
) -> Result<(), Error> {
    let key = keys::secret(own, path);
    let Some(found) = room.records().read::<Secret>(RecordKind::Secret, &key)? else {
        return Ok(());
    };
    let Some((_, serving)) = room.mounts.by_id(own) else { return Ok(()) };
    let mut secret = found.value.clone();
    secret.replicas.retain(|replica| replica.mount != mount);
    let location = Location::logical("", serving, path.as_str())?;
    room.put_secret(batch, &location, &secret, Some(&found))
}

fn opened<T: for<'b> minicbor::Decode<'b, ()>>(room: &Room<'_>, entry: &Entry) -> Result<T, Error> {
    let bytes = room.records().open(RecordKind::TokenIndex, &entry.key, &entry.value)?;
    decode(&entry.key, bytes.expose())
}
