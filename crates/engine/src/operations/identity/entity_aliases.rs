use std::collections::BTreeMap;

use strongroom_core::identity::{
    Alias, AliasId, AliasKey, AliasName, Entity, EntityChange, MountAccessor, MountType,
};
use strongroom_store::Batch;

use super::entities::EntityTarget;
use super::{IDENTITY, alias_name, auth_mount, metadata, mount_paths};
use crate::error::Error;
use crate::identity::{Changes, Directory};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed, Read, Write};

/// Which alias is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AliasTarget {
    /// The one with the name and the mount that are written, or a new one.
    Any,
    /// The one with this identifier.
    Id(String),
}

/// What is written of an alias.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasFields {
    /// Its name at the mount.
    pub name: Option<String>,
    /// The mount's accessor.
    pub mount_accessor: Option<String>,
    /// The identifier of its entity or group; a new one is made for a new alias without.
    pub owner: Option<String>,
    /// What operators note; for entities' aliases.
    pub custom_metadata: Option<BTreeMap<String, String>>,
}

/// An alias and whose it is.
#[derive(Clone, Debug)]
pub struct AliasRead {
    /// The alias.
    pub alias: Alias,
    /// The identifier of its entity or group.
    pub owner: String,
    /// Where its mount is, unless that is gone.
    pub mount_path: Option<String>,
}

/// Give an entity an alias, or change one. Needs `update` on `identity/entity-alias` or
/// `identity/entity-alias/id/<id>`.
#[derive(Debug)]
pub struct WriteEntityAlias {
    target: AliasTarget,
    fields: AliasFields,
    path: String,
}

/// An entity's alias. Needs `read` on `identity/entity-alias/id/<id>`.
#[derive(Debug)]
pub struct ReadEntityAlias {
    id: String,
    path: String,
}

/// Take an alias from its entity. One that is not there is left so. Needs `delete` on
/// `identity/entity-alias/id/<id>`.
#[derive(Debug)]
pub struct DeleteEntityAlias {
    id: String,
    path: String,
}

impl AliasTarget {
    pub(super) fn path(&self, base: &str) -> String {
        match self {
            Self::Any => base.to_owned(),
            Self::Id(id) => format!("{base}/id/{id}"),
        }
    }
}

impl WriteEntityAlias {
    /// This alias is to be so.
    #[must_use]
    pub fn new(target: AliasTarget, fields: AliasFields) -> Self {
        Self { path: target.path("identity/entity-alias"), target, fields }
    }
}

impl ReadEntityAlias {
    /// The alias with this identifier.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), path: format!("identity/entity-alias/id/{id}") }
    }
}

impl DeleteEntityAlias {
    /// The alias with this identifier.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), path: format!("identity/entity-alias/id/{id}") }
    }
}

impl Operation for WriteEntityAlias {
    type Answer = AliasRead;

    const NAME: &'static str = "entity-alias-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<AliasRead>, Error> {
        let _proof = room.authorise_at::<Write>(&self.path, IDENTITY)?;
        let directory = room.directory()?;
        let known = match &self.target {
            AliasTarget::Id(id) => {
                let found = by_id(&directory, id)?;
                Some(found.ok_or_else(|| Error::rule("invalid alias ID"))?)
            }
            AliasTarget::Any => None,
        };
        let place = self.fields.place(room, known.as_ref().map(|(_, alias)| alias))?;
        let known = match known {
            Some(known) => Some(known),
            None => directory.entity_with_alias(place.key())?.and_then(|entity| {
                let alias = alias_at(&entity.value, &place.key())?.clone();
                Some((entity, alias))
            }),
        };
        let owner = self.owner(&directory)?;
        let (changes, alias, owner) = self.change(room, known, owner, &place)?;
        let mut batch = Batch::default();
        changes.write(&directory, &mut batch)?;
        let read = read(room, alias, owner);
        let names = (read.alias.id.to_string(), read.owner.clone());
        Ok(Performed::change(read, batch).naming("alias", names.0).naming("entity", names.1))
    }
}

/// Where an alias is to be.
pub(super) struct Place {
    pub(super) accessor: MountAccessor,
    pub(super) kind: MountType,
    pub(super) name: AliasName,
}

impl Place {
    pub(super) fn key(&self) -> AliasKey {
        AliasKey { accessor: self.accessor.clone(), name: self.name.clone() }
    }
}

impl AliasFields {
    /// The place that is written, or that of the alias that is known where nothing is.
    pub(super) fn place(&self, room: &Room<'_>, known: Option<&Alias>) -> Result<Place, Error> {
        let written = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let name = written(&self.name).or(known.map(|alias| alias.name.to_string()));
        let name = name.ok_or_else(|| Error::rule("missing alias name"))?;
        let accessor = written(&self.mount_accessor)
            .or(known.map(|alias| alias.mount_accessor.to_string()))
            .unwrap_or_default();
        let mount = auth_mount(room, &accessor)?;
        let (accessor, kind, name) = alias_name(mount, &name)?;
        Ok(Place { accessor, kind, name })
    }

