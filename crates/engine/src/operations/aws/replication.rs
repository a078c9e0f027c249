//! Copies of a secret in other regions, which are other mounts of this server.
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html>

use std::sync::Arc;

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::SecretId;
use strongroom_core::model::{REPLICAS_MAX, Replica, Secret, Version};
use strongroom_store::{Batch, Precondition, Write as StoreWrite};

use super::place::{Act, Opened, Place, SecretRef};
use super::rule::{AwsClass, refuse};
use super::view::{Named, ReplicaStatus, replicas_of};
use crate::error::Error;
use crate::keys;
use crate::mounts::{Location, MountKind};
use crate::operations::{VERSIONS_PER_REQUEST_MAX, erasures};
use crate::records::Stored;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// How many values one commit copies for a copy that becomes a secret of its own: with the longest values of AWS's they
/// are 1 MiB.
const COPIED_MAX: usize = 16;
/// The bytes of values after which a commit copies no more.
const COPIED_BYTES_MAX: usize = 1_048_576;

/// Make copies of a secret in other regions.
#[derive(Debug)]
pub struct ReplicateSecretToRegions {
    /// Which secret.
    pub secret: SecretRef,
    /// Where.
    pub replicas: Vec<Arc<Place>>,
    /// Whether a copy may take the place of a secret of its name.
    pub force_overwrite: bool,
}

/// Remove copies of a secret.
#[derive(Debug)]
pub struct RemoveRegionsFromReplication {
    /// Which secret.
    pub secret: SecretRef,
    /// The regions.
    pub regions: Vec<String>,
}

/// Make a secret of its own of a copy, in the region that is asked.
#[derive(Debug)]
pub struct StopReplicationToReplica {
    /// The copy.
    pub secret: SecretRef,
}

/// A secret with its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicated {
    /// Its ARN and name.
    pub named: Named,
    /// Its copies.
    pub replicas: Vec<ReplicaStatus>,
    /// Whether nothing is left to do. If not, ask again: one commit copies so many values.
    pub is_done: bool,
}

impl Operation for ReplicateSecretToRegions {
    type Answer = Replicated;

    const NAME: &'static str = "aws-replicate-secret-to-regions";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Replicated>, Error> {
        let act = Act::new("ReplicateSecretToRegions", Aspect::Metadata);
        let Opened { proof, found, named } = room.open_at::<Write>(&self.secret, act, |facts| {
            for place in &self.replicas {
                facts.add("secretsmanager:addreplicaregions", place.region.as_str());
            }
            let force = self.force_overwrite.to_string();
            facts.add("secretsmanager:forceoverwritereplicasecret", force);
        })?;
        let mut secret = found.value.clone();
        if secret.is_deleted() {
            return Err(Error::Deleted(named.name));
        }
        let (location, mut batch) = (proof.location(), Batch::default());
        add_replicas(
            room,
            &mut batch,
            location,
            &mut secret,
            &self.replicas,
            self.force_overwrite,
        )?;
        room.put_secret(&mut batch, location, &secret, Some(&found))?;
        Ok(Performed::change(replicated(room, named, &secret), batch).at(location))
    }
}

impl Operation for RemoveRegionsFromReplication {
    type Answer = Replicated;

    const NAME: &'static str = "aws-remove-regions-from-replication";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Replicated>, Error> {
        let act = Act::new("RemoveRegionsFromReplication", Aspect::Metadata);
        let Opened { proof, found, named } = room.open_at::<Write>(&self.secret, act, |_| {})?;
        let mut secret = found.value.clone();
        let (location, mut batch) = (proof.location(), Batch::default());
        for region in &self.regions {
            let is_there = |replica: &Replica| {
                room.place_of(replica.mount).is_some_and(|place| place.region == *region)
            };
            let Some(index) = secret.replicas.iter().position(is_there) else {
                let text = format!("There is no replica of the secret in the region {region}.");
                return Err(refuse(AwsClass::InvalidParameter, text));
            };
            let replica = secret.replicas.remove(index);
            room.authorise_purge(beside(room, location, replica.mount)?)?;
            batch.writes.extend(removal(&secret, location.path(), &replica));
        }
        room.put_secret(&mut batch, location, &secret, Some(&found))?;
        Ok(Performed::change(replicated(room, named, &secret), batch).at(location))
    }
}

