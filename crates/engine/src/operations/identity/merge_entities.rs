use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::identity::{Entity, Group, GroupId, MERGE_SOURCES_MAX, merge};
use strongroom_store::Batch;

use super::entities::EntityTarget;
use super::{IDENTITY, rule};
use crate::error::Error;
use crate::identity::{Changes, Directory};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Make one entity of several: what they have moves to it, and their tokens are its tokens from the commit on. Needs
/// `update` on `identity/entity/merge`.
#[derive(Debug)]
pub struct MergeEntities {
    /// What it becomes, by its identifier.
    pub into: String,
    /// What is no more afterwards, by their identifiers.
    pub from: Vec<String>,
    /// Where both have an alias at a mount, the identifiers of those to keep.
    pub keep: Vec<String>,
}

impl Operation for MergeEntities {
    type Answer = ();

    const NAME: &'static str = "entities-merge";

    fn subject(&self) -> Option<&str> {
        Some("identity/entity/merge")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Write>("identity/entity/merge", IDENTITY)?;
        if self.from.len() > MERGE_SOURCES_MAX {
            let text = format!("a merge takes in at most {MERGE_SOURCES_MAX} entities");
            return Err(Error::rule(text));
        }
        let directory = room.directory()?;
        let into = entity(&directory, &self.into, "to_entity_id")?;
        let mut from = Vec::new();
        for id in &self.from {
            from.push(entity(&directory, id, "from_entity_ids")?);
        }
        let keep: Result<BTreeSet<_>, _> = self.keep.iter().map(|id| id.parse()).collect();
        let keep = keep.map_err(|_| Error::rule("invalid conflicting_alias_ids_to_keep"))?;
        let mut groups: BTreeMap<GroupId, Stored<Group>> = BTreeMap::new();
        for source in &from {
            let of_source = directory.groups_of(source.value.id)?;
            groups.extend(of_source.into_iter().map(|group| (group.value.id, group)));
        }
        let merged = merge(
            into.value.clone(),
            from.iter().map(|source| source.value.clone()).collect(),
            groups.values().map(|group| group.value.clone()).collect(),
            &keep,
            room.now,
        );
        let merged = merged.map_err(rule)?;
        let mut changes = Changes::default();
        for group in merged.groups {
            changes.group(groups.remove(&group.id), Some(group));
        }
        for source in from {
            changes.merge(source.value.id, merged.entity.id);
            changes.entity(Some(source), None);
        }
        changes.entity(Some(into), Some(merged.entity));
        let mut batch = Batch::default();
        changes.write(&directory, &mut batch)?;
        Ok(Performed::change((), batch)
            .naming("into", self.into.clone())
            .naming("from", self.from.join(",")))
    }
}

fn entity(directory: &Directory<'_>, id: &str, field: &str) -> Result<Stored<Entity>, Error> {
    let found = EntityTarget::Id(id.to_owned()).find(directory)?;
    found.ok_or_else(|| Error::rule(format!("entity id in {field} is not valid")))
}
