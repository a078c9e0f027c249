//! By what an entity or a group is found.

use super::entity::Entity;
use super::group::Group;
use super::id::{AliasId, EntityId, GroupId};
use super::name::AliasKey;

/// An entry of the store's index. A record's entries are written and deleted with the record; an entry that is there
/// already, for another record, refuses the write. [`Self::Member`] is no exception: it names both its ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKey {
    /// [`EntityName::key`](super::EntityName::key).
    EntityName(String),
    /// [`GroupName::key`](super::GroupName::key).
    GroupName(String),
    /// An alias of an entity, by what names it.
    EntityAlias(AliasKey),
    /// An alias of an external group, by what names it.
    GroupAlias(AliasKey),
    /// An alias of an entity, by its identifier.
    EntityAliasId(AliasId),
    /// An alias of an external group, by its identifier.
    GroupAliasId(AliasId),
    /// An entity in a group.
    Member(EntityId, GroupId),
}

impl Entity {
    /// The entries of the index that lead to it.
    #[must_use]
    pub fn index_keys(&self) -> Vec<IndexKey> {
        let mut keys = vec![IndexKey::EntityName(self.name.key())];
        for alias in self.aliases() {
            keys.push(IndexKey::EntityAlias(alias.key()));
            keys.push(IndexKey::EntityAliasId(alias.id));
        }
        keys
    }
}

impl Group {
    /// The entries of the index that lead to it.
    #[must_use]
    pub fn index_keys(&self) -> Vec<IndexKey> {
        let mut keys = vec![IndexKey::GroupName(self.name.key())];
        if let Some(alias) = self.alias() {
            keys.push(IndexKey::GroupAlias(alias.key()));
            keys.push(IndexKey::GroupAliasId(alias.id));
        }
        keys.extend(self.member_entities().iter().map(|id| IndexKey::Member(*id, self.id)));
        keys
    }
}
