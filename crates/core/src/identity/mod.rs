//! Who a caller is: Vault's entities, their aliases at auth mounts, and groups.
//!
//! An [`Entity`] is one person or program. Each auth mount knows it by an [`Alias`]; a [`Group`] gives it policies,
//! directly or through the groups that the group is in. Everything here is a record or a rule over records: the
//! caller loads what an operation names, and stores the records that it answers.
//!
//! Names are compared by their keys ([`EntityName::key`], [`GroupName::key`], [`AliasKey`]), of which a store keeps
//! an index; [`IndexKey`] lists those of a record. The name of an alias is made by [`AliasName::new`] with the
//! [`AliasCase`] of its auth method, and the method compares what it made: nobody becomes someone else, or nobody,
//! by a capital or a space.

mod entity;
mod error;
mod group;
mod hierarchy;
mod id;
mod index;
mod merge;
mod metadata;
mod name;
mod policies;
#[cfg(test)]
mod tests;

pub use entity::{ALIASES_MAX, Alias, Entity, EntityChange, MERGED_ENTITIES_MAX};
pub use error::IdentityError;
pub use group::{
    Group, GroupChange, GroupKind, MEMBER_ENTITIES_MAX, MEMBER_GROUPS_MAX, PARENT_GROUPS_MAX,
    refresh_external, with_member_groups,
};
pub use hierarchy::{
    GROUPS_VISITED_MAX, HierarchyError, Memberships, effective_policies, memberships, refuse_cycle,
    template_context,
};
pub use id::{AliasId, EntityId, GroupId, IdentityIdError};
pub use index::IndexKey;
pub use merge::{MERGE_SOURCES_MAX, MergeError, Merged, merge};
pub use metadata::{
    METADATA_ENTRIES_MAX, METADATA_KEY_BYTES_MAX, METADATA_VALUE_BYTES_MAX, Metadata, MetadataError,
};
pub use name::{
    ACCESSOR_BYTES_MAX, AliasCase, AliasKey, AliasName, EntityName, GroupName,
    IDENTITY_NAME_BYTES_MAX, IdentityNameError, MountAccessor, MountType,
};
pub use policies::{IDENTITY_POLICIES_MAX, IdentityPolicies, IdentityPoliciesError};
