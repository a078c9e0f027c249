//! What is known of secrets and versions, without values.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use strongroom_core::identifier::{SecretId, VersionId};
use strongroom_core::model::{self, Label, Limits, PayloadKind, SecretDescription, VersionNumber};
use strongroom_core::time::Seconds;

use crate::{Time, is_false};

/// What is known of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its identifier: 32 hexadecimal digits.
    pub id: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// How many versions are kept.
    pub versions_max: u32,
    /// Whether every write must name the version it replaces.
    #[serde(default, skip_serializing_if = "is_false")]
    pub check_and_set_required: bool,
    /// How long after it was written a version counts as deleted, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_after_secs: Option<u64>,
    /// Whether it is there.
    pub state: State,
    /// The current version's number.
    pub current: Option<u64>,
    /// The versions that are kept, oldest first.
    pub versions: Vec<Version>,
    /// When it was made.
    pub created: Time,
    /// When it last changed.
    pub updated: Time,
}

/// Whether a secret is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is.
    Live,
    /// It was deleted, and can be restored.
    Deleted {
        /// When.
        at: Time,
        /// When it may be purged.
        purge_at: Time,
    },
}

/// What is known of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub number: u64,
    /// Its identifier: 32 hexadecimal digits.
    pub id: String,
    /// The labels on it.
    pub labels: BTreeSet<String>,
    /// How its value was given: `text`, `json` or `bytes`.
    pub kind: String,
    /// What the value is, in its writer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Its own tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Whether it may be read.
    pub enabled: bool,
    /// When it becomes valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Time>,
    /// When it stops being valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// When it was written.
    pub created: Time,
    /// When its metadata last changed.
    pub updated: Time,
    /// From when on it counts as deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Time>,
    /// Whether its value has been erased.
    #[serde(default, skip_serializing_if = "is_false")]
    pub destroyed: bool,
}

/// Metadata that cannot be what it claims to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidMetadata;

impl From<&model::Secret> for Secret {
    fn from(secret: &model::Secret) -> Self {
        Self {
            id: secret.id.to_string(),
            description: secret.description.clone(),
            tags: secret.custom_metadata.clone(),
            versions_max: secret.limits.versions_max,
            check_and_set_required: secret.limits.check_and_set_required,
            delete_after_secs: secret.limits.delete_after.map(|span| span.0),
            state: secret.state.into(),
            current: secret.current().map(|number| number.0),
            versions: secret.versions().iter().map(Version::from).collect(),
            created: secret.created.into(),
            updated: secret.updated.into(),
        }
    }
}

impl TryFrom<Secret> for model::Secret {
    type Error = InvalidMetadata;

    fn try_from(secret: Secret) -> Result<Self, InvalidMetadata> {
        let id: SecretId = secret.id.parse().map_err(|_| InvalidMetadata)?;
        let limits = Limits {
            versions_max: secret.versions_max,
            check_and_set_required: secret.check_and_set_required,
            delete_after: secret.delete_after_secs.map(Seconds),
        };
        let versions = secret.versions.into_iter().map(model::Version::try_from);
        let description = SecretDescription {
            id,
            limits,
            description: secret.description,
            custom_metadata: secret.tags,
            state: secret.state.into(),
            current: secret.current.map(VersionNumber),
            versions: versions.collect::<Result<_, _>>()?,
            created: secret.created.into(),
            updated: secret.updated.into(),
        };
        Ok(description.into())
    }
}

impl From<&model::Version> for Version {
    fn from(version: &model::Version) -> Self {
        Self {
            number: version.number.0,
            id: version.id.to_string(),
            labels: version.labels.iter().map(ToString::to_string).collect(),
            kind: kind_word(version.kind).to_owned(),
            content_type: version.content_type.clone(),
            tags: version.tags.clone(),
            enabled: version.enabled,
            not_before: version.not_before.map(Time),
            expires: version.expires.map(Time),
            created: version.created.into(),
            updated: version.updated.into(),
            deleted_at: version.deleted_at.map(Time),
            destroyed: version.destroyed,
        }
    }
}

impl TryFrom<Version> for model::Version {
    type Error = InvalidMetadata;

    fn try_from(version: Version) -> Result<Self, InvalidMetadata> {
        let id: VersionId = version.id.parse().map_err(|_| InvalidMetadata)?;
        let labels = version.labels.into_iter().map(Label::new);
        Ok(Self {
            number: VersionNumber(version.number),
            id,
            client_token: None,
            labels: labels.collect::<Result<_, _>>().map_err(|_| InvalidMetadata)?,
            kind: kind_of(&version.kind).ok_or(InvalidMetadata)?,
            content_type: version.content_type,
            tags: version.tags,
            enabled: version.enabled,
            not_before: version.not_before.map(Into::into),
            expires: version.expires.map(Into::into),
            created: version.created.into(),
            updated: version.updated.into(),
            deleted_at: version.deleted_at.map(Into::into),
            destroyed: version.destroyed,
        })
    }
}

impl From<model::State> for State {
    fn from(state: model::State) -> Self {
        match state {
            model::State::Live => Self::Live,
            model::State::Deleted { at, purge_at } => {
                Self::Deleted { at: at.into(), purge_at: purge_at.into() }
            }
        }
    }
}

impl From<State> for model::State {
    fn from(state: State) -> Self {
        match state {
            State::Live => Self::Live,
            State::Deleted { at, purge_at } => {
                Self::Deleted { at: at.into(), purge_at: purge_at.into() }
            }
        }
    }
}

fn kind_word(kind: PayloadKind) -> &'static str {
    match kind {
        PayloadKind::Text => "text",
        PayloadKind::Bytes => "bytes",
        PayloadKind::Json => "json",
    }
}

fn kind_of(word: &str) -> Option<PayloadKind> {
    [PayloadKind::Text, PayloadKind::Bytes, PayloadKind::Json]
        .into_iter()
        .find(|kind| kind_word(*kind) == word)
}
