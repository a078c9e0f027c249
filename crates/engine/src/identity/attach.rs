//! Logins: from what an auth method proved to an entity.

use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::identity::{
    Alias, AliasKey, AliasName, Entity, EntityChange, EntityId, Group, IdentityError, Metadata,
    MountAccessor, MountType, refresh_external,
};
use strongroom_store::Batch;

use super::changes::Changes;
use super::directory::Directory;
use crate::error::Error;
use crate::mounts::Mount;
use crate::records::Stored;
use crate::room::Room;

/// What a login proved.
pub(crate) struct Attach<'a> {
    /// The auth mount.
    pub(crate) mount: &'a Mount,
    /// The name by which it knows the caller, made with the case of its kind.
    pub(crate) name: AliasName,
    /// What the method notes about the caller.
    pub(crate) metadata: BTreeMap<String, String>,
    /// The names of the mount's groups that the caller is in. The caller leaves the others.
    pub(crate) groups: BTreeSet<AliasName>,
}

impl Room<'_> {
    /// The entity of who logged in. Where the alias has none yet, the batch makes both; of two logins at once one is
    /// performed anew, and finds them.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the entity is disabled, [`Error::InvalidRequest`] past a limit of identity.
    pub(crate) fn attach(&self, batch: &mut Batch, login: Attach<'_>) -> Result<EntityId, Error> {
        let directory = self.directory()?;
        let accessor = accessor(login.mount)?;
        let metadata = Metadata::new(login.metadata).map_err(rule)?;
        let key = AliasKey { accessor: accessor.clone(), name: login.name };
        let before = directory.entity_with_alias(key.clone())?;
        if before.as_ref().is_some_and(|found| found.value.disabled) {
            return Err(Error::Unauthenticated("the entity is disabled".to_owned()));
        }
        let mut changes = Changes::default();
        let id = match before {
            Some(found) => {
                let id = found.value.id;
                self.note(&directory, &mut changes, batch, found, &key, metadata)?;
                id
            }
            None => {
                let mount_type = MountType::new(login.mount.kind.word()).map_err(rule)?;
                let alias = Alias::new(key, mount_type, false, self.now, self.random);
                let mut entity = Entity::new(EntityChange::default(), self.now, self.random);
                let alias = Alias { metadata, ..alias };
                entity.add_alias(alias, self.now).map_err(rule)?;
                let id = entity.id;
                changes.entity(None, Some(entity));
                id
            }
        };
        self.refresh_groups(&directory, &mut changes, id, &accessor, login.groups)?;
        changes.write(&directory, batch)?;
        Ok(id)
    }

    /// What the method says about a caller that is known. When it says what it said before, the entity is only to stay
    /// as it was found.
    fn note(
        &self,
        directory: &Directory<'_>,
        changes: &mut Changes,
        batch: &mut Batch,
        found: Stored<Entity>,
        key: &AliasKey,
        metadata: Metadata,
    ) -> Result<(), Error> {
        let known = found.value.aliases().iter().find(|alias| alias.key() == *key);
        match known {
            Some(alias) if alias.metadata != metadata => {
                let alias = Alias { metadata, updated: self.now, ..alias.clone() };
                let mut entity = found.value.clone();
                entity.replace_alias(alias, self.now).map_err(rule)?;
                changes.entity(Some(found), Some(entity));
            }
            _ => {
                let key = directory.logical.key(&format!("{}{}", super::ENTITY, found.value.id))?;
                batch.preconditions.push(found.unchanged(key));
            }
        }
        Ok(())
    }

    fn refresh_groups(
        &self,
        directory: &Directory<'_>,
        changes: &mut Changes,
        entity: EntityId,
        accessor: &MountAccessor,
        names: BTreeSet<AliasName>,
    ) -> Result<(), Error> {
        let mut loaded: BTreeMap<_, Stored<Group>> = BTreeMap::new();
        let (mut named, mut had) = (Vec::new(), Vec::new());
        for name in names {
            let key = AliasKey { accessor: accessor.clone(), name };
            if let Some(found) = directory.group_with_alias(key)? {
                named.push(found.value.clone());
                loaded.insert(found.value.id, found);
            }
        }
        for found in directory.groups_of(entity)? {
            had.push(found.value.clone());
            loaded.insert(found.value.id, found);
        }
        let changed = refresh_external(entity, accessor, named, had, self.now).map_err(rule)?;
        for group in changed {
            let before = loaded.remove(&group.id);
            changes.group(before, Some(group));
        }
        Ok(())
    }
}

/// The name of a mount in identity.
pub(crate) fn accessor(mount: &Mount) -> Result<MountAccessor, Error> {
    MountAccessor::new(&mount.accessor()).map_err(rule)
}

fn rule(error: impl std::error::Error) -> Error {
    Error::rule(error.to_string())
}

impl From<IdentityError> for Error {
    fn from(error: IdentityError) -> Self {
        rule(error)
    }
}
