//! Entities, their aliases and groups, under `identity/`, as Vault has them
//! (<https://developer.hashicorp.com/vault/api-docs/secret/identity>). The rules are in
//! [`strongroom_core::identity`]; here they are authorised, loaded and kept.

mod delete_entity;
mod entities;
mod entity_aliases;
mod group_aliases;
mod groups;
mod list;
mod lookup;
mod merge_entities;
pub mod oidc;
mod write_group;

pub(crate) use delete_entity::delete_entities;
pub use delete_entity::{DeleteEntities, DeleteEntity, ENTITIES_DELETED_MAX};
pub use entities::{
    EntityFields, EntityRead, EntityTarget, EntityWritten, ReadEntity, WriteEntity,
};
pub use entity_aliases::{
    AliasFields, AliasRead, AliasTarget, DeleteEntityAlias, ReadEntityAlias, WriteEntityAlias,
};
pub use group_aliases::{DeleteGroupAlias, ReadGroupAlias, WriteGroupAlias};
pub use groups::{DeleteGroup, GroupRead, ReadGroup};
pub use list::{
    IDENTITY_LISTED_MAX, IdentityPage, ListEntities, ListEntityAliases, ListGroupAliases,
    ListGroups,
};
pub use lookup::{LookupEntity, LookupGroup, LookupKey};
pub use merge_entities::MergeEntities;
pub use write_group::{GroupFields, GroupTarget, GroupWritten, WriteGroup};

use std::collections::BTreeMap;

use strongroom_core::identity::{
    Alias, AliasName, IdentityPolicies, Metadata, MountAccessor, MountType,
};

use crate::error::Error;
use crate::mounts::{Mount, MountKind};
use crate::room::Room;
use crate::witness::{Authorized, Grant};

const IDENTITY: &[MountKind] = &[MountKind::Identity];

/// Proof that the caller may do `C` at a path, as it was asked and with the name in the form in which names are
/// compared: a policy that forbids `entity/name/admin` is not passed by with `entity/name/ADMIN`.
fn authorise<C: Grant>(room: &Room<'_>, asked: &str, folded: &str) -> Result<Authorized<C>, Error> {
    room.require(asked, C::CAPABILITY)?;
    room.authorise_at::<C>(folded, IDENTITY)
}

/// A rule of the core, in its words.
fn rule(error: impl std::fmt::Display) -> Error {
    Error::rule(error.to_string())
}

fn metadata(written: Option<&BTreeMap<String, String>>) -> Result<Option<Metadata>, Error> {
    written.map(|entries| Metadata::new(entries.clone()).map_err(rule)).transpose()
}

/// Names of policies. CVE-2025-5999: `root` is refused in whatever way it is written.
fn policies(written: Option<&Vec<String>>) -> Result<Option<IdentityPolicies>, Error> {
    let given = |names: &Vec<String>| {
        let names: Vec<&String> = names.iter().filter(|name| !name.trim().is_empty()).collect();
        IdentityPolicies::new(&names).map_err(rule)
    };
    written.map(given).transpose()
}

/// The auth mount with this accessor, as identity speaks of it.
fn auth_mount<'r>(room: &'r Room<'_>, accessor: &str) -> Result<&'r Mount, Error> {
    if accessor.is_empty() {
        return Err(Error::rule("missing mount_accessor"));
    }
    let found = room.mounts.by_accessor(accessor).map(|(_, mount)| mount);
    found.filter(|mount| mount.kind.is_auth()).ok_or_else(|| Error::rule("invalid mount accessor"))
}

/// The name of an alias at a mount, in the one form that the mount's logins make of it.
fn alias_name(mount: &Mount, text: &str) -> Result<(MountAccessor, MountType, AliasName), Error> {
    if text.is_empty() {
        return Err(Error::rule("missing alias name"));
    }
    let accessor = MountAccessor::new(&mount.accessor()).map_err(rule)?;
    let kind = MountType::new(mount.kind.word()).map_err(rule)?;
    let name = AliasName::new(text, kind.alias_case()).map_err(rule)?;
    Ok((accessor, kind, name))
}

/// Where the mounts of aliases are; a mount that is gone has no path.
fn mount_paths<'a>(
    room: &Room<'_>,
    aliases: impl Iterator<Item = &'a Alias>,
) -> BTreeMap<String, String> {
    let path = |alias: &Alias| {
        let accessor = alias.mount_accessor.as_str();
        let (path, _) = room.mounts.by_accessor(accessor)?;
        Some((accessor.to_owned(), format!("{path}/")))
    };
    aliases.filter_map(path).collect()
}
