//! What can be asked, a file each.
//!
//! An operation authorises first: every way to a secret demands the proof. It returns what it found or what it wants
//! changed, and names the version and what else belongs in its audit record.

pub mod app;
pub mod approle;
pub mod audit_device;
pub mod aws;
pub mod capabilities;
mod check_known;
mod check_records;
pub mod cubbyhole;
mod delete_secret;
mod delete_versions;
mod describe_secret;
mod destroy_versions;
pub mod explain;
pub mod identity;
pub mod jwt;
pub mod kv;
pub mod lease;
mod list_secrets;
pub mod mount;
pub mod pki;
pub mod policy;
mod purge_secret;
mod put_secret;
mod put_secrets;
pub mod quota;
mod read_secret;
mod read_secrets;
mod reencrypt;
mod reseal;
mod restore_secret;
mod rollback_secret;
mod rotate_data_key;
pub mod seal;
mod sweep;
pub mod system;
mod tag_secret;
pub mod token;
pub mod transit;
mod undelete_versions;
pub mod usage;
pub mod userpass;
mod watch_secrets;
mod whole_store;
pub mod wrapping;

pub use check_known::CheckKnown;
pub use check_records::{CheckRecords, CheckedRecords};
pub use delete_secret::{DeleteSecret, RECOVERY_SECS_DEFAULT, RECOVERY_SECS_MAX};
pub use delete_versions::DeleteVersions;
pub use describe_secret::DescribeSecret;
pub use destroy_versions::{DestroyVersions, VERSIONS_PER_REQUEST_MAX};
pub use list_secrets::{LISTED_MAX, ListSecrets, Listed, ListedPage};
pub use purge_secret::PurgeSecret;
pub use put_secret::PutSecret;
pub use put_secrets::{PUT_BYTES_MAX, PUT_SECRETS_MAX, PutSecrets};
pub use read_secret::{ReadSecret, SecretRead};
pub use read_secrets::{READ_SECRETS_MAX, ReadSecrets};
pub use reencrypt::{Reencrypt, RetireDataKeys};
pub use reseal::Reseal;
pub use restore_secret::RestoreSecret;
pub use rollback_secret::RollbackSecret;
pub use rotate_data_key::RotateDataKey;
pub(crate) use sweep::Sweep;
pub use tag_secret::{METADATA_TEXT_BYTES_MAX, TagSecret};
pub use undelete_versions::UndeleteVersions;
pub use watch_secrets::{
    Changes, ReportChanges, SecretChange, SecretWatch, WATCHED_FOLDERS_MAX, WatchSecrets,
};
pub use whole_store::{StoreTask, WholeStore};

use strongroom_core::identifier::VersionId;
use strongroom_core::model::{Limits, NewVersion, Payload, Secret, VersionNumber, Written};
use strongroom_store::{Batch, Write as StoreWrite};

use crate::error::Error;
use crate::keys;
use crate::mounts::{Location, MountKind};
use crate::records::Stored;
use crate::room::Room;

/// How often a value that a concurrent write pruned is looked for anew.
const PRUNED_READS_MAX: usize = 32;

/// Add to `batch` a new version of a secret, which is made if there is none. Answers the secret as it is then.
fn write_version(
    room: &Room<'_>,
    batch: &mut Batch,
    location: &Location,
    found: Option<Stored<Secret>>,
    payload: &Payload,
    change: impl FnOnce(&mut NewVersion),
) -> Result<(Secret, VersionNumber), Error> {
    let mut secret = match &found {
        Some(found) => found.value.clone(),
        None => new_secret(room, batch, location)?,
    };
    let number = add_version(room, batch, location, &mut secret, payload, change)?;
    room.put_secret(batch, location, &secret, found.as_ref())?;
    Ok((secret, number))
}

/// Add a new version to a secret, and to `batch` what it holds; the secret itself is still to be put there.
fn add_version(
    room: &Room<'_>,
    batch: &mut Batch,
    location: &Location,
    secret: &mut Secret,
    payload: &Payload,
    change: impl FnOnce(&mut NewVersion),
) -> Result<VersionNumber, Error> {
    let mut new = NewVersion::current(VersionId::generate(room.random), payload.kind());
    change(&mut new);
    let limits = kv::limits_in(room, location)?;
    let Written { number, mut dropped } = secret.write_within(limits, new, room.now)?;
    if location.kind == MountKind::KeyValueUnversioned {
        dropped.extend(secret.drop_earlier());
    }
    let key = keys::payload(secret.id, number);
    let kind = strongroom_core::crypto::RecordKind::Payload;
    batch.writes.push(room.records().put_bytes(kind, key, payload.value().expose()));
    batch.writes.extend(erasures(secret, &dropped));
    Ok(number)
}

fn new_secret(room: &Room<'_>, batch: &mut Batch, location: &Location) -> Result<Secret, Error> {
    let id = strongroom_core::identifier::SecretId::generate(room.random);
    let mut secret = Secret::new(id, Limits::OF_THE_MOUNT, room.now);
    let (preconditions, writes) = room.name(batch, location, &mut secret)?;
    batch.preconditions.extend(preconditions);
    batch.writes.extend(writes);
    Ok(secret)
}

/// Deletions of what versions hold.
fn erasures(secret: &Secret, numbers: &[VersionNumber]) -> Vec<StoreWrite> {
    numbers.iter().map(|number| StoreWrite::Delete(keys::payload(secret.id, *number))).collect()
}

/// A batch that only changes a secret's metadata.
fn metadata_change(
    room: &Room<'_>,
    location: &Location,
    secret: &Secret,
    found: &Stored<Secret>,
) -> Result<Batch, Error> {
    let mut batch = Batch::default();
    room.put_secret(&mut batch, location, secret, Some(found))?;
    Ok(batch)
}

/// The numbers as an audit record names them.
fn numbered(numbers: &[VersionNumber]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}
