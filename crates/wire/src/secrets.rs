//! Calls about secrets. What each does is said at the engine's operation of the same name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Call, Done, Secret, State, Time, Value, Version, is_false};

/// Which version is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// The one with this number.
    Version(u64),
    /// The one with this identifier: 32 hexadecimal digits.
    Id(String),
    /// The one with this label.
    Label(String),
}

/// Read one version's value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadSecret {
    /// The canonical path.
    pub path: String,
    /// Which version; the current one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub which: Option<Which>,
    /// The name of a member, when only that of a JSON object is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}

/// A value with its version's metadata.
#[derive(Debug, Serialize, Deserialize)]
pub struct SecretRead {
    /// The canonical path.
    pub path: String,
    /// The version's metadata.
    pub version: Version,
    /// The value.
    pub value: Value,
}

/// Read the current values of several secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadSecrets {
    /// What the audit record says was read, such as the project's path.
    pub subject: String,
    /// The secrets.
    pub secrets: Vec<ReadSecretsEntry>,
}

/// One of several secrets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadSecretsEntry {
    /// Its name, for the audit record.
    pub name: String,
    /// Its candidate paths, best first.
    pub candidates: Vec<String>,
}

/// Several values.
#[derive(Debug, Serialize, Deserialize)]
pub struct SecretsRead {
    /// In the order asked for; `null` where no candidate has a readable value.
    pub secrets: Vec<Option<SecretRead>>,
}

/// Write a new version.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutSecret {
    /// The canonical path.
    pub path: String,
    /// The value.
    pub value: Value,
    /// What the value is, in the writer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// When it stops being valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// The version's own tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The number the current version must have; 0 when there must be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_and_set: Option<u64>,
}

/// The number of the version that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// The number.
    pub version: u64,
}

/// Write several secrets: all of them or none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutSecrets {
    /// What the audit record says was written, such as the project's path.
    pub subject: String,
    /// The secrets.
    pub secrets: Vec<PutSecretsEntry>,
}

/// One of several secrets.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutSecretsEntry {
    /// The canonical path.
    pub path: String,
    /// The value.
    pub value: Value,
}

/// The numbers of the versions that were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenAll {
    /// In the order given.
    pub versions: Vec<u64>,
}

/// List what is below a folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSecrets {
    /// The canonical path of a folder, ending with `/`.
    pub prefix: String,
    /// Secrets at any depth, instead of the secrets and folders directly below.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recursive: bool,
    /// Deleted secrets as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deleted: bool,
    /// Only what comes after this canonical path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// At most this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedPage {
    /// The entries.
    pub entries: Vec<Listed>,
    /// Where the next page begins, as `after`; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Listed {
    /// There is something below this canonical path, which ends with `/`.
    Folder(String),
    /// A secret.
    Secret {
        /// The canonical path.
        path: String,
        /// The current version's number.
        current: Option<u64>,
        /// When it last changed.
        updated: Time,
        /// Whether it is there.
        state: State,
    },
}

macro_rules! paths {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                /// The canonical path.
                pub path: String,
            }
        )*
    };
}

paths! {
    /// What is known of a secret.
    DescribeSecret,
    /// Bring a deleted secret back whole.
    RestoreSecret,
    /// Erase a secret with all its versions, a step of it in a call.
    PurgeSecret,
}

macro_rules! versions {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Serialize, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                /// The canonical path.
                pub path: String,
                /// The versions' numbers.
                pub versions: Vec<u64>,
            }
        )*
    };
}

versions! {
    /// Hide versions.
    DeleteVersions,
    /// Bring versions back.
    UndeleteVersions,
    /// Erase what versions hold.
    DestroyVersions,
}

/// Hide a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteSecret {
    /// The canonical path.
    pub path: String,
    /// How long it is kept at least, in seconds; 30 days when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery_secs: Option<u64>,
}

/// A secret was hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deleted {
    /// When it may be purged.
    pub kept_until: Time,
}

/// How far a secret is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// Whether nothing of it is left; ask again until it is.
    pub done: bool,
}

/// The versions that hold nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Those whose values this call erased.
    pub versions: Vec<u64>,
}

/// Make an earlier value current again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackSecret {
    /// The canonical path.
    pub path: String,
    /// The version whose value to take.
    pub to: Which,
}

/// An earlier value is current again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolledBack {
    /// The version whose value was taken.
    pub value_of: u64,
    /// The new version.
    pub version: u64,
}

/// Change what is said about a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagSecret {
    /// The canonical path.
    pub path: String,
    /// Tags to set, or to remove where the value is `null`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Option<String>>,
    /// The new description; empty to remove it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How many versions are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions_max: Option<u32>,
}

macro_rules! calls {
    ($($call:ident -> $answer:ty, $name:literal, $reads:literal, $about:literal;)*) => {
        $(impl Call for $call {
            type Answer = $answer;

            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const READS: bool = $reads;
        })*
    };
}

calls! {
    ReadSecret -> SecretRead, "secret-read", true, "Read one version's value";
    ReadSecrets -> SecretsRead, "secrets-read", true, "Read the current values of several secrets";
    PutSecret -> Written, "secret-write", false, "Write a new version, which becomes the current one";
    PutSecrets -> WrittenAll, "secrets-write", false, "Write several secrets: all of them or none";
    ListSecrets -> ListedPage, "secrets-list", true, "List what is below a folder";
    DescribeSecret -> Secret, "secret-describe", true, "What is known of a secret, without values";
    DeleteSecret -> Deleted, "secret-delete", false, "Hide a secret; it can be restored";
    RestoreSecret -> Done, "secret-restore", false, "Bring a deleted secret back whole";
    PurgeSecret -> Purged, "secret-purge", false, "Erase a secret with all its versions";
    DeleteVersions -> Done, "versions-delete", false, "Hide versions; they can be brought back";
    UndeleteVersions -> Done, "versions-undelete", false, "Bring versions back";
    DestroyVersions -> Erased, "versions-destroy", false, "Erase what versions hold";
    RollbackSecret -> RolledBack, "secret-rollback", false, "Make an earlier value current again, as a new version";
    TagSecret -> Done, "secret-tag", false, "Change tags, description and limits of a secret";
}
