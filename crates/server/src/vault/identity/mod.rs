//! `identity/`: entities, groups and who they are elsewhere
//! (<https://developer.hashicorp.com/vault/api-docs/secret/identity>).

pub mod aliases;
pub mod entities;
pub mod groups;
pub mod oidc;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::identity::{Alias, Metadata};
use strongroom_core::time::Timestamp;
use strongroom_engine::operations::identity::{IdentityPage, LookupKey};

use super::call::Call;
use super::fault::Fault;
use super::tokens::rfc3339;

/// Metadata as Vault's clients write it: an object, or a list of texts `key=value`.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Pairs {
    Object(BTreeMap<String, Value>),
    List(Vec<String>),
}

impl Pairs {
    fn read(self) -> Result<BTreeMap<String, String>, Fault> {
        let text = |(key, value): (String, Value)| match value {
            Value::String(text) => Ok((key, text)),
            Value::Number(number) => Ok((key, number.to_string())),
            Value::Bool(truth) => Ok((key, truth.to_string())),
            _ => Err(Fault::invalid("metadata is pairs of texts")),
        };
        match self {
            Self::Object(pairs) => pairs.into_iter().map(text).collect(),
            Self::List(pairs) => {
                let split = |pair: &String| {
                    let (key, value) = pair.split_once('=')?;
                    Some((key.to_owned(), value.to_owned()))
                };
                let read: Option<_> = pairs.iter().map(split).collect();
                read.ok_or_else(|| Fault::invalid("metadata is pairs of texts"))
            }
        }
    }
}

/// The part of a list that is asked for, as OpenBao has it.
fn page(call: &Call<'_>) -> Result<IdentityPage, Fault> {
    let after = call.query("after").filter(|after| !after.is_empty());
    Ok(IdentityPage { after, limit: call.limit()? })
}

/// By what `lookup/entity` and `lookup/group` look.
#[derive(Deserialize)]
struct Sought {
    id: Option<String>,
    name: Option<String>,
    alias_id: Option<String>,
    alias_name: Option<String>,
    alias_mount_accessor: Option<String>,
}

impl Sought {
    fn key(self) -> Result<LookupKey, Fault> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let by_alias = given(self.alias_name).zip(given(self.alias_mount_accessor));
        let mut keys = [
            given(self.id).map(LookupKey::Id),
            given(self.name).map(LookupKey::Name),
            given(self.alias_id).map(LookupKey::AliasId),
            by_alias.map(|(name, accessor)| LookupKey::Alias(name, accessor)),
        ]
        .into_iter()
        .flatten();
        match (keys.next(), keys.next()) {
            (Some(key), None) => Ok(key),
            (None, _) => Err(Fault::invalid("query parameter not supplied")),
            (Some(_), Some(_)) => {
                Err(Fault::invalid("name one of id, name, alias_id, or alias_name and its mount"))
            }
        }
    }
}

/// A list of texts, or `null` when there is none: Go's empty slice that was never made.
fn list_or_null<T: ToString>(items: impl IntoIterator<Item = T>) -> Value {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { Value::Null } else { json!(items) }
}

fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Value {
    items.into_iter().map(|item| item.to_string()).collect()
}

fn metadata(pairs: &Metadata) -> Value {
    if pairs.entries().is_empty() { Value::Null } else { json!(pairs.entries()) }
}

fn time(at: Timestamp) -> Value {
    rfc3339(at.0).into()
}

/// An alias as Vault describes one.
fn alias(alias: &Alias, owner: &str, mount_path: Option<&str>) -> Value {
    json!({
        "canonical_id": owner,
        "creation_time": time(alias.created),
        "custom_metadata": alias.custom_metadata.entries(),
        "id": alias.id.to_string(),
        "last_update_time": time(alias.updated),
        "local": alias.local,
        "merged_from_canonical_ids": list_or_null(&alias.merged_from),
        "metadata": metadata(&alias.metadata),
        "mount_accessor": alias.mount_accessor.as_str(),
        "mount_path": mount_path.unwrap_or_default(),
        "mount_type": alias.mount_type.as_str(),
        "name": alias.name.as_str(),
    })
}
