//! An entity, and the names by which auth mounts know it.

use std::collections::BTreeSet;

use super::error::IdentityError;
use super::id::{AliasId, EntityId};
use super::metadata::Metadata;
use super::name::{AliasKey, AliasName, EntityName, MountAccessor, MountType};
use super::policies::IdentityPolicies;
use crate::random::Random;
use crate::time::Timestamp;

/// The most aliases of one entity.
pub const ALIASES_MAX: usize = 128;
/// The most entities that were merged into one.
pub const MERGED_ENTITIES_MAX: usize = 1_024;

/// One person or program.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Entity {
    /// Its identifier, which its name may outlive.
    #[n(0)]
    pub id: EntityId,
    /// Its name, unique by [`EntityName::key`].
    #[n(1)]
    pub name: EntityName,
    /// What is noted about it.
    #[n(2)]
    pub metadata: Metadata,
    /// The policies that its tokens have besides their own.
    #[n(3)]
    pub policies: IdentityPolicies,
    /// Whether its tokens are refused.
    #[n(4)]
    pub disabled: bool,
    /// Its names at auth mounts, at most one at each.
    #[n(5)]
    pub(super) aliases: Vec<Alias>,
    /// When it was made.
    #[n(6)]
    pub created: Timestamp,
    /// When it last changed.
    #[n(7)]
    pub updated: Timestamp,
    /// The entities that were merged into it, which are no more.
    #[n(8)]
    pub(super) merged: BTreeSet<EntityId>,
}

/// The name by which an auth mount knows an entity, or an external group.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Alias {
    /// Its identifier.
    #[n(0)]
    pub id: AliasId,
    /// The name, made with [`MountType::alias_case`] of its mount's type.
    #[n(1)]
    pub name: AliasName,
    /// The mount.
    #[n(2)]
    pub mount_accessor: MountAccessor,
    /// The mount's type.
    #[n(3)]
    pub mount_type: MountType,
    /// What the auth method noted at the last login.
    #[n(4)]
    pub metadata: Metadata,
    /// What operators noted.
    #[n(5)]
    pub custom_metadata: Metadata,
    /// Whether the mount is local to this installation.
    #[n(6)]
    pub local: bool,
    /// When it was made.
    #[n(7)]
    pub created: Timestamp,
    /// When it last changed.
    #[n(8)]
    pub updated: Timestamp,
    /// The entities that it was an alias of before merges.
    #[n(9)]
    pub merged_from: BTreeSet<EntityId>,
}

/// What a caller changes of an entity; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityChange {
    /// Another name.
    pub name: Option<EntityName>,
    /// Other metadata, in place of all there was.
    pub metadata: Option<Metadata>,
    /// Other policies, in place of all there were.
    pub policies: Option<IdentityPolicies>,
    /// Whether its tokens are refused.
    pub disabled: Option<bool>,
}

impl Entity {
    /// An entity without aliases. Without a name in `change` it is named after its identifier.
    #[must_use]
    pub fn new(change: EntityChange, now: Timestamp, random: &dyn Random) -> Self {
        let id = EntityId::generate(random);
        let mut entity = Self {
            id,
            name: EntityName::of_id(id),
            metadata: Metadata::default(),
            policies: IdentityPolicies::default(),
            disabled: false,
            aliases: Vec::new(),
            created: now,
            updated: now,
            merged: BTreeSet::new(),
        };
        entity.change(change, now);
        entity
    }

    /// Change what `change` names. That the name is free is for the store's index to say.
    pub fn change(&mut self, change: EntityChange, now: Timestamp) {
        self.name = change.name.unwrap_or_else(|| self.name.clone());
        self.metadata = change.metadata.unwrap_or_else(|| self.metadata.clone());
        self.policies = change.policies.unwrap_or_else(|| self.policies.clone());
        self.disabled = change.disabled.unwrap_or(self.disabled);
        self.updated = now;
    }

    /// Its aliases, in the order in which they came.
    #[must_use]
    pub fn aliases(&self) -> &[Alias] {
        &self.aliases
    }

    /// Its alias at a mount.
    #[must_use]
    pub fn alias_at(&self, accessor: &MountAccessor) -> Option<&Alias> {
        self.aliases.iter().find(|alias| alias.mount_accessor == *accessor)
    }

    /// The entities that were merged into it.
    #[must_use]
    pub fn merged(&self) -> &BTreeSet<EntityId> {
        &self.merged
    }

    /// Give it an alias. That no other entity has an alias of this [`AliasKey`] is for the store's index to say.
    ///
    /// # Errors
    /// [`IdentityError::AliasAtMount`] and [`IdentityError::TooManyAliases`]
    pub fn add_alias(&mut self, alias: Alias, now: Timestamp) -> Result<(), IdentityError> {
        if self.alias_at(&alias.mount_accessor).is_some() {
            return Err(IdentityError::AliasAtMount);
        }
        if self.aliases.len() >= ALIASES_MAX {
            return Err(IdentityError::TooManyAliases);
        }
        self.aliases.push(alias);
        self.updated = now;
        Ok(())
    }

    /// Take an alias away and answer it, to be deleted or given to another entity.
    ///
    /// # Errors
    /// [`IdentityError::NoSuchAlias`]
    pub fn remove_alias(&mut self, id: AliasId, now: Timestamp) -> Result<Alias, IdentityError> {
        let index = self.aliases.iter().position(|alias| alias.id == id);
        let index = index.ok_or(IdentityError::NoSuchAlias(id))?;
        self.updated = now;
        Ok(self.aliases.remove(index))
    }

    /// Put a changed alias in the place of the one with its identifier.
    ///
    /// # Errors
    /// [`IdentityError::NoSuchAlias`], and [`IdentityError::AliasAtMount`] when it moved to a mount where the
    /// entity has another one.
    pub fn replace_alias(&mut self, alias: Alias, now: Timestamp) -> Result<(), IdentityError> {
        let other = self.alias_at(&alias.mount_accessor).filter(|other| other.id != alias.id);
        if other.is_some() {
            return Err(IdentityError::AliasAtMount);
        }
        let place = self.aliases.iter_mut().find(|place| place.id == alias.id);
        let place = place.ok_or(IdentityError::NoSuchAlias(alias.id))?;
        *place = alias;
        place.updated = now;
        self.updated = now;
        Ok(())
    }
}

impl Alias {
    /// An alias without metadata.
    #[must_use]
    pub fn new(
        key: AliasKey,
        mount_type: MountType,
        local: bool,
        now: Timestamp,
        random: &dyn Random,
    ) -> Self {
        Self {
            id: AliasId::generate(random),
            name: key.name,
            mount_accessor: key.accessor,
            mount_type,
            metadata: Metadata::default(),
            custom_metadata: Metadata::default(),
            local,
            created: now,
            updated: now,
            merged_from: BTreeSet::new(),
        }
    }

    /// What names it.
    #[must_use]
    pub fn key(&self) -> AliasKey {
        AliasKey { accessor: self.mount_accessor.clone(), name: self.name.clone() }
    }
}