impl Operation for StopReplicationToReplica {
    type Answer = Replicated;

    const NAME: &'static str = "aws-stop-replication-to-replica";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Replicated>, Error> {
        let act = Act::new("StopReplicationToReplica", Aspect::Metadata);
        let Opened { proof, found: copy, named } =
            room.open_at::<Write>(&self.secret, act, |_| {})?;
        let Some(own) = copy.value.replica_of else {
            let text = "The secret is not a replica in this region.";
            return Err(refuse(AwsClass::InvalidParameter, text));
        };
        let location = proof.location();
        let original = beside(room, location, own)?;
        let primary =
            room.stored(&original)?.ok_or_else(|| Error::NotFound(original.to_string()))?;
        let mut secret = primary.value.clone();
        let is_this = |replica: &Replica| replica.mount == location.mount;
        let Some(index) = secret.replicas.iter().position(is_this) else {
            return Err(Error::damaged(location.as_str(), "its secret does not know of it"));
        };
        let mut batch = Batch::default();
        let mut replica = secret.replicas.remove(index);
        let id = *replica.promoted_as.get_or_insert_with(|| SecretId::generate(room.random));
        let is_done = copy_values(room, &mut batch, &secret, id)?;
        let mut alone = copy.value.clone();
        if is_done {
            alone.replica_of = None;
            alone.arn_id = Some(alone.arn_id.unwrap_or(alone.id));
            alone.id = id;
            alone.has_resource_policy = false;
            room.put_secret(&mut batch, location, &alone, Some(&copy))?;
        } else {
            secret.replicas.insert(index, replica);
        }
        room.put_secret(&mut batch, &original, &secret, Some(&primary))?;
        let answer = Replicated { is_done, ..replicated(room, named, &alone) };
        Ok(Performed::change(answer, batch).at(location))
    }
}

fn replicated(room: &Room<'_>, named: Named, secret: &Secret) -> Replicated {
    Replicated { named, replicas: replicas_of(secret, room), is_done: true }
}

/// Add copies to a secret that is about to be put, and to `batch` what a copy needs beside its record.
pub(super) fn add_replicas(
    room: &Room<'_>,
    batch: &mut Batch,
    location: &Location,
    secret: &mut Secret,
    places: &[Arc<Place>],
    overwrite: bool,
) -> Result<(), Error> {
    for place in places {
        let serving = room.mounts.at(&place.mount).filter(|m| m.kind == MountKind::KeyValue);
        let mount = serving.map(|serving| serving.id).filter(|mount| *mount != location.mount);
        let Some(mount) = mount else {
            let region = &place.region;
            let text = format!(
                "Invalid replica region {region}: it is the secret's own, or none of this server."
            );
            return Err(refuse(AwsClass::InvalidParameter, text));
        };
        if secret.replicas.iter().any(|replica| replica.mount == mount) {
            let text = format!("The secret already has a replica in the region {}.", place.region);
            return Err(refuse(AwsClass::InvalidParameter, text));
        }
        if secret.replicas.len() >= REPLICAS_MAX {
            let text = format!("A secret has at most {REPLICAS_MAX} replicas.");
            return Err(refuse(AwsClass::InvalidParameter, text));
        }
        let there = beside(room, location, mount)?;
        let (proof, found) = room.authorise_write(there, Aspect::Data)?;
        let azure = make_way(room, batch, proof.location(), secret, found, place, overwrite)?;
        secret.replicas.push(Replica { mount, azure, created: room.now, promoted_as: None });
    }
    Ok(())
}

