//! The records of the identity mount, as they are read.

use std::collections::BTreeSet;

use minicbor::Decode;
use strongroom_core::crypto::RecordKind;
use strongroom_core::identity::{
    AliasId, AliasKey, Entity, EntityId, EntityName, Group, GroupId, GroupName, IndexKey,
};
use strongroom_core::token::TokenKey;
use strongroom_store::{Batch, Revision, Write as StoreWrite};

use crate::error::Error;
use crate::logical::Logical;
use crate::mounts::{IDENTITY, fixed};
use crate::records::{Records, Stored, decode};
use crate::room::Room;

/// Entities, by their identifiers.
pub(crate) const ENTITY: &str = "entity/";
/// Groups, by their identifiers.
pub(crate) const GROUP: &str = "group/";

/// The groups that may name an entity: all that do, and some that did.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) struct MembershipRecord {
    #[n(0)]
    pub(crate) groups: BTreeSet<GroupId>,
}

/// Entities and groups, by what they are found by.
pub(crate) struct Directory<'a> {
    pub(crate) logical: Logical<'a>,
    records: Records<'a>,
    names: &'a TokenKey,
    /// Writes that are not made yet and read as if they were.
    ahead: Option<&'a Batch>,
}

impl Room<'_> {
    /// Entities and groups.
    pub(crate) fn directory(&self) -> Result<Directory<'_>, Error> {
        Ok(Directory::new(self.records(), self.unsealed.token_key()?))
    }
}

impl<'a> Directory<'a> {
    pub(crate) fn new(records: Records<'a>, names: &'a TokenKey) -> Self {
        let logical = Logical::new(records, fixed(IDENTITY));
        Self { logical, records, names, ahead: None }
    }

    /// The same as it is once a batch is committed.
    pub(crate) fn after(self, batch: &'a Batch) -> Self {
        Self { ahead: Some(batch), ..self }
    }

    pub(crate) fn entity(&self, id: EntityId) -> Result<Option<Stored<Entity>>, Error> {
        self.read(&format!("{ENTITY}{id}"))
    }

    pub(crate) fn group(&self, id: GroupId) -> Result<Option<Stored<Group>>, Error> {
        self.read(&format!("{GROUP}{id}"))
    }

    /// Where the record of a group is.
    pub(crate) fn key(&self, group: GroupId) -> Result<strongroom_store::Key, Error> {
        self.logical.key(&format!("{GROUP}{group}"))
    }

    pub(crate) fn memberships(
        &self,
        entity: EntityId,
    ) -> Result<Option<Stored<MembershipRecord>>, Error> {
        self.read(&memberships_name(entity))
    }

    /// What an entity became when it was merged into another.
    pub(crate) fn merged(&self, entity: EntityId) -> Result<Option<Stored<EntityId>>, Error> {
        self.read(&merged_name(entity))
    }

    pub(crate) fn entity_named(&self, name: &EntityName) -> Result<Option<Stored<Entity>>, Error> {
        self.entity_at(&IndexKey::EntityName(name.key()))
    }

    pub(crate) fn entity_with_alias(&self, key: AliasKey) -> Result<Option<Stored<Entity>>, Error> {
        self.entity_at(&IndexKey::EntityAlias(key))
    }

    pub(crate) fn entity_with_alias_id(
        &self,
        id: AliasId,
    ) -> Result<Option<Stored<Entity>>, Error> {
        self.entity_at(&IndexKey::EntityAliasId(id))
    }

    pub(crate) fn group_named(&self, name: &GroupName) -> Result<Option<Stored<Group>>, Error> {
        self.group_at(&IndexKey::GroupName(name.key()))
    }

    pub(crate) fn group_with_alias(&self, key: AliasKey) -> Result<Option<Stored<Group>>, Error> {
        self.group_at(&IndexKey::GroupAlias(key))
    }

    pub(crate) fn group_with_alias_id(&self, id: AliasId) -> Result<Option<Stored<Group>>, Error> {
        self.group_at(&IndexKey::GroupAliasId(id))
    }

