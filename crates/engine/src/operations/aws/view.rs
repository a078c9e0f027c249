use std::collections::BTreeMap;

use strongroom_core::aws::labels;
use strongroom_core::aws::token::text_of;
use strongroom_core::model::{AWSCURRENT, Secret, State, Version};
use strongroom_core::time::Timestamp;

use crate::room::Room;
use crate::usage::Subject;

/// What names a secret in every answer about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its ARN in the region that was asked.
    pub arn: String,
    /// Its name.
    pub name: String,
}

/// A version without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionView {
    /// Its identifier: the token of the request that made it.
    pub id: String,
    /// Its labels; none when it is deprecated.
    pub stages: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// A secret without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretView {
    /// Its ARN and name.
    pub named: Named,
    /// What it is for.
    pub description: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub last_changed: Timestamp,
    /// When it was last read, on the day's beginning; `None` when it never was.
    pub last_accessed: Option<Timestamp>,
    /// When it is erased, when it is deleted.
    pub deleted: Option<Timestamp>,
    /// Versions with labels, in the order they were made.
    pub versions: Vec<VersionView>,
    /// The region of the secret that it is a copy of, or its own when it has copies.
    pub primary_region: Option<String>,
    /// Its copies.
    pub replicas: Vec<ReplicaStatus>,
}

/// A copy of a secret in another region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaStatus {
    /// The region.
    pub region: String,
}

impl VersionView {
    pub(super) fn of(version: &Version) -> Self {
        Self {
            id: text_of(version).into_owned(),
            stages: stages(version),
            created: version.created,
        }
    }
}

pub(super) fn last_accessed(secret: &Secret, room: &Room<'_>) -> Option<Timestamp> {
    let usage = room.usage(&Subject::Secret(secret.id)).ok().flatten();
    usage.map(|usage| usage.last_date())
}

impl SecretView {
    pub(super) fn of(secret: &Secret, named: Named, room: &Room<'_>) -> Self {
        let labelled = labels::listed(secret, false);
        let replicas = replicas_of(secret, room);
        Self {
            description: secret.description.clone(),
            tags: secret.aws_tags.clone(),
            created: secret.created,
            last_changed: secret.updated,
            // The day alone, as AWS has it. One that cannot be told keeps nothing else from being told.
            last_accessed: last_accessed(secret, room),
            deleted: match secret.state {
                State::Live => None,
                State::Deleted { purge_at, .. } => Some(purge_at),
            },
            versions: labelled.map(VersionView::of).collect(),
            primary_region: primary_region(secret, room),
            replicas,
            named,
        }
    }
}

/// The region of the secret that a copy follows.
pub(super) fn primary_region(secret: &Secret, room: &Room<'_>) -> Option<String> {
    Some(room.place_of(secret.replica_of?)?.region.clone())
}

/// The copies that regions of this server have.
pub(super) fn replicas_of(secret: &Secret, room: &Room<'_>) -> Vec<ReplicaStatus> {
    let status = |mount| Some(ReplicaStatus { region: room.place_of(mount)?.region.clone() });
    secret.replicas.iter().filter_map(|replica| status(replica.mount)).collect()
}

/// The labels of a version, AWSCURRENT first.
pub(super) fn stages(version: &Version) -> Vec<String> {
    let mut stages: Vec<String> = version.labels.iter().map(ToString::to_string).collect();
    stages.sort_by_key(|stage| stage != AWSCURRENT);
    stages
}