/// Add to `batch` the names of a copy and the removal of what was in its place. Answers its name at the Azure door.
fn make_way(
    room: &Room<'_>,
    batch: &mut Batch,
    location: &Location,
    secret: &Secret,
    found: Option<Stored<Secret>>,
    place: &Place,
    overwrite: bool,
) -> Result<Option<strongroom_core::model::AzureName>, Error> {
    let key = keys::secret(location.mount, location.path());
    if let Some(found) = found {
        found.value.require_alone()?;
        let erased: Vec<_> = found.value.versions().iter().map(|version| version.number).collect();
        if !overwrite || erased.len() > VERSIONS_PER_REQUEST_MAX {
            let text = format!(
                "The region {} has a secret of this name. Set ForceOverwriteReplicaSecret to replace it, or delete it there.",
                place.region
            );
            return Err(refuse(AwsClass::InvalidRequest, text));
        }
        room.authorise_purge(location.clone())?;
        batch.preconditions.push(found.unchanged(key));
        batch.writes.extend(erasures(&found.value, &erased));
        if found.value.has_resource_policy {
            batch.writes.push(StoreWrite::Delete(keys::resource_policy(found.value.id)));
        }
        // It is the same path: the names that stand for it stay.
        return Ok(found.value.aliases.azure);
    }
    batch.preconditions.push(Precondition::Absent(key));
    let mut copy = secret.clone();
    let (preconditions, writes) = room.name(batch, location, &mut copy)?;
    batch.preconditions.extend(preconditions);
    batch.writes.extend(writes);
    if let Some(name) = &secret.aliases.aws {
        let key = keys::aws_alias(location.mount, name);
        batch.preconditions.push(Precondition::Absent(key.clone()));
        batch.writes.push(room.alias(key, location.path()));
    }
    Ok(copy.aliases.azure)
}

/// Deletions of a copy and its names.
pub(crate) fn removal(
    secret: &Secret,
    path: &strongroom_core::model::SecretPath,
    replica: &Replica,
) -> Vec<StoreWrite> {
    let azure = replica.azure.as_ref().map(|name| keys::azure_alias(replica.mount, name));
    let aws = secret.aliases.aws.as_ref().map(|name| keys::aws_alias(replica.mount, name));
    let names = azure.into_iter().chain(aws);
    std::iter::once(keys::secret(replica.mount, path))
        .chain(names)
        .map(StoreWrite::Delete)
        .collect()
}

/// Add to `batch` copies of values, and tell whether none is missing then.
fn copy_values(
    room: &Room<'_>,
    batch: &mut Batch,
    secret: &Secret,
    to: SecretId,
) -> Result<bool, Error> {
    let (mut copied, mut bytes) = (0, 0);
    let kept = |version: &&Version| !version.destroyed;
    for version in secret.versions().iter().filter(kept) {
        let key = keys::payload(to, version.number);
        if room.store.get(&key)?.is_some() {
            continue;
        }
        if copied == COPIED_MAX || bytes >= COPIED_BYTES_MAX {
            return Ok(false);
        }
        let from = keys::payload(secret.id, version.number);
        let Some(found) = room.records().read_bytes(RecordKind::Payload, &from)? else { continue };
        let value = found.value.expose();
        // One value of the longest fits a commit by itself.
        if copied > 0 && bytes + value.len() > COPIED_BYTES_MAX {
            return Ok(false);
        }
        (copied, bytes) = (copied + 1, bytes + value.len());
        batch.writes.push(room.records().put_bytes(RecordKind::Payload, key, value));
    }
    Ok(true)
}

/// The same path in another mount.
fn beside(
    room: &Room<'_>,
    location: &Location,
    mount: strongroom_core::identifier::MountId,
) -> Result<Location, Error> {
    let path = room.mounts.path_of(mount).ok_or_else(|| Error::NotFound(location.to_string()))?;
    room.location(&format!("{path}/{}", location.path()))
}
