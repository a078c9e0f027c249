//! A secret: the versions at one path and what is true of all of them.

mod description;
mod replica;

use std::collections::{BTreeMap, BTreeSet};

pub use self::description::SecretDescription;
pub use self::replica::{REPLICAS_MAX, Replica};

use super::label::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, Label};
use super::name::{AwsName, AzureName};
use super::version::{NewVersion, Placement, Selector, Version, VersionNumber};
use crate::identifier::{MountId, SecretId};
use crate::time::{Seconds, Timestamp};

/// How many versions a secret keeps when nothing else is said (Vault's default).
pub const DEFAULT_VERSIONS_MAX: u32 = 10;
/// The most versions a secret can keep.
pub const VERSIONS_MAX: u32 = 1_000;
/// The most versions that one write drops, so that their erasures fit its commit. A secret whose limit was lowered
/// comes down to it over several writes.
pub const DROPPED_PER_WRITE_MAX: usize = 6;
/// The most labels on one version (AWS Secrets Manager's limit).
pub const LABELS_PER_VERSION_MAX: usize = 20;
/// The most tags or custom metadata entries.
pub const METADATA_ENTRIES_MAX: usize = 64;

/// A secret without its values.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Secret {
    /// Its identifier, which its path may outlive.
    #[n(0)]
    pub id: SecretId,
    /// Its names at the other doors.
    #[n(1)]
    pub aliases: Aliases,
    /// What it is for.
    #[n(2)]
    pub description: Option<String>,
    /// Vault's custom metadata.
    #[n(3)]
    pub custom_metadata: BTreeMap<String, String>,
    /// AWS's tags.
    #[n(4)]
    pub aws_tags: BTreeMap<String, String>,
    /// What is kept and demanded.
    #[n(5)]
    pub limits: Limits,
    /// Whether it is there or in its recovery window.
    #[n(6)]
    pub state: State,
    /// The version that is read when none is named.
    #[n(7)]
    current: Option<VersionNumber>,
    /// The versions that are kept, oldest first.
    #[n(8)]
    versions: Vec<Version>,
    /// The number of the last version ever made.
    #[n(9)]
    last_number: u64,
    /// When it was made.
    #[n(10)]
    pub created: Timestamp,
    /// When it last changed.
    #[n(11)]
    pub updated: Timestamp,
    /// Its copies in other mounts, which are written with it.
    #[n(12)]
    #[cbor(default)]
    pub replicas: Vec<Replica>,
    /// Where the secret is that this is a copy of.
    #[n(13)]
    pub replica_of: Option<MountId>,
    /// Whether a resource policy is kept for it.
    #[n(14)]
    #[cbor(default)]
    pub has_resource_policy: bool,
    /// Whose identifier ends its ARN, when it was a copy once: an ARN stays what it was.
    #[n(15)]
    pub arn_id: Option<SecretId>,
}

/// A secret's names at the doors that do not use its path.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Aliases {
    /// Its name at the Azure door, unique in its mount.
    #[n(0)]
    pub azure: Option<AzureName>,
    /// Its name at the AWS door, when that is not its path.
    #[n(1)]
    pub aws: Option<AwsName>,
}

/// What is kept and demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Limits {
    /// How many versions are kept, 1 to [`VERSIONS_MAX`]; 0 for as many as the mount says. The oldest without a label
    /// go first, at most [`DROPPED_PER_WRITE_MAX`] with a write.
    #[n(0)]
    pub versions_max: u32,
    /// Whether every write must name the version it replaces.
    #[n(1)]
    pub check_and_set_required: bool,
    /// How long after it was written a version counts as deleted.
    #[n(2)]
    pub delete_after: Option<Seconds>,
}

/// Whether a secret is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum State {
    /// It is.
    #[n(0)]
    Live,
    /// It was deleted; until it is purged it can be restored whole.
    #[n(1)]
    Deleted {
        /// When it was deleted.
        #[n(0)]
        at: Timestamp,
        /// When it may be purged.
        #[n(1)]
        purge_at: Timestamp,
    },
}

