//! `identity/group` and `identity/lookup/group`
//! (<https://developer.hashicorp.com/vault/api-docs/secret/identity/group>).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_core::identity::GroupKind;
use strongroom_engine::operations::identity::{
    DeleteGroup, GroupFields, GroupRead, GroupTarget, GroupWritten, ListGroups, LookupGroup,
    ReadGroup, WriteGroup,
};

use super::{Pairs, Sought, alias, list_or_null, metadata, page, texts, time};
use crate::vault::body::Words;
use crate::vault::call::Call;
use crate::vault::fault::Fault;
use crate::vault::reply::Reply;
use crate::vault::route::{Route, Verb};

pub(in crate::vault) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "group", "Make a group, or change one", write),
    Route::new(Verb::List, "group/id", "The identifiers of all groups", list),
    Route::new(Verb::Read, "group/id/{id}", "A group", read),
    Route::new(Verb::Write, "group/id/{id}", "Change a group", write_at),
    Route::new(Verb::Delete, "group/id/{id}", "Delete a group with its alias", delete),
    Route::new(Verb::List, "group/name", "The names of all groups", list_by_name),
    Route::new(Verb::Read, "group/name/{name}", "A group", read),
    Route::new(Verb::Write, "group/name/{name}", "Make or change a group", write_at),
    Route::new(Verb::Delete, "group/name/{name}", "Delete a group with its alias", delete),
    Route::new(Verb::Write, "lookup/group", "The group that something leads to", lookup),
];

#[derive(Deserialize)]
struct Written {
    id: Option<String>,
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    metadata: Option<Pairs>,
    policies: Option<Words>,
    member_entity_ids: Option<Words>,
    member_group_ids: Option<Words>,
}

fn target(call: &Call<'_>) -> GroupTarget {
    let id = call.named("id");
    if id.is_empty() { GroupTarget::Name(call.named("name")) } else { GroupTarget::Id(id) }
}

fn fields(written: Written) -> Result<GroupFields, Fault> {
    Ok(GroupFields {
        name: written.name,
        kind: written.kind,
        metadata: written.metadata.map(Pairs::read).transpose()?,
        policies: written.policies.map(|words| words.0),
        member_entities: written.member_entity_ids.map(|words| words.0),
        member_groups: written.member_group_ids.map(|words| words.0),
    })
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let mut written: Written = call.body.read()?;
    let id = written.id.take().filter(|id| !id.is_empty());
    let target = id.map_or(GroupTarget::Any, GroupTarget::Id);
    let written = call.ask(&WriteGroup::new(target, fields(written)?))?;
    Ok(described_short(&written))
}

fn write_at(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Written = call.body.read()?;
    let written = call.ask(&WriteGroup::new(target(call), fields(written)?))?;
    Ok(described_short(&written))
}

fn described_short(written: &GroupWritten) -> Reply {
    Reply::data(json!({ "id": written.id.to_string(), "name": written.name.as_str() }))
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(Reply::data(described(&call.ask(&ReadGroup::new(target(call)))?)))
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteGroup::new(target(call)))?;
    Ok(Reply::Empty)
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let groups = call.ask(&ListGroups { by_name: false, page: page(call)? })?;
    if groups.is_empty() {
        return Err(Fault::nothing());
    }
    let keys: Vec<String> = groups.iter().map(|read| read.group.id.to_string()).collect();
    let info = groups.iter().map(|read| {
        let info = json!({
            "name": read.group.name.as_str(),
            "num_member_entities": read.group.member_entities().len(),
            "num_parent_groups": read.group.parents().len(),
        });
        (read.group.id.to_string(), info)
    });
    let info: Map<String, Value> = info.collect();
    Ok(Reply::data(json!({ "key_info": info, "keys": keys })))
}

fn list_by_name(call: &Call<'_>) -> Result<Reply, Fault> {
    let groups = call.ask(&ListGroups { by_name: true, page: page(call)? })?;
    Reply::keys(groups.iter().map(|read| read.group.name.to_string()).collect())
}

fn lookup(call: &Call<'_>) -> Result<Reply, Fault> {
    let sought: Sought = call.body.read()?;
    let found = call.ask(&LookupGroup(sought.key()?))?;
    Ok(found.map_or(Reply::Empty, |read| Reply::data(described(&read))))
}

/// A group as Vault describes one: an external group that nobody is in has `null` for its members.
fn described(read: &GroupRead) -> Value {
    let group = &read.group;
    let id = group.id.to_string();
    let (kind, entities) = match group.kind() {
        GroupKind::Internal => ("internal", texts(group.member_entities())),
        GroupKind::External => ("external", list_or_null(group.member_entities())),
    };
    let own = group.alias().map(|own| alias(own, &id, read.mount_path.as_deref()));
    json!({
        "alias": own.unwrap_or_else(|| json!({})),
        "creation_time": time(group.created),
        "id": id,
        "last_update_time": time(group.updated()),
        "member_entity_ids": entities,
        "member_group_ids": list_or_null(group.member_groups()),
        "metadata": metadata(&group.metadata),
        "modify_index": 1,
        "name": group.name.as_str(),
        "namespace_id": "root",
        "parent_group_ids": list_or_null(group.parents()),
        "policies": texts(group.policies.names()),
        "type": kind,
    })
}
