//! Changes of entities and groups with everything that leads to them, in one batch.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteArray;
use strongroom_core::identity::{Entity, EntityId, Group, GroupId, IndexKey};
use strongroom_store::{Batch, Precondition};

use super::directory::{Directory, ENTITY, GROUP, MembershipRecord, memberships_name, merged_name};
use crate::error::Error;
use crate::records::Stored;

/// The most members that one request adds, counted over all groups. Each is a read and two operations of the batch.
pub(crate) const MEMBERSHIPS_ADDED_MAX: usize = 40;
/// The most operations of a batch that a change of identity may come to, so that the token, the audit record and the
/// deletions of older ones have room beside it.
const OPERATIONS_MAX: usize = 96;

/// How many of the entities that were merged into a deleted one are forgotten with it. Others lead nowhere.
const MERGES_FORGOTTEN_MAX: usize = 16;

/// Entities and groups as they were and as they are to be. A record of a pair that is new has no `before`, one that goes
/// has no `after`.
#[derive(Default)]
pub(crate) struct Changes {
    entities: Vec<Change<Entity>>,
    groups: Vec<Change<Group>>,
    merged: Vec<(EntityId, EntityId)>,
}

struct Change<T> {
    before: Option<Stored<T>>,
    after: Option<T>,
}

/// What an index entry leads to, before and after.
type Targets = BTreeMap<IndexKey, [u8; 16]>;

impl Changes {
    pub(crate) fn entity(&mut self, before: Option<Stored<Entity>>, after: Option<Entity>) {
        self.entities.push(Change { before, after });
    }

    pub(crate) fn group(&mut self, before: Option<Stored<Group>>, after: Option<Group>) {
        self.groups.push(Change { before, after });
    }

    /// An entity that is no more became another.
    pub(crate) fn merge(&mut self, from: EntityId, into: EntityId) {
        self.merged.push((from, into));
    }

    /// Write it: records on the condition that nobody changed them, new entries of the index on the condition that
    /// nobody has them.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when it is too much for one commit, or names an entity that is not there.
    pub(crate) fn write(&self, directory: &Directory<'_>, batch: &mut Batch) -> Result<(), Error> {
        let (mut old, mut new) = (Targets::new(), Targets::new());
        for change in &self.entities {
            let id = change.either(|entity| entity.id);
            let name = |id: EntityId| format!("{ENTITY}{id}");
            if let Some(id) = id {
                change.write(directory, batch, &name(id))?;
            }
            index(&mut old, &mut new, change, Entity::index_keys, |entity| *entity.id.as_bytes());
        }
        for change in &self.groups {
            let id = change.either(|group| group.id);
            if let Some(id) = id {
                change.write(directory, batch, &format!("{GROUP}{id}"))?;
            }
            index(&mut old, &mut new, change, Group::index_keys, |group| *group.id.as_bytes());
        }
        for (from, into) in &self.merged {
            directory.logical.overwrite(batch, &merged_name(*from), into)?;
        }
        write_index(directory, batch, &old, &new)?;
        let come = members(new.keys().filter(|key| !old.contains_key(key)));
        self.write_memberships(directory, batch, &come)?;
        if batch.preconditions.len() + batch.writes.len() > OPERATIONS_MAX {
            return Err(Error::rule("the change is too much for one request: ask for parts of it"));
        }
        Ok(())
    }