/// Why a change is refused. Nothing was changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// The writer expected another current version.
    #[error("check-and-set asked for version {expected}, and the current version is {found}")]
    CheckAndSet {
        /// The number that was asked for.
        expected: u64,
        /// The current version's number, 0 when there is none.
        found: u64,
    },
    /// Writes must name the version they replace.
    #[error("this secret demands check-and-set, and the write named no version")]
    CheckAndSetRequired,
    /// The secret is in its recovery window.
    #[error("the secret is deleted; restore it first")]
    Deleted,
    /// The version's value is gone.
    #[error("version {0} is destroyed")]
    Destroyed(VersionNumber),
    /// A label may not be taken off without a version to put it on.
    #[error("the label AWSCURRENT can be moved and not removed")]
    CurrentLabel,
    /// The secret is not deleted.
    #[error("the secret is not deleted")]
    NotDeleted,
    /// It has copies, which would be left behind.
    #[error("the secret has replicas; remove them first")]
    HasReplicas,
    /// It follows the secret that it is a copy of.
    #[error("the secret is a replica; change the secret that it is a replica of")]
    Replica,
    /// There is no such version.
    #[error("there is no version {0}")]
    NoSuchVersion(VersionNumber),
    /// A version has too many labels.
    #[error("a version has at most {LABELS_PER_VERSION_MAX} labels")]
    TooManyLabels,
    /// Every version has a label and none can be dropped.
    #[error("the secret holds {VERSIONS_MAX} labelled versions; remove a label first")]
    TooManyVersions,
}

/// What a write did.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// The new version's number.
    pub number: VersionNumber,
    /// Versions that are no longer kept; their payloads are to be erased.
    pub dropped: Vec<VersionNumber>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { versions_max: DEFAULT_VERSIONS_MAX, ..Self::OF_THE_MOUNT }
    }
}

impl Limits {
    /// Nothing of its own: what the mount says holds.
    pub const OF_THE_MOUNT: Self =
        Self { versions_max: 0, check_and_set_required: false, delete_after: None };

    /// What holds in a mount with limits of its own, as in Vault: the own number of versions before the mount's,
    /// check-and-set where either demands it, the shorter of both spans.
    #[must_use]
    pub fn within(self, mount: Self) -> Self {
        Self {
            versions_max: if self.versions_max == 0 {
                mount.versions_max
            } else {
                self.versions_max
            },
            check_and_set_required: self.check_and_set_required || mount.check_and_set_required,
            delete_after: self.delete_after.into_iter().chain(mount.delete_after).min(),
        }
    }
}

impl Secret {
    /// A secret without versions.
    #[must_use]
    pub fn new(id: SecretId, limits: Limits, now: Timestamp) -> Self {
        Self {
            id,
            aliases: Aliases::default(),
            description: None,
            custom_metadata: BTreeMap::new(),
            aws_tags: BTreeMap::new(),
            limits,
            state: State::Live,
            current: None,
            versions: Vec::new(),
            last_number: 0,
            created: now,
            updated: now,
            replicas: Vec::new(),
            replica_of: None,
            has_resource_policy: false,
            arn_id: None,
        }
    }

    /// The versions that are kept, oldest first.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The current version's number.
    #[must_use]
    pub fn current(&self) -> Option<VersionNumber> {
        self.current
    }

