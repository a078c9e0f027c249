//! Groups: of entities and groups, or of what an auth mount says.

use std::collections::BTreeSet;

use super::entity::Alias;
use super::error::IdentityError;
use super::id::{EntityId, GroupId};
use super::metadata::Metadata;
use super::name::{GroupName, MountAccessor};
use super::policies::IdentityPolicies;
use crate::random::Random;
use crate::time::Timestamp;

/// The most entities in one group.
pub const MEMBER_ENTITIES_MAX: usize = 8_192;
/// The most groups in one group.
pub const MEMBER_GROUPS_MAX: usize = 256;
/// The most groups that one group is in.
pub const PARENT_GROUPS_MAX: usize = 256;

/// Entities that have policies together.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Group {
    /// Its identifier, which its name may outlive.
    #[n(0)]
    pub id: GroupId,
    /// Its name, unique by [`GroupName::key`].
    #[n(1)]
    pub name: GroupName,
    /// Where its members come from.
    #[n(2)]
    kind: GroupKind,
    /// The policies of its members.
    #[n(3)]
    pub policies: IdentityPolicies,
    /// The entities in it.
    #[n(4)]
    pub(super) member_entities: BTreeSet<EntityId>,
    /// The groups in it, whose entities are its own too.
    #[n(5)]
    member_groups: BTreeSet<GroupId>,
    /// The groups that it is in.
    #[n(6)]
    parents: BTreeSet<GroupId>,
    /// What is noted about it.
    #[n(7)]
    pub metadata: Metadata,
    /// An external group's name at its auth mount.
    #[n(8)]
    alias: Option<Alias>,
    /// When it was made.
    #[n(9)]
    pub created: Timestamp,
    /// When it last changed.
    #[n(10)]
    pub(super) updated: Timestamp,
}

/// Where a group's members come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum GroupKind {
    /// Callers name them.
    #[n(0)]
    Internal,
    /// An auth mount says at each login who is in it.
    #[n(1)]
    External,
}

/// What a caller changes of a group; what is `None` stays. Member groups are changed by [`with_member_groups`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// Another name.
    pub name: Option<GroupName>,
    /// The kind that it has.
    pub kind: Option<GroupKind>,
    /// Other policies, in place of all there were.
    pub policies: Option<IdentityPolicies>,
    /// Other entities, in place of all there were.
    pub member_entities: Option<BTreeSet<EntityId>>,
    /// Other metadata, in place of all there was.
    pub metadata: Option<Metadata>,
}