    /// The groups of each entity that is new, is no more, or came to be in a group. An entity that a group no longer
    /// names is not rewritten: what the group says counts.
    fn write_memberships(
        &self,
        directory: &Directory<'_>,
        batch: &mut Batch,
        come: &BTreeMap<EntityId, BTreeSet<GroupId>>,
    ) -> Result<(), Error> {
        if come.values().map(BTreeSet::len).sum::<usize>() > MEMBERSHIPS_ADDED_MAX {
            return Err(Error::rule(format!(
                "a request adds at most {MEMBERSHIPS_ADDED_MAX} members: name the others in another one"
            )));
        }
        let made = self.entities.iter().filter(|change| change.before.is_none());
        let made: BTreeSet<_> =
            made.filter_map(|change| change.either(|entity| entity.id)).collect();
        let gone = self.entities.iter().filter(|change| change.after.is_none());
        let gone: BTreeSet<_> =
            gone.filter_map(|change| change.either(|entity| entity.id)).collect();
        for entity in &gone {
            let name = memberships_name(*entity);
            if let Some(found) = directory.memberships(*entity)? {
                let key = directory.logical.key(&name)?;
                batch.preconditions.push(found.unchanged(key));
                directory.logical.delete(batch, &name)?;
            }
        }
        self.forget_merges(directory, batch)?;
        let nothing = BTreeSet::new();
        for entity in made.iter().chain(come.keys().filter(|entity| !made.contains(entity))) {
            let come = come.get(entity).unwrap_or(&nothing);
            let found =
                if made.contains(entity) { None } else { directory.memberships(*entity)? };
            if found.is_none() && !made.contains(entity) || gone.contains(entity) {
                return Err(Error::rule(format!("invalid entity ID {entity}")));
            }
            let mut groups = directory.still_members(*entity, found.as_ref())?;
            groups.extend(come);
            let record = MembershipRecord { groups };
            directory.logical.put(batch, &memberships_name(*entity), &record, found.as_ref())?;
        }
        Ok(())
    }
}

impl Changes {
    /// What was merged into an entity that is deleted leads nowhere any more.
    fn forget_merges(&self, directory: &Directory<'_>, batch: &mut Batch) -> Result<(), Error> {
        for change in self.entities.iter().filter(|change| change.after.is_none()) {
            let Some(gone) = &change.before else { continue };
            if self.merged.iter().any(|(from, _)| *from == gone.value.id) {
                continue;
            }
            for id in gone.value.merged().iter().take(MERGES_FORGOTTEN_MAX) {
                directory.logical.delete(batch, &merged_name(*id))?;
            }
        }
        Ok(())
    }
}

impl<T> Change<T> {
    fn either<R>(&self, read: impl Fn(&T) -> R) -> Option<R> {
        let before = self.before.as_ref().map(|before| &before.value);
        self.after.as_ref().or(before).map(read)
    }
}

impl<T: minicbor::Encode<()>> Change<T> {
    fn write(&self, directory: &Directory<'_>, batch: &mut Batch, name: &str) -> Result<(), Error> {
        if let Some(after) = &self.after {
            return directory.logical.put(batch, name, after, self.before.as_ref());
        }
        if let Some(before) = &self.before {
            let key = directory.logical.key(name)?;
            batch.preconditions.push(before.unchanged(key));
            directory.logical.delete(batch, name)?;
        }
        Ok(())
    }
}

fn index<T>(
    old: &mut Targets,
    new: &mut Targets,
    change: &Change<T>,
    keys: fn(&T) -> Vec<IndexKey>,
    id: fn(&T) -> [u8; 16],
) {
    let before = change.before.as_ref().map(|before| &before.value);
    old.extend(before.iter().flat_map(|value| keys(value).into_iter().map(|key| (key, id(value)))));
    let after = change.after.as_ref();
    new.extend(after.iter().flat_map(|value| keys(value).into_iter().map(|key| (key, id(value)))));
}

fn write_index(
    directory: &Directory<'_>,
    batch: &mut Batch,
    old: &Targets,
    new: &Targets,
) -> Result<(), Error> {
    for key in old.keys().filter(|key| !new.contains_key(key)) {
        if let Some(name) = directory.index_name(key) {
            directory.logical.delete(batch, &name)?;
        }
    }
    for (key, target) in new {
        let Some(name) = directory.index_name(key) else { continue };
        let target_record = ByteArray::from(*target);
        match old.get(key) {
            Some(before) if before == target => {}
            // It moves from one record to another, and both are unchanged.
            Some(_) => directory.logical.overwrite(batch, &name, &target_record)?,
            None => {
                let key = directory.logical.key(&name)?;
                batch.preconditions.push(Precondition::Absent(key));
                directory.logical.overwrite(batch, &name, &target_record)?;
            }
        }
    }
    Ok(())
}

fn members<'k>(keys: impl Iterator<Item = &'k IndexKey>) -> BTreeMap<EntityId, BTreeSet<GroupId>> {
    let mut members: BTreeMap<EntityId, BTreeSet<GroupId>> = BTreeMap::new();
    for key in keys {
        if let IndexKey::Member(entity, group) = key {
            members.entry(*entity).or_default().insert(*group);
        }
    }
    members
}
