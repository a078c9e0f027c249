//! `vault status`.

use std::process::ExitCode;

use serde_json::{Map, Value};

use super::REFUSED;
use super::api::Api;
use super::render::{Format, members};
use crate::context::Context;
use crate::failure::Failure;

/// The members of the answer by Vault's titles.
const TITLES: &[(&str, &str)] = &[
    ("Seal Type", "type"),
    ("Initialized", "initialized"),
    ("Sealed", "sealed"),
    ("Total Shares", "n"),
    ("Threshold", "t"),
    ("Unseal Progress", "progress"),
    ("Unseal Nonce", "nonce"),
    ("Version", "version"),
    ("Build Date", "build_date"),
    ("Storage Type", "storage_type"),
    ("Cluster Name", "cluster_name"),
    ("Cluster ID", "cluster_id"),
];

pub(super) fn run(context: &Context, api: &Api, format: Format) -> Result<ExitCode, Failure> {
    let answer = api.send("GET", "sys/seal-status", None);
    let answer = answer.map_err(|error| super::api::unreachable(error).code(1))?;
    let answer = answer.succeeded().map_err(|failure| failure.code(1))?;
    show(context, format, &answer.body)?;
    let is_sealed = answer.body.get("sealed").and_then(Value::as_bool).unwrap_or(true);
    Ok(ExitCode::from(if is_sealed { REFUSED } else { 0 }))
}

/// A seal status.
pub(super) fn show(context: &Context, format: Format, status: &Value) -> Result<(), Failure> {
    if format == Format::Json {
        return context.output.json(status);
    }
    let is_sealed = status.get("sealed").and_then(Value::as_bool).unwrap_or(true);
    let rows = TITLES.iter().filter_map(|(title, name)| {
        let value = status.get(name).filter(|value| !value.is_null() && *value != "")?;
        let of_unsealing = matches!(*name, "progress" | "nonce");
        (is_sealed || !of_unsealing).then(|| ((*title).to_owned(), value.clone()))
    });
    members(context, &rows.collect::<Map<String, Value>>())
}