    /// The identifier that is written of the entity or group.
    pub(super) fn owner(&self) -> Option<&String> {
        self.owner.as_ref().filter(|id| !id.is_empty())
    }
}

impl WriteEntityAlias {
    fn owner(&self, directory: &Directory<'_>) -> Result<Option<Stored<Entity>>, Error> {
        let Some(id) = self.fields.owner() else { return Ok(None) };
        let found = EntityTarget::Id(id.clone()).find(directory)?;
        found.map(Some).ok_or_else(|| Error::rule("invalid canonical ID"))
    }

    fn change(
        &self,
        room: &Room<'_>,
        known: Option<(Stored<Entity>, Alias)>,
        owner: Option<Stored<Entity>>,
        place: &Place,
    ) -> Result<(Changes, Alias, String), Error> {
        let mut changes = Changes::default();
        let custom = metadata(self.fields.custom_metadata.as_ref())?;
        let Some((entity, alias)) = known else {
            let mut alias =
                Alias::new(place.key(), place.kind.clone(), false, room.now, room.random);
            alias.custom_metadata = custom.unwrap_or_default();
            let mut after = match &owner {
                Some(owner) => owner.value.clone(),
                None => Entity::new(EntityChange::default(), room.now, room.random),
            };
            after.add_alias(alias.clone(), room.now)?;
            let id = after.id.to_string();
            changes.entity(owner, Some(after));
            return Ok((changes, alias, id));
        };
        let changed = Alias {
            name: place.name.clone(),
            mount_accessor: place.accessor.clone(),
            mount_type: place.kind.clone(),
            custom_metadata: custom.unwrap_or_else(|| alias.custom_metadata.clone()),
            updated: room.now,
            ..alias
        };
        let mut after = entity.value.clone();
        match owner.filter(|owner| owner.value.id != entity.value.id) {
            None => {
                after.replace_alias(changed.clone(), room.now)?;
                let id = after.id.to_string();
                changes.entity(Some(entity), Some(after));
                Ok((changes, changed, id))
            }
            Some(owner) => {
                after.remove_alias(changed.id, room.now)?;
                let mut to = owner.value.clone();
                to.add_alias(changed.clone(), room.now)?;
                let id = to.id.to_string();
                changes.entity(Some(entity), Some(after));
                changes.entity(Some(owner), Some(to));
                Ok((changes, changed, id))
            }
        }
    }
}

impl Operation for ReadEntityAlias {
    type Answer = AliasRead;

    const NAME: &'static str = "entity-alias-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<AliasRead>, Error> {
        let _proof = room.authorise_at::<Read>(&self.path, IDENTITY)?;
        let found = by_id(&room.directory()?, &self.id)?;
        let (entity, alias) = found.ok_or_else(|| Error::NotFound("the alias".to_owned()))?;
        Ok(Performed::read(read(room, alias, entity.value.id.to_string())))
    }
}

impl Operation for DeleteEntityAlias {
    type Answer = ();

    const NAME: &'static str = "entity-alias-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Delete>(&self.path, IDENTITY)?;
        let directory = room.directory()?;
        let Some((entity, alias)) = by_id(&directory, &self.id)? else {
            return Ok(Performed::read(()));
        };
        let mut after = entity.value.clone();
        after.remove_alias(alias.id, room.now)?;
        let mut changes = Changes::default();
        changes.entity(Some(entity), Some(after));
        let mut batch = Batch::default();
        changes.write(&directory, &mut batch)?;
        Ok(Performed::change((), batch).naming("alias", self.id.clone()))
    }
}

pub(super) fn by_id(
    directory: &Directory<'_>,
    id: &str,
) -> Result<Option<(Stored<Entity>, Alias)>, Error> {
    let Ok(id) = id.parse::<AliasId>() else { return Ok(None) };
    let Some(entity) = directory.entity_with_alias_id(id)? else { return Ok(None) };
    let alias = entity.value.aliases().iter().find(|alias| alias.id == id).cloned();
    Ok(alias.map(|alias| (entity, alias)))
}

fn alias_at<'e>(entity: &'e Entity, key: &AliasKey) -> Option<&'e Alias> {
    entity.aliases().iter().find(|alias| alias.key() == *key)
}

pub(super) fn read(room: &Room<'_>, alias: Alias, owner: String) -> AliasRead {
    let mount_path = mount_paths(room, std::iter::once(&alias)).into_values().next();
    AliasRead { alias, owner, mount_path }
}
