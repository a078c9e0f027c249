use strongroom_core::identity::{AliasId, AliasKey};

use super::entities::{EntityRead, EntityTarget};
use super::groups::GroupRead;
use super::write_group::GroupTarget;
use super::{IDENTITY, alias_name, auth_mount};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// By what an entity or a group is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupKey {
    /// Its identifier.
    Id(String),
    /// Its name.
    Name(String),
    /// The identifier of an alias.
    AliasId(String),
    /// The name of an alias, and the accessor of the mount.
    Alias(String, String),
}

/// The entity that something leads to, if there is one. Needs `update` on `identity/lookup/entity`.
#[derive(Debug)]
pub struct LookupEntity(pub LookupKey);

/// The group that something leads to, if there is one. Needs `update` on `identity/lookup/group`.
#[derive(Debug)]
pub struct LookupGroup(pub LookupKey);

impl Operation for LookupEntity {
    type Answer = Option<EntityRead>;

    const NAME: &'static str = "entity-lookup";

    fn subject(&self) -> Option<&str> {
        Some("identity/lookup/entity")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Option<EntityRead>>, Error> {
        let _proof = room.authorise_at::<Write>("identity/lookup/entity", IDENTITY)?;
        let directory = room.directory()?;
        let found = match &self.0 {
            LookupKey::Id(id) => EntityTarget::Id(id.clone()).find(&directory)?,
            LookupKey::Name(name) => EntityTarget::Name(name.clone()).find(&directory)?,
            LookupKey::AliasId(id) => match id.parse::<AliasId>() {
                Ok(id) => directory.entity_with_alias_id(id)?,
                Err(_) => None,
            },
            LookupKey::Alias(name, accessor) => match alias_key(room, name, accessor) {
                Some(key) => directory.entity_with_alias(key)?,
                None => None,
            },
        };
        let read = found.map(|found| super::entities::read(room, &directory, found.value));
        Ok(Performed::read(read.transpose()?))
    }
}

impl Operation for LookupGroup {
    type Answer = Option<GroupRead>;

    const NAME: &'static str = "group-lookup";

    fn subject(&self) -> Option<&str> {
        Some("identity/lookup/group")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Option<GroupRead>>, Error> {
        let _proof = room.authorise_at::<Write>("identity/lookup/group", IDENTITY)?;
        let directory = room.directory()?;
        let found = match &self.0 {
            LookupKey::Id(id) => GroupTarget::Id(id.clone()).find(&directory)?,
            LookupKey::Name(name) => GroupTarget::Name(name.clone()).find(&directory)?,
            LookupKey::AliasId(id) => match id.parse::<AliasId>() {
                Ok(id) => directory.group_with_alias_id(id)?,
                Err(_) => None,
            },
            LookupKey::Alias(name, accessor) => match alias_key(room, name, accessor) {
                Some(key) => directory.group_with_alias(key)?,
                None => None,
            },
        };
        Ok(Performed::read(found.map(|found| super::groups::read(room, found.value))))
    }
}

/// What names an alias; nothing when it could be no alias's.
fn alias_key(room: &Room<'_>, name: &str, accessor: &str) -> Option<AliasKey> {
    let mount = auth_mount(room, accessor).ok()?;
    let (accessor, _, name) = alias_name(mount, name).ok()?;
    Some(AliasKey { accessor, name })
}
