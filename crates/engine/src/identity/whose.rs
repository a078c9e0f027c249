//! What a token has through its entity.

use strongroom_core::identity::{
    Entity, EntityId, Group, GroupId, HierarchyError, Memberships, effective_policies, memberships,
    template_context,
};
use strongroom_core::policy::TemplateContext;
use strongroom_store::Revision;

use super::directory::{Directory, ENTITY, GROUP, memberships_name, merged_name};
use crate::error::Error;
use crate::identify::Dependencies;
use crate::records::Stored;

/// How many merges are followed from an entity that is no more to the one that it became.
const MERGES_FOLLOWED_MAX: usize = 32;

/// An entity with the groups that it is in.
pub(crate) struct Identity {
    pub(crate) entity: Entity,
    pub(crate) memberships: Memberships,
}

impl Identity {
    /// The identity behind a token's text for its entity, which is good only while there is one that is not disabled.
    /// Every record that decides it is added to `depends`.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]
    pub(crate) fn of_token(
        directory: &Directory<'_>,
        text: &str,
        depends: &mut Dependencies,
    ) -> Result<Self, Error> {
        let refused = |reason: &str| Error::Unauthenticated(reason.to_owned());
        let id: EntityId = text.parse().map_err(|_| refused("the token's entity is not one"))?;
        let entity = find(directory, id, depends)?.ok_or_else(|| refused("the entity is gone"))?;
        if entity.disabled {
            return Err(refused("the entity is disabled"));
        }
        Self::of(directory, entity, depends)
    }

    /// An entity with its groups.
    pub(crate) fn of(
        directory: &Directory<'_>,
        entity: Entity,
        depends: &mut Dependencies,
    ) -> Result<Self, Error> {
        let memberships = groups(directory, entity.id, depends)?;
        Ok(Self { entity, memberships })
    }

    /// The names of the policies that it gives.
    pub(crate) fn policies(&self) -> Vec<String> {
        let names = effective_policies(&self.entity, &self.memberships);
        names.iter().map(ToString::to_string).collect()
    }

    /// What templates say of it.
    pub(crate) fn context(&self) -> TemplateContext {
        template_context(&self.entity, &self.memberships)
    }
}

/// The entity with this identifier, or what it was merged into.
fn find(
    directory: &Directory<'_>,
    mut id: EntityId,
    depends: &mut Dependencies,
) -> Result<Option<Entity>, Error> {
    for _ in 0..MERGES_FOLLOWED_MAX {
        let found = directory.entity(id)?;
        note(directory, depends, &format!("{ENTITY}{id}"), found.as_ref())?;
        if let Some(found) = found {
            return Ok(Some(found.value));
        }
        let merged = directory.merged(id)?;
        note(directory, depends, &merged_name(id), merged.as_ref())?;
        match merged {
            Some(into) => id = into.value,
            None => return Ok(None),
        }
    }
    Ok(None)
}

fn groups(
    directory: &Directory<'_>,
    entity: EntityId,
    depends: &mut Dependencies,
) -> Result<Memberships, Error> {
    let found = directory.memberships(entity)?;
    note(directory, depends, &memberships_name(entity), found.as_ref())?;
    let mut load = |id: GroupId| -> Result<Option<Group>, Error> {
        let group = directory.group(id)?;
        note(directory, depends, &format!("{GROUP}{id}"), group.as_ref())?;
        Ok(group.map(|group| group.value))
    };
    let ids = found.map(|found| found.value.groups).unwrap_or_default();
    let mut direct = Vec::new();
    for id in ids {
        // A group that named it once is still listed: what the group says now counts.
        direct.extend(load(id)?.filter(|group| group.member_entities().contains(&entity)));
    }
    memberships(direct, load).map_err(|error| match error {
        HierarchyError::Load(error) => error,
        other => Error::Unauthenticated(format!("the groups of the entity: {other}")),
    })
}

fn note<T>(
    directory: &Directory<'_>,
    depends: &mut Dependencies,
    name: &str,
    found: Option<&Stored<T>>,
) -> Result<(), Error> {
    let revision: Option<Revision> = found.map(|found| found.revision);
    depends.push((directory.logical.key(name)?, revision));
    Ok(())
}
