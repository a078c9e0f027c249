//! KV version 2 (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>).

mod config;
mod data;
mod metadata;
mod versions;

use strongroom_core::model::{Selector, VersionNumber};

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::reply::Reply;
use super::super::route::{Route, Verb};
use super::list;

pub(in super::super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "config", "The limits of the mount", config::read),
    Route::new(Verb::Write, "config", "Change the limits of the mount", config::write),
    Route::new(Verb::Read, "data/{path..}", "A version's value", data::read),
    Route::new(Verb::Write, "data/{path..}", "Write a new version", data::write),
    Route::new(
        Verb::Patch,
        "data/{path..}",
        "Write a new version by a JSON merge patch of the current one",
        data::patch,
    ),
    Route::new(Verb::Delete, "data/{path..}", "Hide the current version", data::delete),
    Route::new(Verb::Read, "subkeys/{path..}", "The names in a version's value", data::subkeys),
    Route::new(Verb::Read, "metadata/{path..}", "What is known of a secret", metadata::read),
    Route::new(Verb::Write, "metadata/{path..}", "Write a secret's metadata", metadata::write),
    Route::new(Verb::Patch, "metadata/{path..}", "Change a secret's metadata", metadata::patch),
    Route::new(
        Verb::Delete,
        "metadata/{path..}",
        "Erase a secret with all its versions",
        metadata::purge,
    ),
    Route::new(Verb::List, "metadata", "Names in the mount", names),
    Route::new(Verb::List, "metadata/{path..}", "Names in a folder", names),
    Route::new(Verb::Scan, "metadata", "Names in the mount, at any depth", names),
    Route::new(Verb::Scan, "metadata/{path..}", "Names in a folder, at any depth", names),
    Route::new(Verb::Write, "delete/{path..}", "Hide versions", versions::delete),
    Route::new(Verb::Write, "undelete/{path..}", "Bring versions back", versions::undelete),
    Route::new(Verb::Write, "destroy/{path..}", "Erase versions", versions::destroy),
];

fn names(call: &Call<'_>) -> Result<Reply, Fault> {
    list::folder(call, &call.named("path"))
}

/// The canonical path of the secret that is meant, which has no word of this API in it.
fn secret_path(call: &Call<'_>) -> String {
    [call.mount(), "/", &call.named("path")].concat()
}

/// Which version is meant: `?version=3`, the current one for 0 and for nothing.
fn selector(call: &Call<'_>) -> Result<Selector, Fault> {
    let Some(text) = call.query("version").filter(|text| !text.is_empty()) else {
        return Ok(Selector::Current);
    };
    match text.parse() {
        Ok(0) => Ok(Selector::Current),
        Ok(number) => Ok(Selector::Number(VersionNumber(number))),
        Err(_) => Err(Fault::invalid("'version' is not a version's number")),
    }
}
