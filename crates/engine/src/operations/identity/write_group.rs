use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::identity::{
    EntityId, Group, GroupChange, GroupId, GroupKind, GroupName, HierarchyError,
    MEMBER_ENTITIES_MAX, refuse_cycle, with_member_groups,
};
use strongroom_store::{Batch, Precondition};

use super::{authorise, metadata, policies, rule};
use crate::error::Error;
use crate::identity::{Changes, Directory};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Which group is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupTarget {
    /// The one with the name that is written, or a new one.
    Any,
    /// The one with this identifier.
    Id(String),
    /// The one with this name, which is made if there is none.
    Name(String),
}

/// What is written of a group; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupFields {
    /// Its name.
    pub name: Option<String>,
    /// `internal` or `external`; fixed once it is made.
    pub kind: Option<String>,
    /// What is noted about it.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Names of the policies of its members.
    pub policies: Option<Vec<String>>,
    /// Identifiers of the entities in it, in place of all there were.
    pub member_entities: Option<Vec<String>>,
    /// Identifiers of the groups in it, in place of all there were.
    pub member_groups: Option<Vec<String>>,
}

/// Make a group or change one. Needs `update` on `identity/group`, `identity/group/id/<id>` or
/// `identity/group/name/<name>`.
#[derive(Debug)]
pub struct WriteGroup {
    target: GroupTarget,
    fields: GroupFields,
    path: String,
}

/// A group that was written.
#[derive(Clone, Debug)]
pub struct GroupWritten {
    /// Its identifier.
    pub id: GroupId,
    /// Its name.
    pub name: GroupName,
    /// Whether there was none before.
    pub is_new: bool,
}

impl GroupTarget {
    /// The path with the name as names are compared.
    pub(super) fn folded_path(&self) -> String {
        match self {
            Self::Name(name) => format!("identity/group/name/{}", name.to_lowercase()),
            other => other.path(),
        }
    }

    pub(super) fn path(&self) -> String {
        match self {
            Self::Any => "identity/group".to_owned(),
            Self::Id(id) => format!("identity/group/id/{id}"),
            Self::Name(name) => format!("identity/group/name/{name}"),
        }
    }

    /// The group, if there is one; a text that cannot be an identifier or a name is nobody's.
    pub(super) fn find(&self, directory: &Directory<'_>) -> Result<Option<Stored<Group>>, Error> {
        match self {
            Self::Any => Ok(None),
            Self::Id(id) => id.parse().map_or(Ok(None), |id| directory.group(id)),
            Self::Name(name) => {
                GroupName::new(name).map_or(Ok(None), |name| directory.group_named(&name))
            }
        }
    }
}

impl WriteGroup {
    /// This group is to be so.
    #[must_use]
    pub fn new(target: GroupTarget, fields: GroupFields) -> Self {
        Self { path: target.path(), target, fields }
    }
}

impl Operation for WriteGroup {
    type Answer = GroupWritten;

    const NAME: &'static str = "group-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<GroupWritten>, Error> {
        let _proof = authorise::<Write>(room, &self.path, &self.target.folded_path())?;
        let directory = room.directory()?;
        let change = self.change()?;
        let before = self.before(&directory, change.name.as_ref())?;
        let is_new = before.is_none();
        let group = match &before {
            Some(found) => {
                let mut group = found.value.clone();
                group.change(change, room.now)?;
                group
            }
            None => Group::new(change, room.now, room.random)?,
        };
        let (id, name) = (group.id, group.name.clone());
        let mut batch = Batch::default();
        let mut changes = Changes::default();
        match &self.fields.member_groups {
            None => changes.group(before, Some(group)),
            Some(members) => {
                let members = group_ids(members)?;
                nest(room, &directory, &mut changes, &mut batch, before, group, members)?;
            }
        }
        changes.write(&directory, &mut batch)?;
        let written = GroupWritten { id, name, is_new };
        Ok(Performed::change(written, batch).naming("group", id.to_string()))
    }
}

