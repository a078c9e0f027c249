//! Groups in groups: no cycles, and what an entity has through them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::entity::Entity;
use super::group::Group;
use super::id::GroupId;
use crate::policy::{AliasContext, GroupContext, PolicyName, TemplateContext};

/// The most groups that one question looks at.
pub const GROUPS_VISITED_MAX: usize = 1_024;

/// Why a question about groups has no answer. `E` is the error of the store that is asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HierarchyError<E> {
    /// A group would be in itself, through this member.
    #[error("cyclic relationship detected for member group ID {0}")]
    Cycle(GroupId),
    /// A record could not be read.
    #[error(transparent)]
    Load(E),
    /// More groups hang together than are looked at.
    #[error("more than {GROUPS_VISITED_MAX} groups hang together")]
    TooMany,
}

/// The groups that an entity is in, nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    /// Those that name it.
    pub direct: Vec<Group>,
    /// Those that these are in, and so on.
    pub inherited: Vec<Group>,
}

/// Refuse `members` in `group` when the group would come to be in itself. `members_of` answers what is in a group, and
/// nothing for one that does not exist.
///
/// The answer is the groups that were looked at. They must be unchanged when the new members are written, so that two
/// writers cannot close a cycle together.
///
/// # Errors
/// [`HierarchyError`]
pub fn refuse_cycle<E>(
    group: GroupId,
    members: &BTreeSet<GroupId>,
    mut members_of: impl FnMut(GroupId) -> Result<BTreeSet<GroupId>, E>,
) -> Result<BTreeSet<GroupId>, HierarchyError<E>> {
    let mut visited = BTreeSet::new();
    // Each group to look at, and the member through which it was reached.
    let mut queue: VecDeque<(GroupId, GroupId)> =
        members.iter().map(|member| (*member, *member)).collect();
    while let Some((next, member)) = queue.pop_front() {
        if next == group {
            return Err(HierarchyError::Cycle(member));
        }
        if !visited.insert(next) {
            continue;
        }
        if visited.len() > GROUPS_VISITED_MAX {
            return Err(HierarchyError::TooMany);
        }
        let below = members_of(next).map_err(HierarchyError::Load)?;
        queue.extend(below.into_iter().map(|id| (id, member)));
    }
    Ok(visited)
}

/// The groups of an entity, from those that name it upwards. `load` answers a group, and `None` for one that does not
/// exist, which is passed over.
///
/// # Errors
/// [`HierarchyError::Load`] and [`HierarchyError::TooMany`]: whoever has too many groups gets the policies of none.
pub fn memberships<E>(
    direct: Vec<Group>,
    mut load: impl FnMut(GroupId) -> Result<Option<Group>, E>,
) -> Result<Memberships, HierarchyError<E>> {
    if direct.len() > GROUPS_VISITED_MAX {
        return Err(HierarchyError::TooMany);
    }
    let mut visited: BTreeSet<GroupId> = direct.iter().map(|group| group.id).collect();
    let mut queue: VecDeque<GroupId> = direct.iter().flat_map(Group::parents).copied().collect();
    let mut inherited = Vec::new();
    while let Some(next) = queue.pop_front() {
        if !visited.insert(next) {
            continue;
        }
        if visited.len() > GROUPS_VISITED_MAX {
            return Err(HierarchyError::TooMany);
        }
        let Some(group) = load(next).map_err(HierarchyError::Load)? else { continue };
        queue.extend(group.parents());
        inherited.push(group);
    }
    Ok(Memberships { direct, inherited })
}

impl Memberships {
    /// All groups, nearest first.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.direct.iter().chain(&self.inherited)
    }
}

/// The policies that identity gives: the entity's and its groups'. A disabled entity has none.
#[must_use]
pub fn effective_policies(entity: &Entity, memberships: &Memberships) -> BTreeSet<PolicyName> {
    if entity.disabled {
        return BTreeSet::new();
    }
    let of_groups = memberships.groups().flat_map(|group| group.policies.names());
    entity.policies.names().chain(of_groups).cloned().collect()
}

/// What templates of policies say of an entity. Of an alias's metadata it has what the auth method noted, not the
/// custom metadata.
#[must_use]
pub fn template_context(entity: &Entity, memberships: &Memberships) -> TemplateContext {
    let aliases = entity.aliases().iter().map(|alias| {
        let context = AliasContext {
            id: alias.id.to_string(),
            name: alias.name.to_string(),
            metadata: alias.metadata.entries().clone(),
        };
        (alias.mount_accessor.to_string(), context)
    });
    let groups = memberships
        .groups()
        .map(|group| GroupContext { id: group.id.to_string(), name: group.name.to_string() });
    TemplateContext {
        entity_id: Some(entity.id.to_string()),
        entity_name: Some(entity.name.to_string()),
        entity_metadata: entity.metadata.entries().clone(),
        aliases: aliases.collect::<BTreeMap<_, _>>(),
        groups: groups.collect(),
    }
}
