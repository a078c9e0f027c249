//! `identity/entity` and `identity/lookup/entity`
//! (<https://developer.hashicorp.com/vault/api-docs/secret/identity/entity>).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_engine::operations::identity::{
    DeleteEntities, DeleteEntity, EntityFields, EntityRead, EntityTarget, EntityWritten,
    ListEntities, LookupEntity, MergeEntities, ReadEntity, WriteEntity,
};

use super::{Pairs, Sought, alias, list_or_null, metadata, page, texts, time};
use crate::vault::body::Words;
use crate::vault::call::Call;
use crate::vault::fault::Fault;
use crate::vault::lenient::Truth;
use crate::vault::reply::Reply;
use crate::vault::route::{Route, Verb};

pub(in crate::vault) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "entity", "Make an entity, or change one", write),
    Route::new(Verb::Write, "entity/merge", "Make one entity of several", merge),
    Route::new(Verb::Write, "entity/batch-delete", "Delete entities", delete_several),
    Route::new(Verb::List, "entity/id", "The identifiers of all entities", list),
    Route::new(Verb::Read, "entity/id/{id}", "An entity", read),
    Route::new(Verb::Write, "entity/id/{id}", "Change an entity", write_by_id),
    Route::new(Verb::Delete, "entity/id/{id}", "Delete an entity with its aliases", delete),
    Route::new(Verb::List, "entity/name", "The names of all entities", list_by_name),
    Route::new(Verb::Read, "entity/name/{name}", "An entity", read),
    Route::new(Verb::Write, "entity/name/{name}", "Make or change an entity", write_by_name),
    Route::new(Verb::Delete, "entity/name/{name}", "Delete an entity with its aliases", delete),
    Route::new(Verb::Write, "lookup/entity", "The entity that something leads to", lookup),
];

/// The most entities that one request deletes.
const DELETED_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Written {
    id: Option<String>,
    name: Option<String>,
    metadata: Option<Pairs>,
    policies: Option<Words>,
    disabled: Option<Truth>,
}

#[derive(Deserialize)]
struct Merged {
    #[serde(default)]
    from_entity_ids: Words,
    #[serde(default)]
    to_entity_id: String,
    #[serde(default)]
    conflicting_alias_ids_to_keep: Words,
}

#[derive(Deserialize)]
struct Deleted {
    #[serde(default)]
    entity_ids: Words,
}

fn target(call: &Call<'_>) -> EntityTarget {
    let id = call.named("id");
    if id.is_empty() { EntityTarget::Name(call.named("name")) } else { EntityTarget::Id(id) }
}

fn fields(written: Written) -> Result<EntityFields, Fault> {
    Ok(EntityFields {
        name: written.name,
        metadata: written.metadata.map(Pairs::read).transpose()?,
        policies: written.policies.map(|words| words.0),
        disabled: written.disabled.map(|truth| truth.0),
    })
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let mut written: Written = call.body.read()?;
    let id = written.id.take().filter(|id| !id.is_empty());
    let target = id.map_or(EntityTarget::Any, EntityTarget::Id);
    let written = call.ask(&WriteEntity::new(target, fields(written)?))?;
    Ok(described_short(&written))
}

fn write_by_id(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Written = call.body.read()?;
    let written = call.ask(&WriteEntity::new(target(call), fields(written)?))?;
    Ok(described_short(&written))
}

fn write_by_name(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Written = call.body.read()?;
    let written = call.ask(&WriteEntity::new(target(call), fields(written)?))?;
    Ok(if written.is_new { described_short(&written) } else { Reply::Empty })
}

fn described_short(written: &EntityWritten) -> Reply {
    let entity = &written.entity;
    let aliases = list_or_null(entity.aliases().iter().map(|alias| alias.id));
    Reply::data(json!({
        "aliases": aliases,
        "id": entity.id.to_string(),
        "name": entity.name.as_str(),
    }))
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(Reply::data(described(&call.ask(&ReadEntity::new(target(call)))?)))
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteEntity::new(target(call)))?;
    Ok(Reply::Empty)
}

fn delete_several(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Deleted = call.body.read()?;
    let mut ids = written.entity_ids.0;
    if ids.is_empty() {
        return Err(Fault::invalid("missing entity ids to delete"));
    }
    if ids.len() > DELETED_MAX {
        return Err(Fault::invalid(format!("a request deletes at most {DELETED_MAX} entities")));
    }
    while !ids.is_empty() {
        let done = call.ask(&DeleteEntities(ids.clone()))?;
        ids.drain(..done.clamp(1, ids.len()));
    }
    Ok(Reply::Empty)
}

fn merge(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Merged = call.body.read()?;
    call.ask(&MergeEntities {
        into: written.to_entity_id,
        from: written.from_entity_ids.0,
        keep: written.conflicting_alias_ids_to_keep.0,
    })?;
    Ok(Reply::Empty)
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let entities = call.ask(&ListEntities { by_name: false, page: page(call)? })?;
    if entities.is_empty() {
        return Err(Fault::nothing());
    }
    let keys: Vec<String> = entities.iter().map(|read| read.entity.id.to_string()).collect();
    let info = entities.iter().map(|read| {
        let aliases = read.entity.aliases().iter().map(|alias| {
            let accessor = alias.mount_accessor.as_str();
            json!({
                "id": alias.id.to_string(),
                "mount_accessor": accessor,
                "mount_path": read.mount_paths.get(accessor).map_or("", String::as_str),
                "mount_type": alias.mount_type.as_str(),
                "name": alias.name.as_str(),
            })
        });
        let aliases: Vec<Value> = aliases.collect();
        let info = json!({ "aliases": aliases, "name": read.entity.name.as_str() });
        (read.entity.id.to_string(), info)
    });
    let info: Map<String, Value> = info.collect();
    Ok(Reply::data(json!({ "key_info": info, "keys": keys })))
}

fn list_by_name(call: &Call<'_>) -> Result<Reply, Fault> {
    let entities = call.ask(&ListEntities { by_name: true, page: page(call)? })?;
    Reply::keys(entities.iter().map(|read| read.entity.name.to_string()).collect())
}

fn lookup(call: &Call<'_>) -> Result<Reply, Fault> {
    let sought: Sought = call.body.read()?;
    let found = call.ask(&LookupEntity(sought.key()?))?;
    Ok(found.map_or(Reply::Empty, |read| Reply::data(described(&read))))
}

/// An entity as Vault describes one.
fn described(read: &EntityRead) -> Value {
    let entity = &read.entity;
    let id = entity.id.to_string();
    let aliases = entity.aliases().iter().map(|own| {
        let path = read.mount_paths.get(own.mount_accessor.as_str());
        alias(own, &id, path.map(String::as_str))
    });
    let aliases: Vec<Value> = aliases.collect();
    let groups = read.direct_groups.iter().chain(&read.inherited_groups);
    json!({
        "aliases": aliases,
        "creation_time": time(entity.created),
        "direct_group_ids": texts(&read.direct_groups),
        "disabled": entity.disabled,
        "group_ids": texts(groups),
        "id": id,
        "inherited_group_ids": texts(&read.inherited_groups),
        "last_update_time": time(entity.updated),
        "merged_entity_ids": list_or_null(entity.merged()),
        "metadata": metadata(&entity.metadata),
        "name": entity.name.as_str(),
        "namespace_id": "root",
        "policies": texts(entity.policies.names()),
    })
}