impl WriteGroup {
    fn change(&self) -> Result<GroupChange, Error> {
        let fields = &self.fields;
        let name = match &self.target {
            GroupTarget::Name(name) => Some(name),
            _ => fields.name.as_ref().filter(|name| !name.is_empty()),
        };
        let kind = match fields.kind.as_deref() {
            None | Some("") => None,
            Some("internal") => Some(GroupKind::Internal),
            Some("external") => Some(GroupKind::External),
            Some(_) => return Err(Error::rule("group type must be internal or external")),
        };
        let entities = fields.member_entities.as_ref().map(|ids| entity_ids(ids)).transpose()?;
        Ok(GroupChange {
            name: name.map(|name| GroupName::new(name).map_err(rule)).transpose()?,
            kind,
            policies: policies(fields.policies.as_ref())?,
            member_entities: entities,
            metadata: metadata(fields.metadata.as_ref())?,
        })
    }

    fn before(
        &self,
        directory: &Directory<'_>,
        name: Option<&GroupName>,
    ) -> Result<Option<Stored<Group>>, Error> {
        let found = self.target.find(directory)?;
        if matches!(self.target, GroupTarget::Id(_)) && found.is_none() {
            return Err(Error::rule("invalid group ID"));
        }
        let named = name.map(|name| directory.group_named(name)).transpose()?.flatten();
        match (found, named) {
            (Some(found), Some(named)) if found.value.id != named.value.id => {
                Err(Error::rule("group name is already in use"))
            }
            (Some(found), _) => Ok(Some(found)),
            (None, named) => Ok(named),
        }
    }
}

/// Put groups into a group: their records change with it, and those that were looked at for a cycle stay as they were
/// until the commit, so that two writers cannot close one together.
fn nest(
    room: &Room<'_>,
    directory: &Directory<'_>,
    changes: &mut Changes,
    batch: &mut Batch,
    before: Option<Stored<Group>>,
    group: Group,
    members: BTreeSet<GroupId>,
) -> Result<(), Error> {
    let mut looked_at: BTreeMap<GroupId, Stored<Group>> = BTreeMap::new();
    let checked = refuse_cycle(group.id, &members, |id| -> Result<_, Error> {
        let Some(found) = directory.group(id)? else { return Ok(BTreeSet::new()) };
        let below = found.value.member_groups().clone();
        looked_at.insert(id, found);
        Ok(below)
    });
    checked.map_err(|error| match error {
        HierarchyError::Load(error) => error,
        other => rule(other),
    })?;
    let mut loaded = Vec::new();
    for id in group.member_groups().union(&members) {
        match looked_at.get(id) {
            Some(found) => loaded.push(found.value.clone()),
            None => {
                if let Some(found) = directory.group(*id)? {
                    loaded.push(found.value.clone());
                    looked_at.insert(*id, found);
                }
            }
        }
    }
    let own = group.id;
    let mut before = before;
    for after in with_member_groups(group, members, loaded, room.now)? {
        let found = if after.id == own { before.take() } else { looked_at.remove(&after.id) };
        changes.group(found, Some(after));
    }
    for (id, found) in looked_at {
        let key = directory.key(id)?;
        batch.preconditions.push(Precondition::Unchanged(key, found.revision));
    }
    Ok(())
}

fn entity_ids(written: &[String]) -> Result<BTreeSet<EntityId>, Error> {
    if written.len() > MEMBER_ENTITIES_MAX {
        return Err(strongroom_core::identity::IdentityError::TooManyMembers.into());
    }
    let ids = written.iter().filter(|id| !id.is_empty());
    ids.map(|id| id.parse().map_err(|_| Error::rule("invalid entity ID"))).collect()
}

fn group_ids(written: &[String]) -> Result<BTreeSet<GroupId>, Error> {
    let ids = written.iter().filter(|id| !id.is_empty());
    ids.map(|id| id.parse().map_err(|_| Error::rule("invalid group ID"))).collect()
}
