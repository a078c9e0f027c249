//! One version of a secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::label::Label;
use super::payload::PayloadKind;
use crate::identifier::VersionId;
use crate::time::Timestamp;

/// A version's place in the order of writes: 1 for the first, never used again.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct VersionNumber(#[n(0)] pub u64);

/// The metadata of one version.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Version {
    /// Its place in the order of writes.
    #[n(0)]
    pub number: VersionNumber,
    /// Its identifier at the AWS and Azure doors.
    #[n(1)]
    pub id: VersionId,
    /// The client's own identifier, when it is not a UUID.
    #[n(2)]
    pub client_token: Option<String>,
    /// The labels on it.
    #[n(3)]
    pub labels: BTreeSet<Label>,
    /// How its value was given.
    #[n(4)]
    pub kind: PayloadKind,
    /// What the value is, in the words of its writer.
    #[n(5)]
    pub content_type: Option<String>,
    /// The version's own tags.
    #[n(6)]
    pub tags: BTreeMap<String, String>,
    /// Whether it may be read.
    #[n(7)]
    pub enabled: bool,
    /// When it becomes valid.
    #[n(8)]
    pub not_before: Option<Timestamp>,
    /// When it stops being valid.
    #[n(9)]
    pub expires: Option<Timestamp>,
    /// When it was written.
    #[n(10)]
    pub created: Timestamp,
    /// When its metadata last changed.
    #[n(11)]
    pub updated: Timestamp,
    /// From when on it counts as deleted. It can be undeleted.
    #[n(12)]
    pub deleted_at: Option<Timestamp>,
    /// Whether its value has been erased for good.
    #[n(13)]
    pub destroyed: bool,
}

/// What the writer says of a new version.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Its identifier.
    pub id: VersionId,
    /// The client's own identifier, when it is not a UUID.
    pub client_token: Option<String>,
    /// How its value was given.
    pub kind: PayloadKind,
    /// What the value is.
    pub content_type: Option<String>,
    /// The version's own tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it may be read.
    pub enabled: bool,
    /// When it becomes valid.
    pub not_before: Option<Timestamp>,
    /// When it stops being valid.
    pub expires: Option<Timestamp>,
    /// Where its labels go.
    pub placement: Placement,
    /// The number the current version must have (0: there must be none), or it is refused.
    pub check_and_set: Option<u64>,
}

/// What becomes of a new version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// It becomes the current one, and the current one the previous.
    Current,
    /// It takes these labels from the versions that have them. The first version of a secret becomes current
    /// as well.
    Labels(BTreeSet<Label>),
}

/// Which version is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The current one.
    Current,
    /// The one with this number.
    Number(VersionNumber),
    /// The one with this identifier.
    Id(VersionId),
    /// The one with this label.
    Label(Label),
}

/// Why a version that is there cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// It was deleted and can be undeleted.
    Deleted,
    /// Its value was erased.
    Destroyed,
    /// It was disabled.
    Disabled,
}

impl NewVersion {
    /// A version that becomes current, with nothing else said of it.
    #[must_use]
    pub fn current(id: VersionId, kind: PayloadKind) -> Self {
        Self {
            id,
            client_token: None,
            kind,
            content_type: None,
            tags: BTreeMap::new(),
            enabled: true,
            not_before: None,
            expires: None,
            placement: Placement::Current,
            check_and_set: None,
        }
    }
}

impl Version {
    /// Why it cannot be read at this time, or `None` when it can.
    #[must_use]
    pub fn hidden(&self, now: Timestamp) -> Option<Hidden> {
        if self.destroyed {
            Some(Hidden::Destroyed)
        } else if self.deleted_at.is_some_and(|at| at <= now) {
            Some(Hidden::Deleted)
        } else if !self.enabled {
            Some(Hidden::Disabled)
        } else {
            None
        }
    }

    /// Whether a label sits on it.
    #[must_use]
    pub fn has_label(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own.as_str() == label)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
