//! Changes of entities and groups with everything that leads to them, in one batch.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteArray;
use strongroom_core::identity::{Entity, EntityId, Group, GroupId, IndexKey};
use strongroom_store::{Batch, Precondition};

use super::directory::{Directory, ENTITY, GROUP, MembershipRecord, memberships_name, merged_name};
use crate::error::Error;
use crate::records::Stored;

/// The most groups' members that one request changes, counted over all groups. Each is a read and two operations of
/// the batch.
pub(crate) const MEMBERSHIPS_CHANGED_MAX: usize = 40;
/// The most operations of a batch that a change of identity may come to, so that the token, the audit record and the
/// deletions of older ones have room beside it.
const OPERATIONS_MAX: usize = 96;

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
        let before = batch.preconditions.len() + batch.writes.len();
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
        self.write_memberships(directory, batch, &old, &new)?;
        if batch.preconditions.len() + batch.writes.len() - before > OPERATIONS_MAX {
            return Err(Error::rule("the change is too much for one request: ask for parts of it"));
        }
        Ok(())
    }

    /// The groups of each entity that came to be in one or is no more.
    fn write_memberships(
        &self,
        directory: &Directory<'_>,
        batch: &mut Batch,
        old: &Targets,
        new: &Targets,
    ) -> Result<(), Error> {
        let made = self.entities.iter().filter(|change| change.before.is_none());
        let made: BTreeSet<_> =
            made.filter_map(|change| change.either(|entity| entity.id)).collect();
        let gone = self.entities.iter().filter(|change| change.after.is_none());
        let gone: BTreeSet<_> =
            gone.filter_map(|change| change.either(|entity| entity.id)).collect();
        // A group that goes is passed over by whoever reads that an entity is in it: its members are not rewritten.
        let gone_groups = self.groups.iter().filter(|change| change.after.is_none());
        let gone_groups: BTreeSet<_> =
            gone_groups.filter_map(|change| change.either(|group| group.id)).collect();
        let come = members(new.keys().filter(|key| !old.contains_key(key)));
        let mut go = members(old.keys().filter(|key| !new.contains_key(key)));
        for groups in go.values_mut() {
            groups.retain(|group| !gone_groups.contains(group));
        }
        go.retain(|_, groups| !groups.is_empty());
        let changed: usize =
            [&come, &go].into_iter().flat_map(BTreeMap::values).map(BTreeSet::len).sum();
        if changed > MEMBERSHIPS_CHANGED_MAX {
            return Err(Error::rule(format!(
                "a request changes at most {MEMBERSHIPS_CHANGED_MAX} memberships: name the others in another one"
            )));
        }
        let touched: BTreeSet<EntityId> =
            come.keys().chain(go.keys()).chain(&made).chain(&gone).copied().collect();
        for entity in touched {
            let name = memberships_name(entity);
            let found = match made.contains(&entity) {
                true => None,
                false => match directory.memberships(entity)? {
                    Some(found) => Some(found),
                    None if come.contains_key(&entity) => {
                        return Err(Error::rule(format!("invalid entity ID {entity}")));
                    }
                    None => continue,
                },
            };
            if gone.contains(&entity) {
                if let Some(found) = &found {
                    let key = directory.logical.key(&name)?;
                    batch.preconditions.push(found.unchanged(key));
                }
                directory.logical.delete(batch, &name)?;
                continue;
            }
            let mut record = found.as_ref().map(|found| found.value.clone()).unwrap_or_default();
            record.groups.extend(come.get(&entity).into_iter().flatten());
            for group in go.get(&entity).into_iter().flatten() {
                record.groups.remove(group);
            }
            forget_gone_groups(directory, &mut record, come.get(&entity))?;
            directory.logical.put(batch, &name, &record, found.as_ref())?;
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

fn forget_gone_groups(
    directory: &Directory<'_>,
    record: &mut MembershipRecord,
    come: Option<&BTreeSet<GroupId>>,
) -> Result<(), Error> {
    let known: Vec<GroupId> = record.groups.iter().copied().collect();
    for group in known {
        let comes = come.is_some_and(|groups| groups.contains(&group));
        if !comes && directory.group(group)?.is_none() {
            record.groups.remove(&group);
        }
    }
    Ok(())
}
