//! A secret as another server tells of it.

use std::collections::BTreeMap;

use super::{Limits, Secret, State, Version, VersionNumber};
use crate::identifier::SecretId;
use crate::time::Timestamp;

/// What a server says of a secret of its own, for somebody who does not have the record.
#[derive(Clone, Debug)]
pub struct SecretDescription {
    /// See [`Secret::id`].
    pub id: SecretId,
    /// See [`Secret::limits`].
    pub limits: Limits,
    /// See [`Secret::description`].
    pub description: Option<String>,
    /// See [`Secret::custom_metadata`].
    pub custom_metadata: BTreeMap<String, String>,
    /// See [`Secret::state`].
    pub state: State,
    /// See [`Secret::current`].
    pub current: Option<VersionNumber>,
    /// See [`Secret::versions`]; in any order.
    pub versions: Vec<Version>,
    /// See [`Secret::created`].
    pub created: Timestamp,
    /// See [`Secret::updated`].
    pub updated: Timestamp,
}

impl From<SecretDescription> for Secret {
    fn from(description: SecretDescription) -> Self {
        let mut versions = description.versions;
        versions.sort_by_key(|version| version.number);
        versions.dedup_by_key(|version| version.number);
        Self {
            description: description.description,
            custom_metadata: description.custom_metadata,
            state: description.state,
            current: description.current,
            last_number: versions.last().map_or(0, |version| version.number.0),
            versions,
            updated: description.updated,
            ..Self::new(description.id, description.limits, description.created)
        }
    }
}
