use std::collections::BTreeMap;

use strongroom_core::identity::{Entity, EntityChange, EntityName, GroupId};
use strongroom_store::Batch;

use super::{authorise, metadata, mount_paths, policies, rule};
use crate::error::Error;
use crate::identity::{Changes, Directory, Identity};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

/// Which entity is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityTarget {
    /// The one with this name, or a new one.
    Any,
    /// The one with this identifier.
    Id(String),
    /// The one with this name, which is made if there is none.
    Name(String),
}

/// What is written of an entity; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityFields {
    /// Its name.
    pub name: Option<String>,
    /// What is noted about it.
    pub metadata: Option<BTreeMap<String, String>>,
    /// Names of the policies that its tokens have besides their own.
    pub policies: Option<Vec<String>>,
    /// Whether its tokens are refused.
    pub disabled: Option<bool>,
}

/// Make an entity or change one. Needs `update` on `identity/entity`, `identity/entity/id/<id>` or
/// `identity/entity/name/<name>`.
#[derive(Debug)]
pub struct WriteEntity {
    target: EntityTarget,
    fields: EntityFields,
    path: String,
}

/// An entity that was written.
#[derive(Clone, Debug)]
pub struct EntityWritten {
    /// The entity.
    pub entity: Entity,
    /// Whether there was none before.
    pub is_new: bool,
    /// Where the mounts of its aliases are, by their accessors.
    pub mount_paths: BTreeMap<String, String>,
}

/// An entity. Needs `read` on `identity/entity/id/<id>` or `identity/entity/name/<name>`.
#[derive(Debug)]
pub struct ReadEntity {
    target: EntityTarget,
    path: String,
}

/// An entity with its groups.
#[derive(Clone, Debug)]
pub struct EntityRead {
    /// The entity.
    pub entity: Entity,
    /// The groups that name it.
    pub direct_groups: Vec<GroupId>,
    /// The groups that these are in.
    pub inherited_groups: Vec<GroupId>,
    /// Where the mounts of its aliases are, by their accessors.
    pub mount_paths: BTreeMap<String, String>,
}

impl EntityTarget {
    /// The path with the name as names are compared.
    pub(super) fn folded_path(&self) -> String {
        match self {
            Self::Name(name) => format!("identity/entity/name/{}", name.to_lowercase()),
            other => other.path(),
        }
    }

    pub(super) fn path(&self) -> String {
        match self {
            Self::Any => "identity/entity".to_owned(),
            Self::Id(id) => format!("identity/entity/id/{id}"),
            Self::Name(name) => format!("identity/entity/name/{name}"),
        }
    }

    /// The entity, if there is one; a text that cannot be an identifier or a name is nobody's.
    pub(super) fn find(&self, directory: &Directory<'_>) -> Result<Option<Stored<Entity>>, Error> {
        match self {
            Self::Any => Ok(None),
            Self::Id(id) => id.parse().map_or(Ok(None), |id| directory.entity(id)),
            Self::Name(name) => {
                EntityName::new(name).map_or(Ok(None), |name| directory.entity_named(&name))
            }
        }
    }
}

impl WriteEntity {
    /// This entity is to be so.
    #[must_use]
    pub fn new(target: EntityTarget, fields: EntityFields) -> Self {
        Self { path: target.path(), target, fields }
    }
}

impl ReadEntity {
    /// This entity.
    #[must_use]
    pub fn new(target: EntityTarget) -> Self {
        Self { path: target.path(), target }
    }
}

impl Operation for WriteEntity {
    type Answer = EntityWritten;

    const NAME: &'static str = "entity-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<EntityWritten>, Error> {
        let _proof = authorise::<Write>(room, &self.path, &self.target.folded_path())?;
        let directory = room.directory()?;
        let change = self.change()?;
        let before = self.before(&directory, change.name.as_ref())?;
        let is_new = before.is_none();
        let entity = match &before {
            Some(found) => {
                let mut entity = found.value.clone();
                entity.change(change, room.now);
                entity
            }
            None => Entity::new(change, room.now, room.random),
        };
        let mut changes = Changes::default();
        changes.entity(before, Some(entity.clone()));
        let mut batch = Batch::default();
        changes.write(&directory, &mut batch)?;
        let mount_paths = mount_paths(room, entity.aliases().iter());
        let id = entity.id.to_string();
        let written = EntityWritten { entity, is_new, mount_paths };
        Ok(Performed::change(written, batch).naming("entity", id))
    }
}

impl WriteEntity {
    fn change(&self) -> Result<EntityChange, Error> {
        let fields = &self.fields;
        let name = match &self.target {
            EntityTarget::Name(name) => Some(name),
            _ => fields.name.as_ref().filter(|name| !name.is_empty()),
        };
        Ok(EntityChange {
            name: name.map(|name| EntityName::new(name).map_err(rule)).transpose()?,
            metadata: metadata(fields.metadata.as_ref())?,
            policies: policies(fields.policies.as_ref())?,
            disabled: fields.disabled,
        })
    }

    fn before(
        &self,
        directory: &Directory<'_>,
        name: Option<&EntityName>,
    ) -> Result<Option<Stored<Entity>>, Error> {
        let found = self.target.find(directory)?;
        if matches!(self.target, EntityTarget::Id(_)) && found.is_none() {
            return Err(Error::rule("invalid entity id"));
        }
        let named = name.map(|name| directory.entity_named(name)).transpose()?.flatten();
        match (found, named) {
            (Some(found), Some(named)) if found.value.id != named.value.id => {
                Err(Error::rule("entity name is already in use"))
            }
            (Some(found), _) => Ok(Some(found)),
            (None, named) => Ok(named),
        }
    }
}

impl Operation for ReadEntity {
    type Answer = EntityRead;

    const NAME: &'static str = "entity-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<EntityRead>, Error> {
        let _proof = authorise::<Read>(room, &self.path, &self.target.folded_path())?;
        let directory = room.directory()?;
        let found = self.target.find(&directory)?;
        let found = found.ok_or_else(|| Error::NotFound("the entity".to_owned()))?;
        Ok(Performed::read(read(room, &directory, found.value)?))
    }
}

/// An entity with what is shown of it.
pub(super) fn read(
    room: &Room<'_>,
    directory: &Directory<'_>,
    entity: Entity,
) -> Result<EntityRead, Error> {
    let Identity { memberships, .. } = Identity::of(directory, entity.clone(), &mut Vec::new())?;
    Ok(EntityRead {
        direct_groups: memberships.direct.iter().map(|group| group.id).collect(),
        inherited_groups: memberships.inherited.iter().map(|group| group.id).collect(),
        mount_paths: mount_paths(room, entity.aliases().iter()),
        entity,
    })
}
