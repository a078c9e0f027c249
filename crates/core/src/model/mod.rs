//! Secrets, their versions, and their names.
//!
//! A [`Secret`] is the metadata of everything at one path; what a version holds is a record of its own, so that
//! a change of metadata never touches a value. All transitions are methods of [`Secret`] that take the time and
//! leave storing to the caller.

mod label;
mod name;
mod payload;
mod secret;
mod version;

pub use label::{AWSCURRENT, AWSPENDING, AWSPREVIOUS, LABEL_CHARS_MAX, Label, LabelError};
pub use name::{
    AWS_NAME_CHARS_MAX, AZURE_NAME_CHARS_MAX, AwsName, AzureName, MountPath, NameError,
    PATH_BYTES_MAX, SecretPath,
};
pub use payload::{Payload, PayloadError, PayloadKind, VALUE_BYTES_MAX};
pub use secret::{
    Aliases, DEFAULT_VERSIONS_MAX, DROPPED_PER_WRITE_MAX, LABELS_PER_VERSION_MAX, Limits,
    METADATA_ENTRIES_MAX, REPLICAS_MAX, Replica, Secret, SecretDescription, State, TransitionError,
    VERSIONS_MAX, Written,
};
pub use version::{Hidden, NewVersion, Placement, Selector, Version, VersionNumber};
