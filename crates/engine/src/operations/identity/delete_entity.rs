use strongroom_core::identity::Entity;
use strongroom_store::Batch;

use super::entities::EntityTarget;
use super::{IDENTITY, authorise};
use crate::error::Error;
use crate::identity::{Changes, Directory};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed, Write};

/// How many entities one commit deletes.
pub const ENTITIES_DELETED_MAX: usize = 4;

/// Delete an entity with its aliases and memberships; its tokens are refused from the commit on. One that is not there
/// is left so. Needs `delete` on `identity/entity/id/<id>` or `identity/entity/name/<name>`.
#[derive(Debug)]
pub struct DeleteEntity {
    target: EntityTarget,
    path: String,
}

/// Delete the first of these entities, at most [`ENTITIES_DELETED_MAX`]. Needs `update` on
/// `identity/entity/batch-delete`.
#[derive(Debug)]
pub struct DeleteEntities(pub Vec<String>);

impl DeleteEntity {
    /// This entity.
    #[must_use]
    pub fn new(target: EntityTarget) -> Self {
        Self { path: target.path(), target }
    }
}

impl Operation for DeleteEntity {
    type Answer = ();

    const NAME: &'static str = "entity-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = authorise::<Delete>(room, &self.path, &self.target.folded_path())?;
        let directory = room.directory()?;
        let Some(found) = self.target.find(&directory)? else { return Ok(Performed::read(())) };
        let id = found.value.id.to_string();
        let batch = delete_entities(room, &directory, vec![found])?;
        Ok(Performed::change((), batch).naming("entity", id))
    }
}

impl Operation for DeleteEntities {
    /// How many of them were looked at.
    type Answer = usize;

    const NAME: &'static str = "entities-delete";

    fn subject(&self) -> Option<&str> {
        Some("identity/entity/batch-delete")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<usize>, Error> {
        let path = "identity/entity/batch-delete";
        let _proof = room.authorise_at::<Write>(path, IDENTITY)?;
        let directory = room.directory()?;
        let mut found: Vec<Stored<Entity>> = Vec::new();
        let ids = self.0.iter().take(ENTITIES_DELETED_MAX);
        let count = ids.len();
        for id in ids {
            let entity = EntityTarget::Id(id.clone()).find(&directory)?;
            found.extend(entity.filter(|new| found.iter().all(|old| old.value.id != new.value.id)));
        }
        let deleted: Vec<String> = found.iter().map(|found| found.value.id.to_string()).collect();
        let batch = delete_entities(room, &directory, found)?;
        Ok(Performed::change(count, batch).naming("entities", deleted.join(",")))
    }
}

/// A batch that deletes entities with their memberships.
pub(crate) fn delete_entities(
    room: &Room<'_>,
    directory: &Directory<'_>,
    entities: Vec<Stored<Entity>>,
) -> Result<Batch, Error> {
    let mut changes = Changes::default();
    let mut groups: Vec<(Stored<_>, _)> = Vec::new();
    for entity in &entities {
        let id = entity.value.id;
        for found in directory.groups_of(id)? {
            let place = groups.iter().position(|(_, after): &(_, _)| {
                let after: &strongroom_core::identity::Group = after;
                after.id == found.value.id
            });
            match place.and_then(|place| groups.get_mut(place)) {
                Some((_, after)) => after.remove_entity(id, room.now),
                None => {
                    let mut after = found.value.clone();
                    after.remove_entity(id, room.now);
                    groups.push((found, after));
                }
            }
        }
    }
    for (before, after) in groups {
        changes.group(Some(before), Some(after));
    }
    for entity in entities {
        changes.entity(Some(entity), None);
    }
    let mut batch = Batch::default();
    changes.write(directory, &mut batch)?;
    Ok(batch)
}
