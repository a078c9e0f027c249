use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_core::model::{Secret, Version};
use strongroom_core::time::Seconds;
use strongroom_engine::Kind;
use strongroom_engine::operations::kv::{MetadataChange, WriteMetadata};
use strongroom_engine::operations::{DescribeSecret, PurgeSecret};

use super::super::super::body::Span;
use super::super::super::call::Call;
use super::super::super::fault::Fault;
use super::super::super::reply::Reply;
use super::super::super::tokens::rfc3339;
use super::data::require_merge_patch;
use super::secret_path;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    max_versions: Option<u32>,
    cas_required: Option<bool>,
    delete_version_after: Option<Span>,
    custom_metadata: Option<BTreeMap<String, Option<String>>>,
}

pub(super) fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let secret = call.ask(&DescribeSecret { path: secret_path(call) })?;
    if secret.is_deleted() {
        return Err(Fault::nothing());
    }
    let versions: Map<String, Value> = secret
        .versions()
        .iter()
        .map(|version| (version.number.to_string(), described(version)))
        .collect();
    Ok(Reply::data(json!({
        "cas_required": secret.limits.check_and_set_required,
        "created_time": rfc3339(secret.created.0),
        "current_version": secret.current().map_or(0, |number| number.0),
        "custom_metadata": custom_metadata(&secret),
        "delete_version_after": Span::go(secret.limits.delete_after.unwrap_or(Seconds(0))),
        "max_versions": secret.limits.versions_max,
        "oldest_version": oldest(&secret),
        "updated_time": rfc3339(secret.updated.0),
        "versions": versions,
    })))
}

fn described(version: &Version) -> Value {
    json!({
        "created_time": rfc3339(version.created.0),
        "deletion_time": version.deleted_at.map(|at| rfc3339(at.0)).unwrap_or_default(),
        "destroyed": version.destroyed,
    })
}

fn custom_metadata(secret: &Secret) -> Value {
    if secret.custom_metadata.is_empty() { Value::Null } else { json!(secret.custom_metadata) }
}

/// 0 until a version was dropped, as Vault counts.
fn oldest(secret: &Secret) -> u64 {
    let first = secret.versions().first().map_or(0, |version| version.number.0);
    if first == 1 { 0 } else { first }
}

pub(super) fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    change(call, false)
}

pub(super) fn patch(call: &Call<'_>) -> Result<Reply, Fault> {
    require_merge_patch(call)?;
    change(call, true)
}

fn change(call: &Call<'_>, patch: bool) -> Result<Reply, Fault> {
    let written: Written = call.body.read()?;
    let change = MetadataChange {
        versions_max: written.max_versions,
        check_and_set_required: written.cas_required,
        delete_after: written.delete_version_after.map(|span| span.0),
        custom_metadata: written.custom_metadata,
    };
    call.ask(&WriteMetadata { path: secret_path(call), change, patch })?;
    Ok(Reply::Empty)
}

/// 204, also where there is no such secret, as Vault answers.
pub(super) fn purge(call: &Call<'_>) -> Result<Reply, Fault> {
    let operation = PurgeSecret { path: secret_path(call) };
    loop {
        match call.perform(&operation) {
            Ok(true) => return Ok(Reply::Empty),
            Ok(false) => {}
            Err(error) if error.kind() == Kind::NotFound => return Ok(Reply::Empty),
            Err(error) => return Err(error.into()),
        }
    }
}