    /// Whether it is hidden at every door.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.state != State::Live
    }

    /// The version that is meant, readable or not.
    #[must_use]
    pub fn version(&self, selector: &Selector) -> Option<&Version> {
        match selector {
            Selector::Current => self.version(&Selector::Number(self.current?)),
            Selector::Number(number) => {
                let index = self.versions.binary_search_by_key(number, |version| version.number);
                self.versions.get(index.ok()?)
            }
            Selector::Id(id) => self.versions.iter().find(|version| version.id == *id),
            Selector::Label(label) => {
                self.versions.iter().find(|version| version.labels.contains(label))
            }
        }
    }

    /// Add a version, in a mount with Vault's own limits.
    ///
    /// # Errors
    /// [`TransitionError`]
    pub fn write(&mut self, new: NewVersion, now: Timestamp) -> Result<Written, TransitionError> {
        self.write_within(Limits::default(), new, now)
    }

    /// Add a version, in a mount with these limits.
    ///
    /// # Errors
    /// [`TransitionError`]
    pub fn write_within(
        &mut self,
        mount: Limits,
        new: NewVersion,
        now: Timestamp,
    ) -> Result<Written, TransitionError> {
        self.require_live()?;
        let limits = self.limits.within(mount);
        self.check_and_set(new.check_and_set, limits)?;
        if matches!(&new.placement, Placement::Labels(labels) if labels.len() > LABELS_PER_VERSION_MAX)
        {
            return Err(TransitionError::TooManyLabels);
        }
        let labelled = self.versions.iter().filter(|version| !version.labels.is_empty()).count();
        if labelled >= VERSIONS_MAX as usize {
            return Err(TransitionError::TooManyVersions);
        }
        self.last_number += 1;
        let number = VersionNumber(self.last_number);
        self.versions.push(Version {
            number,
            id: new.id,
            client_token: new.client_token,
            labels: BTreeSet::new(),
            kind: new.kind,
            content_type: new.content_type,
            tags: new.tags,
            enabled: new.enabled,
            not_before: new.not_before,
            expires: new.expires,
            created: now,
            updated: now,
            deleted_at: limits.delete_after.map(|span| now.plus(span)),
            destroyed: false,
        });
        match new.placement {
            Placement::Current => self.make_current(number),
            Placement::Labels(labels) => {
                let takes_current = labels.iter().any(|label| label.as_str() == AWSCURRENT);
                if takes_current || self.current.is_none() {
                    self.make_current(number);
                }
                for label in labels {
                    self.put_label(label, number);
                }
            }
        }
        self.updated = now;
        Ok(Written { number, dropped: self.prune(limits) })
    }

    /// Drop every version but the current one, at most [`DROPPED_PER_WRITE_MAX`]: for mounts without versions.
    /// Returns those whose payloads are to be erased.
    pub fn drop_earlier(&mut self) -> Vec<VersionNumber> {
        let current = self.current;
        let earlier = self.versions.iter().map(|version| version.number);
        let dropped: Vec<_> =
            earlier.filter(|number| Some(*number) != current).take(DROPPED_PER_WRITE_MAX).collect();
        self.versions.retain(|version| !dropped.contains(&version.number));
        dropped
    }

    /// Drop the oldest versions that have no label and are `old`, as long as more than `kept` have none, at most
    /// [`DROPPED_PER_WRITE_MAX`]. Returns those whose payloads are to be erased.
    pub fn drop_unlabelled(
        &mut self,
        kept: usize,
        old: impl Fn(&Version) -> bool,
    ) -> Vec<VersionNumber> {
        let unlabelled = || self.versions.iter().filter(|version| version.labels.is_empty());
        let excess = unlabelled().count().saturating_sub(kept).min(DROPPED_PER_WRITE_MAX);
        let dropped: Vec<_> = unlabelled()
            .filter(|version| old(version))
            .map(|version| version.number)
            .take(excess)
            .collect();
        self.versions.retain(|version| !dropped.contains(&version.number));
        dropped
    }

    /// Mark versions as deleted from now on. Unknown and destroyed ones are left as they are.
    ///
    /// # Errors
    /// [`TransitionError::Deleted`]
    pub fn delete_versions(
        &mut self,
        numbers: &[VersionNumber],
        now: Timestamp,
    ) -> Result<(), TransitionError> {
        self.require_live()?;
        self.for_versions(numbers, now, |version| {
            if version.hidden(now) != Some(super::Hidden::Deleted) && !version.destroyed {
                version.deleted_at = Some(now);
            }
        });
        Ok(())
    }

    /// Bring deleted versions back. Unknown and destroyed ones are left as they are.
    ///
    /// # Errors
    /// [`TransitionError::Deleted`]
    pub fn undelete_versions(
        &mut self,
        numbers: &[VersionNumber],
        now: Timestamp,
    ) -> Result<(), TransitionError> {
        self.require_live()?;
        self.for_versions(numbers, now, |version| version.deleted_at = None);
        Ok(())
    }

    /// Mark versions as erased for good. Returns those whose payloads are to be erased.
    ///
    /// # Errors
    /// [`TransitionError::Deleted`]
    pub fn destroy_versions(
        &mut self,
        numbers: &[VersionNumber],
        now: Timestamp,
    ) -> Result<Vec<VersionNumber>, TransitionError> {
        self.require_live()?;
        Ok(self.erase_versions(numbers, now))
    }

    /// As [`Self::destroy_versions`], of a deleted secret too: for a purge, which leaves it deleted.
    pub fn erase_versions(
        &mut self,
        numbers: &[VersionNumber],
        now: Timestamp,
    ) -> Vec<VersionNumber> {
        let mut erased = Vec::new();
        self.for_versions(numbers, now, |version| {
            if !version.destroyed {
                version.destroyed = true;
                erased.push(version.number);
            }
        });
        erased
    }

    /// Hide the secret at every door. Until it is purged it can be restored whole.
    ///
    /// # Errors
    /// [`TransitionError`] when it is deleted already, or one of it would be left.
    pub fn delete(&mut self, recovery: Seconds, now: Timestamp) -> Result<(), TransitionError> {
        self.require_live()?;
        self.require_alone()?;
        self.state = State::Deleted { at: now, purge_at: now.plus(recovery) };
        self.updated = now;
        Ok(())
    }

    /// Bring a deleted secret back as it was.
    ///
    /// # Errors
    /// [`TransitionError::NotDeleted`]
    pub fn restore(&mut self, now: Timestamp) -> Result<(), TransitionError> {
        self.require_primary()?;
        if !self.is_deleted() {
            return Err(TransitionError::NotDeleted);
        }
        self.state = State::Live;
        self.updated = now;
        Ok(())
    }

    /// Move a label to a version, or off every version.
    ///
    /// # Errors
    /// [`TransitionError`]
    pub fn move_label(
        &mut self,
        label: Label,
        to: Option<VersionNumber>,
        now: Timestamp,
    ) -> Result<(), TransitionError> {
        self.require_live()?;
        let Some(to) = to else {
            if label.as_str() == AWSCURRENT {
                return Err(TransitionError::CurrentLabel);
            }
            self.remove_label(label.as_str());
            self.updated = now;
            return Ok(());
        };
        let version =
            self.version(&Selector::Number(to)).ok_or(TransitionError::NoSuchVersion(to))?;
        if version.destroyed {
            return Err(TransitionError::Destroyed(to));
        }
        if version.labels.len() >= LABELS_PER_VERSION_MAX && !version.labels.contains(&label) {
            return Err(TransitionError::TooManyLabels);
        }
        if label.as_str() == AWSCURRENT {
            if self.current != Some(to) {
                self.make_current(to);
            }
        } else {
            self.put_label(label, to);
        }
        self.updated = now;
        Ok(())
    }

    fn require_live(&self) -> Result<(), TransitionError> {
        self.require_primary()?;
        if self.is_deleted() { Err(TransitionError::Deleted) } else { Ok(()) }
    }

    fn check_and_set(&self, expected: Option<u64>, limits: Limits) -> Result<(), TransitionError> {
        let found = self.current.map_or(0, |number| number.0);
        match expected {
            Some(expected) if expected != found => {
                Err(TransitionError::CheckAndSet { expected, found })
            }
            None if limits.check_and_set_required => Err(TransitionError::CheckAndSetRequired),
            _ => Ok(()),
        }
    }

    /// AWSCURRENT moves to the version and AWSPREVIOUS to the one that had it. An AWSPENDING that sat on the
    /// version that had it is stale and goes, as AWS does when the next write takes AWSCURRENT away.
    fn make_current(&mut self, number: VersionNumber) {
        if let Some(old) = self.current {
            self.put_label(Label::well_known(AWSPREVIOUS), old);
            if let Some(version) = self.version_mut(old) {
                version.labels.retain(|label| label.as_str() != AWSPENDING);
            }
        }
        self.put_label(Label::well_known(AWSCURRENT), number);
        if let Some(version) = self.version_mut(number) {
            version.labels.retain(|label| label.as_str() != AWSPREVIOUS);
        }
        self.current = Some(number);
    }

    fn put_label(&mut self, label: Label, number: VersionNumber) {
        self.remove_label(label.as_str());
        if let Some(version) = self.version_mut(number) {
            version.labels.insert(label);
        }
    }

    fn remove_label(&mut self, label: &str) {
        for version in &mut self.versions {
            version.labels.retain(|own| own.as_str() != label);
        }
    }

    fn version_mut(&mut self, number: VersionNumber) -> Option<&mut Version> {
        let index = self.versions.binary_search_by_key(&number, |version| version.number).ok()?;
        self.versions.get_mut(index)
    }

    fn for_versions(
        &mut self,
        numbers: &[VersionNumber],
        now: Timestamp,
        mut change: impl FnMut(&mut Version),
    ) {
        for number in numbers {
            if let Some(version) = self.version_mut(*number) {
                change(version);
                version.updated = now;
            }
        }
        self.updated = now;
    }

    /// Drop the oldest versions without a label until no more are kept than the limit says.
    fn prune(&mut self, limits: Limits) -> Vec<VersionNumber> {
        let limit = limits.versions_max.clamp(1, VERSIONS_MAX) as usize;
        let mut excess = self.versions.len().saturating_sub(limit).min(DROPPED_PER_WRITE_MAX);
        let mut dropped = Vec::new();
        self.versions.retain(|version| {
            let drop = excess > 0 && version.labels.is_empty();
            if drop {
                excess -= 1;
                dropped.push(version.number);
            }
            !drop
        });
        dropped
    }
}

#[cfg(test)]
mod tests;