    /// The groups that name an entity.
    pub(crate) fn groups_of(&self, entity: EntityId) -> Result<Vec<Stored<Group>>, Error> {
        let Some(found) = self.memberships(entity)? else { return Ok(Vec::new()) };
        let mut groups = Vec::new();
        for id in &found.value.groups {
            let group = self.group(*id)?;
            groups.extend(group.filter(|group| group.value.member_entities().contains(&entity)));
        }
        Ok(groups)
    }

    /// The groups of a record that still name its entity.
    pub(super) fn still_members(
        &self,
        entity: EntityId,
        found: Option<&Stored<MembershipRecord>>,
    ) -> Result<BTreeSet<GroupId>, Error> {
        let Some(found) = found else { return Ok(BTreeSet::new()) };
        let mut groups = BTreeSet::new();
        for id in &found.value.groups {
            let group = self.group(*id)?;
            if group.is_some_and(|group| group.value.member_entities().contains(&entity)) {
                groups.insert(*id);
            }
        }
        Ok(groups)
    }

    /// The name of an index entry's record; `None` for what is kept in the groups' members.
    pub(super) fn index_name(&self, key: &IndexKey) -> Option<String> {
        let hashed = |kind: &str, text: &str| {
            let hash = self.names.hash_bytes(format!("identity/{kind}/{text}").as_bytes());
            Some(format!("{kind}/{hash}"))
        };
        // An accessor holds no `/`.
        let alias = |key: &AliasKey| format!("{}/{}", key.accessor, key.name);
        match key {
            IndexKey::EntityName(name) => hashed("entity-name", name),
            IndexKey::GroupName(name) => hashed("group-name", name),
            IndexKey::EntityAlias(key) => hashed("entity-alias", &alias(key)),
            IndexKey::GroupAlias(key) => hashed("group-alias", &alias(key)),
            IndexKey::EntityAliasId(id) => Some(format!("entity-alias-id/{id}")),
            IndexKey::GroupAliasId(id) => Some(format!("group-alias-id/{id}")),
            IndexKey::Member(..) => None,
        }
    }

    fn entity_at(&self, key: &IndexKey) -> Result<Option<Stored<Entity>>, Error> {
        match self.indexed(key)? {
            Some(id) => self.entity(EntityId::from_bytes(id)),
            None => Ok(None),
        }
    }

    fn group_at(&self, key: &IndexKey) -> Result<Option<Stored<Group>>, Error> {
        match self.indexed(key)? {
            Some(id) => self.group(GroupId::from_bytes(id)),
            None => Ok(None),
        }
    }

    fn indexed(&self, key: &IndexKey) -> Result<Option<[u8; 16]>, Error> {
        let Some(name) = self.index_name(key) else { return Ok(None) };
        let found: Option<Stored<minicbor::bytes::ByteArray<16>>> = self.read(&name)?;
        Ok(found.map(|found| *found.value))
    }

    fn read<T: for<'b> Decode<'b, ()>>(&self, name: &str) -> Result<Option<Stored<T>>, Error> {
        let Some(batch) = self.ahead else { return self.logical.read(name) };
        let key = self.logical.key(name)?;
        match batch.writes.iter().find(|write| *write.key() == key) {
            None => self.logical.read(name),
            Some(StoreWrite::Delete(_)) => Ok(None),
            Some(StoreWrite::Put(_, record)) => {
                let opened = self.records.open(RecordKind::Logical, &key, record)?;
                let value = decode(&key, opened.expose())?;
                // What is not written yet has no revision, and nothing is conditioned on it.
                Ok(Some(Stored { value, revision: Revision(0) }))
            }
        }
    }
}

pub(super) fn memberships_name(entity: EntityId) -> String {
    format!("memberships/{entity}")
}

pub(super) fn merged_name(entity: EntityId) -> String {
    format!("merged/{entity}")
}
