//! Why a change of an entity or a group is refused.

use super::entity::ALIASES_MAX;
use super::group::{MEMBER_ENTITIES_MAX, MEMBER_GROUPS_MAX, PARENT_GROUPS_MAX};
use super::id::{AliasId, GroupId};

/// Why a change is refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The entity has an alias at this mount, and has one only.
    #[error("the entity already has an alias for this mount")]
    AliasAtMount,
    /// The group has an alias, and has one only.
    #[error("the group already has an alias")]
    AliasOfGroup,
    /// An alias belongs to an external group.
    #[error("alias can only be set on external groups")]
    AliasOfInternalGroup,
    /// A group would be in itself.
    #[error("cyclic relationship detected for member group ID {0}")]
    Cycle(GroupId),
    /// Whether a group is internal is fixed when it is made.
    #[error("group type cannot be changed")]
    GroupTypeChanged,
    /// Members of an external group come from its auth mount.
    #[error("member entities can't be set manually for external groups")]
    MembersOfExternalGroup,
    /// An external group has no groups in it.
    #[error("member groups can't be set for external groups")]
    GroupsInExternalGroup,
    /// The alias is of another entity.
    #[error("the entity has no alias {0}")]
    NoSuchAlias(AliasId),
    /// There is no such group.
    #[error("there is no group {0}")]
    NoSuchGroup(GroupId),
    /// Too many aliases.
    #[error("an entity has at most {ALIASES_MAX} aliases")]
    TooManyAliases,
    /// Too many members.
    #[error(
        "a group has at most {MEMBER_ENTITIES_MAX} entities and {MEMBER_GROUPS_MAX} groups in it"
    )]
    TooManyMembers,
    /// Too many groups around one group.
    #[error("a group is in at most {PARENT_GROUPS_MAX} groups")]
    TooManyParents,
}