impl Group {
    /// A group without groups in it, internal unless `change` says otherwise. Without a name in `change` it is named
    /// after its identifier.
    ///
    /// # Errors
    /// Those of [`Self::change`].
    pub fn new(
        change: GroupChange,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Self, IdentityError> {
        let id = GroupId::generate(random);
        let mut group = Self {
            id,
            name: GroupName::of_id(id),
            kind: change.kind.unwrap_or(GroupKind::Internal),
            policies: IdentityPolicies::default(),
            member_entities: BTreeSet::new(),
            member_groups: BTreeSet::new(),
            parents: BTreeSet::new(),
            metadata: Metadata::default(),
            alias: None,
            created: now,
            updated: now,
        };
        group.change(change, now)?;
        Ok(group)
    }

    /// Change what `change` names. That the name is free, and that the entities exist, is for the store to say.
    ///
    /// # Errors
    /// [`IdentityError::GroupTypeChanged`], [`IdentityError::MembersOfExternalGroup`] and
    /// [`IdentityError::TooManyMembers`]; nothing is changed then.
    pub fn change(&mut self, change: GroupChange, now: Timestamp) -> Result<(), IdentityError> {
        if change.kind.is_some_and(|kind| kind != self.kind) {
            return Err(IdentityError::GroupTypeChanged);
        }
        if let Some(members) = &change.member_entities {
            if self.kind == GroupKind::External {
                return Err(IdentityError::MembersOfExternalGroup);
            }
            if members.len() > MEMBER_ENTITIES_MAX {
                return Err(IdentityError::TooManyMembers);
            }
        }
        self.name = change.name.unwrap_or_else(|| self.name.clone());
        self.policies = change.policies.unwrap_or_else(|| self.policies.clone());
        self.metadata = change.metadata.unwrap_or_else(|| self.metadata.clone());
        if let Some(members) = change.member_entities {
            self.member_entities = members;
        }
        self.updated = now;
        Ok(())
    }

    /// Where its members come from.
    #[must_use]
    pub fn kind(&self) -> GroupKind {
        self.kind
    }

    /// The entities in it.
    #[must_use]
    pub fn member_entities(&self) -> &BTreeSet<EntityId> {
        &self.member_entities
    }

    /// The groups in it.
    #[must_use]
    pub fn member_groups(&self) -> &BTreeSet<GroupId> {
        &self.member_groups
    }

    /// The groups that it is in.
    #[must_use]
    pub fn parents(&self) -> &BTreeSet<GroupId> {
        &self.parents
    }

    /// An external group's name at its auth mount.
    #[must_use]
    pub fn alias(&self) -> Option<&Alias> {
        self.alias.as_ref()
    }

    /// When it last changed.
    #[must_use]
    pub fn updated(&self) -> Timestamp {
        self.updated
    }

    /// Give an external group its alias, or another one with the same identifier.
    ///
    /// # Errors
    /// [`IdentityError::AliasOfInternalGroup`] and [`IdentityError::AliasOfGroup`]
    pub fn put_alias(&mut self, alias: Alias, now: Timestamp) -> Result<(), IdentityError> {
        if self.kind != GroupKind::External {
            return Err(IdentityError::AliasOfInternalGroup);
        }
        if self.alias.as_ref().is_some_and(|own| own.id != alias.id) {
            return Err(IdentityError::AliasOfGroup);
        }
        let moved = self.alias.as_ref().is_some_and(|own| own.key() != alias.key());
        if moved {
            self.member_entities.clear();
        }
        self.alias = Some(alias);
        self.updated = now;
        Ok(())
    }

    /// Take its alias away. Nobody is in an external group without one.
    pub fn remove_alias(&mut self, now: Timestamp) -> Option<Alias> {
        self.member_entities.clear();
        self.updated = now;
        self.alias.take()
    }

    /// Take an entity out of it, because the entity is deleted.
    pub fn remove_entity(&mut self, entity: EntityId, now: Timestamp) {
        self.member_entities.remove(&entity);
        self.updated = now;
    }

    /// Take a group out of it and from around it, because the group is deleted.
    pub fn remove_group(&mut self, group: GroupId, now: Timestamp) {
        self.member_groups.remove(&group);
        self.parents.remove(&group);
        self.updated = now;
    }
}

/// The groups to be written when `members` becomes what is in `group`: the group, those that come and those that go.
/// `loaded` holds the record of each of the latter. That there is no cycle is for
/// [`refuse_cycle`](super::refuse_cycle) to say.
///
/// # Errors
/// [`IdentityError::GroupsInExternalGroup`], [`IdentityError::TooManyMembers`], [`IdentityError::TooManyParents`],
/// and [`IdentityError::NoSuchGroup`] when a member that comes is not in `loaded`.
pub fn with_member_groups(
    mut group: Group,
    members: BTreeSet<GroupId>,
    loaded: Vec<Group>,
    now: Timestamp,
) -> Result<Vec<Group>, IdentityError> {
    if group.kind == GroupKind::External {
        return Err(IdentityError::GroupsInExternalGroup);
    }
    if members.contains(&group.id) {
        return Err(IdentityError::Cycle(group.id));
    }
    if members.len() > MEMBER_GROUPS_MAX {
        return Err(IdentityError::TooManyMembers);
    }
    let known = |id: &GroupId| loaded.iter().any(|other| other.id == *id);
    if let Some(unknown) = members.iter().find(|id| !known(id)) {
        return Err(IdentityError::NoSuchGroup(*unknown));
    }
    let mut changed = Vec::new();
    for mut other in loaded {
        let did_change = if members.contains(&other.id) {
            other.parents.insert(group.id)
        } else {
            other.parents.remove(&group.id)
        };
        if other.parents.len() > PARENT_GROUPS_MAX {
            return Err(IdentityError::TooManyParents);
        }
        if did_change {
            other.updated = now;
            changed.push(other);
        }
    }
    group.member_groups = members;
    group.updated = now;
    changed.push(group);
    Ok(changed)
}

/// The external groups to be written after a login at a mount: `named` are those whose alias the login named, `had`
/// those of this mount that the entity was in. The entity leaves what the login did not name.
///
/// # Errors
/// [`IdentityError::TooManyMembers`]
pub fn refresh_external(
    entity: EntityId,
    accessor: &MountAccessor,
    named: Vec<Group>,
    had: Vec<Group>,
    now: Timestamp,
) -> Result<Vec<Group>, IdentityError> {
    let is_of_mount =
        |group: &Group| group.alias.as_ref().is_some_and(|own| own.mount_accessor == *accessor);
    let names: BTreeSet<_> = named.iter().map(|group| group.id).collect();
    let mut changed = Vec::new();
    for mut group in named.into_iter().filter(is_of_mount) {
        if !group.member_entities.insert(entity) {
            continue;
        }
        if group.member_entities.len() > MEMBER_ENTITIES_MAX {
            return Err(IdentityError::TooManyMembers);
        }
        group.updated = now;
        changed.push(group);
    }
    for mut group in had.into_iter().filter(is_of_mount) {
        if !names.contains(&group.id) && group.member_entities.remove(&entity) {
            group.updated = now;
            changed.push(group);
        }
    }
    Ok(changed)
}
