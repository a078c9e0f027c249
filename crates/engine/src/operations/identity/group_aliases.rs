use strongroom_core::identity::{Alias, AliasId, Group, GroupChange, GroupKind};
use strongroom_store::Batch;

use super::IDENTITY;
use super::entity_aliases::{AliasFields, AliasRead, AliasTarget, Place, read};
use super::write_group::GroupTarget;
use crate::error::Error;
use crate::identity::{Changes, Directory};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed, Read, Write};

/// Give an external group its alias, or change it. Needs `update` on `identity/group-alias` or
/// `identity/group-alias/id/<id>`.
#[derive(Debug)]
pub struct WriteGroupAlias {
    target: AliasTarget,
    fields: AliasFields,
    path: String,
}

/// A group's alias. Needs `read` on `identity/group-alias/id/<id>`.
#[derive(Debug)]
pub struct ReadGroupAlias {
    id: String,
    path: String,
}

/// Take its alias from a group: nobody is in the group then. One that is not there is left so. Needs `delete` on
/// `identity/group-alias/id/<id>`.
#[derive(Debug)]
pub struct DeleteGroupAlias {
    id: String,
    path: String,
}

impl WriteGroupAlias {
    /// This alias is to be so.
    #[must_use]
    pub fn new(target: AliasTarget, fields: AliasFields) -> Self {
        Self { path: target.path("identity/group-alias"), target, fields }
    }
}

impl ReadGroupAlias {
    /// The alias with this identifier.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), path: format!("identity/group-alias/id/{id}") }
    }
}

impl DeleteGroupAlias {
    /// The alias with this identifier.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), path: format!("identity/group-alias/id/{id}") }
    }
}

impl Operation for WriteGroupAlias {
    type Answer = AliasRead;

    const NAME: &'static str = "group-alias-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<AliasRead>, Error> {
        let _proof = room.authorise_at::<Write>(&self.path, IDENTITY)?;
        let directory = room.directory()?;
        let known = match &self.target {
            AliasTarget::Id(id) => {
                let found = by_id(&directory, id)?;
                Some(found.ok_or_else(|| Error::rule("invalid group alias ID"))?)
            }
            AliasTarget::Any => None,
        };
        let place = self.fields.place(room, known.as_ref().map(|(_, alias)| alias))?;
        let known = match known {
            Some(known) => Some(known),
            None => directory.group_with_alias(place.key())?.and_then(|group| {
                let alias = group.value.alias()?.clone();
                Some((group, alias))
            }),
        };
        let owner = self.owner(&directory)?;
        let (changes, alias, owner) = change(room, known, owner, &place)?;
        let mut batch = Batch::default();
        changes.write(&directory, &mut batch)?;
        let read = read(room, alias, owner);
        let names = (read.alias.id.to_string(), read.owner.clone());
        Ok(Performed::change(read, batch).naming("alias", names.0).naming("group", names.1))
    }
}

impl WriteGroupAlias {
    fn owner(&self, directory: &Directory<'_>) -> Result<Option<Stored<Group>>, Error> {
        let Some(id) = self.fields.owner() else { return Ok(None) };
        let found = GroupTarget::Id(id.clone()).find(directory)?;
        found.map(Some).ok_or_else(|| Error::rule("invalid group ID given as canonical_id"))
    }
}

fn change(
    room: &Room<'_>,
    known: Option<(Stored<Group>, Alias)>,
    owner: Option<Stored<Group>>,
    place: &Place,
) -> Result<(Changes, Alias, String), Error> {
    let mut changes = Changes::default();
    let Some((group, alias)) = known else {
        let alias = Alias::new(place.key(), place.kind.clone(), false, room.now, room.random);
        let kind = Some(GroupKind::External);
        let mut after = match &owner {
            Some(owner) => owner.value.clone(),
            None => {
                let change = GroupChange { kind, ..GroupChange::default() };
                Group::new(change, room.now, room.random)?
            }
        };
        after.put_alias(alias.clone(), room.now)?;
        let id = after.id.to_string();
        changes.group(owner, Some(after));
        return Ok((changes, alias, id));
    };
    let changed = Alias {
        name: place.name.clone(),
        mount_accessor: place.accessor.clone(),
        mount_type: place.kind.clone(),
        updated: room.now,
        ..alias
    };
    let mut after = group.value.clone();
    let id = match owner.filter(|owner| owner.value.id != group.value.id) {
        None => {
            after.put_alias(changed.clone(), room.now)?;
            let id = after.id.to_string();
            changes.group(Some(group), Some(after));
            id
        }
        Some(owner) => {
            after.remove_alias(room.now);
            let mut to = owner.value.clone();
            to.put_alias(changed.clone(), room.now)?;
            let id = to.id.to_string();
            changes.group(Some(group), Some(after));
            changes.group(Some(owner), Some(to));
            id
        }
    };
    Ok((changes, changed, id))
}

impl Operation for ReadGroupAlias {
    type Answer = AliasRead;

    const NAME: &'static str = "group-alias-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<AliasRead>, Error> {
        let _proof = room.authorise_at::<Read>(&self.path, IDENTITY)?;
        let found = by_id(&room.directory()?, &self.id)?;
        let (group, alias) = found.ok_or_else(|| Error::NotFound("the alias".to_owned()))?;
        Ok(Performed::read(read(room, alias, group.value.id.to_string())))
    }
}

impl Operation for DeleteGroupAlias {
    type Answer = ();

    const NAME: &'static str = "group-alias-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Delete>(&self.path, IDENTITY)?;
        let directory = room.directory()?;
        let Some((group, _)) = by_id(&directory, &self.id)? else {
            return Ok(Performed::read(()));
        };
        let mut after = group.value.clone();
        after.remove_alias(room.now);
        let mut changes = Changes::default();
        changes.group(Some(group), Some(after));
        let mut batch = Batch::default();
        changes.write(&directory, &mut batch)?;
        Ok(Performed::change((), batch).naming("alias", self.id.clone()))
    }
}

pub(super) fn by_id(
    directory: &Directory<'_>,
    id: &str,
) -> Result<Option<(Stored<Group>, Alias)>, Error> {
    let Ok(id) = id.parse::<AliasId>() else { return Ok(None) };
    let Some(group) = directory.group_with_alias_id(id)? else { return Ok(None) };
    let alias = group.value.alias().cloned();
    Ok(alias.map(|alias| (group, alias)))
}
