//! `identity/entity-alias` and `identity/group-alias`
//! (<https://developer.hashicorp.com/vault/api-docs/secret/identity/entity-alias>).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_engine::operations::identity::{
    AliasFields, AliasRead, AliasTarget, DeleteEntityAlias, DeleteGroupAlias, ListEntityAliases,
    ListGroupAliases, ReadEntityAlias, ReadGroupAlias, WriteEntityAlias, WriteGroupAlias,
};

use super::{Pairs, alias, page};
use crate::vault::call::Call;
use crate::vault::fault::Fault;
use crate::vault::reply::Reply;
use crate::vault::route::{Route, Verb};

pub(in crate::vault) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "entity-alias", "Give an entity an alias, or change one", write),
    Route::new(Verb::List, "entity-alias/id", "The identifiers of entities' aliases", list),
    Route::new(Verb::Read, "entity-alias/id/{id}", "An entity's alias", read),
    Route::new(Verb::Write, "entity-alias/id/{id}", "Change an entity's alias", write),
    Route::new(Verb::Delete, "entity-alias/id/{id}", "Take an alias from its entity", delete),
    Route::new(Verb::Write, "group-alias", "Give a group its alias, or change it", write_of_group),
    Route::new(Verb::List, "group-alias/id", "The identifiers of groups' aliases", list_of_groups),
    Route::new(Verb::Read, "group-alias/id/{id}", "A group's alias", read_of_group),
    Route::new(Verb::Write, "group-alias/id/{id}", "Change a group's alias", write_of_group),
    Route::new(Verb::Delete, "group-alias/id/{id}", "Take its alias from a group", delete_of_group),
];

#[derive(Deserialize)]
struct Written {
    id: Option<String>,
    name: Option<String>,
    mount_accessor: Option<String>,
    canonical_id: Option<String>,
    entity_id: Option<String>,
    custom_metadata: Option<Pairs>,
}

fn asked(call: &Call<'_>) -> Result<(AliasTarget, AliasFields), Fault> {
    let written: Written = call.body.read()?;
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = given(Some(call.named("id"))).or(given(written.id));
    let fields = AliasFields {
        name: written.name,
        mount_accessor: written.mount_accessor,
        owner: given(written.canonical_id).or(given(written.entity_id)),
        custom_metadata: written.custom_metadata.map(Pairs::read).transpose()?,
    };
    Ok((id.map_or(AliasTarget::Any, AliasTarget::Id), fields))
}

fn written(read: &AliasRead) -> Reply {
    Reply::data(json!({ "canonical_id": read.owner, "id": read.alias.id.to_string() }))
}

fn described(read: &AliasRead) -> Reply {
    Reply::data(alias(&read.alias, &read.owner, read.mount_path.as_deref()))
}

fn listed(aliases: &[AliasRead]) -> Result<Reply, Fault> {
    if aliases.is_empty() {
        return Err(Fault::nothing());
    }
    let keys: Vec<String> = aliases.iter().map(|read| read.alias.id.to_string()).collect();
    let info = aliases.iter().map(|read| {
        let info = json!({
            "canonical_id": read.owner,
            "custom_metadata": read.alias.custom_metadata.entries(),
            "local": read.alias.local,
            "mount_accessor": read.alias.mount_accessor.as_str(),
            "mount_path": read.mount_path.as_deref().unwrap_or_default(),
            "mount_type": read.alias.mount_type.as_str(),
            "name": read.alias.name.as_str(),
        });
        (read.alias.id.to_string(), info)
    });
    let info: Map<String, Value> = info.collect();
    Ok(Reply::data(json!({ "key_info": info, "keys": keys })))
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let (target, fields) = asked(call)?;
    Ok(written(&call.ask(&WriteEntityAlias::new(target, fields))?))
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(described(&call.ask(&ReadEntityAlias::new(&call.named("id")))?))
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    listed(&call.ask(&ListEntityAliases(page(call)?))?)
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteEntityAlias::new(&call.named("id")))?;
    Ok(Reply::Empty)
}

fn write_of_group(call: &Call<'_>) -> Result<Reply, Fault> {
    let (target, fields) = asked(call)?;
    Ok(written(&call.ask(&WriteGroupAlias::new(target, fields))?))
}

fn read_of_group(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(described(&call.ask(&ReadGroupAlias::new(&call.named("id")))?))
}

fn list_of_groups(call: &Call<'_>) -> Result<Reply, Fault> {
    listed(&call.ask(&ListGroupAliases(page(call)?))?)
}

fn delete_of_group(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteGroupAlias::new(&call.named("id")))?;
    Ok(Reply::Empty)
}
