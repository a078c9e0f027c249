//! Making one entity of several.

use std::collections::BTreeSet;

use super::entity::{ALIASES_MAX, Alias, Entity, MERGED_ENTITIES_MAX};
use super::group::Group;
use super::id::{AliasId, EntityId};
use super::name::MountAccessor;
use super::policies::IdentityPoliciesError;
use crate::time::Timestamp;

/// The most entities that one merge takes in.
pub const MERGE_SOURCES_MAX: usize = 64;

/// Why entities are not merged. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// Two of the entities have an alias at this mount.
    #[error(
        "two of the entities have aliases with the mount accessor {0}; merge one entity at a time and name the alias to keep"
    )]
    AliasConflict(MountAccessor),
    /// Which alias to keep can be said for one entity at a time.
    #[error(
        "alias conflicts cannot be resolved with multiple from entity ids; merge one entity at a time"
    )]
    KeepWithSeveral,
    /// Both aliases at this mount are to be kept.
    #[error("an entity has one alias at the mount {0}, and both were named to be kept")]
    KeepBoth(MountAccessor),
    /// A disabled entity's aliases must not come to life in another one.
    #[error("entity {0} is disabled, and the one it would become is not")]
    Disabled(EntityId),
    /// An entity is merged with itself, or twice.
    #[error("to_entity_id should not be present in from_entity_ids, nor an id twice")]
    Repeated,
    /// Nothing to merge.
    #[error("missing entity ids to merge from")]
    Nothing,
    /// The policies of all are too many.
    #[error(transparent)]
    Policies(#[from] IdentityPoliciesError),
    /// Too many entities or aliases.
    #[error(
        "a merge takes in at most {MERGE_SOURCES_MAX} entities, and an entity has at most {ALIASES_MAX} aliases and {MERGED_ENTITIES_MAX} entities merged into it"
    )]
    TooMany,
}

/// What is to be written, in one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The entity with everything.
    pub entity: Entity,
    /// The entities that are no more.
    pub deleted: Vec<EntityId>,
    /// The aliases that gave way to another of their mount, and are no more.
    pub dropped_aliases: Vec<Alias>,
    /// The groups whose members changed.
    pub groups: Vec<Group>,
}

/// Move what `from` have into `into`: policies are united, aliases moved, memberships taken over. `groups` are all the
/// groups that one of `from` is in. `keep` names the alias to keep for each mount where both entities have one.
///
/// # Errors
/// [`MergeError`]
pub fn merge(
    into: Entity,
    from: Vec<Entity>,
    groups: Vec<Group>,
    keep: &BTreeSet<AliasId>,
    now: Timestamp,
) -> Result<Merged, MergeError> {
    check_sources(&into, &from, keep)?;
    let mut entity = into;
    let mut dropped_aliases = Vec::new();
    let mut deleted = Vec::new();
    for source in from {
        entity.policies = entity.policies.united(&source.policies)?;
        for mut alias in source.aliases {
            alias.merged_from.insert(source.id);
            dropped_aliases.extend(take_alias(&mut entity, alias, keep, now)?);
        }
        entity.merged.extend(source.merged);
        entity.merged.insert(source.id);
        deleted.push(source.id);
    }
    if entity.aliases.len() > ALIASES_MAX || entity.merged.len() > MERGED_ENTITIES_MAX {
        return Err(MergeError::TooMany);
    }
    entity.updated = now;
    let groups = groups
        .into_iter()
        .filter_map(|group| with_member_replaced(group, &deleted, entity.id, now))
        .collect();
    Ok(Merged { entity, deleted, dropped_aliases, groups })
}

fn check_sources(
    into: &Entity,
    from: &[Entity],
    keep: &BTreeSet<AliasId>,
) -> Result<(), MergeError> {
    if from.is_empty() {
        return Err(MergeError::Nothing);
    }
    if from.len() > MERGE_SOURCES_MAX {
        return Err(MergeError::TooMany);
    }
    if from.len() > 1 && !keep.is_empty() {
        return Err(MergeError::KeepWithSeveral);
    }
    let mut seen = BTreeSet::from([into.id]);
    if !from.iter().all(|source| seen.insert(source.id)) {
        return Err(MergeError::Repeated);
    }
    match from.iter().find(|source| source.disabled && !into.disabled) {
        Some(source) => Err(MergeError::Disabled(source.id)),
        None => Ok(()),
    }
}

/// Give the entity an alias; the answer is the one that gave way.
fn take_alias(
    entity: &mut Entity,
    alias: Alias,
    keep: &BTreeSet<AliasId>,
    now: Timestamp,
) -> Result<Option<Alias>, MergeError> {
    let alias = Alias { updated: now, ..alias };
    let place = entity.aliases.iter_mut().find(|own| own.mount_accessor == alias.mount_accessor);
    let Some(own) = place else {
        entity.aliases.push(alias);
        return Ok(None);
    };
    match (keep.contains(&own.id), keep.contains(&alias.id)) {
        (true, false) => Ok(Some(alias)),
        (false, true) => Ok(Some(std::mem::replace(own, alias))),
        (true, true) => Err(MergeError::KeepBoth(alias.mount_accessor)),
        (false, false) => Err(MergeError::AliasConflict(alias.mount_accessor)),
    }
}

/// The group with one entity in the place of others, `None` when none of them was in it.
fn with_member_replaced(
    mut group: Group,
    gone: &[EntityId],
    instead: EntityId,
    now: Timestamp,
) -> Option<Group> {
    let before = group.member_entities.len();
    group.member_entities.retain(|member| !gone.contains(member));
    if group.member_entities.len() == before {
        return None;
    }
    group.member_entities.insert(instead);
    group.updated = now;
    Some(group)
}
