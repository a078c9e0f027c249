//! KV version 1 (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1>).

use http::StatusCode;
use serde::Deserialize;
use strongroom_core::model::Selector;
use strongroom_engine::operations::PurgeSecret;
use strongroom_engine::operations::kv::{ReadData, WriteData};
use strongroom_engine::{Kind, projection};

use super::super::body::Span;
use super::super::call::Call;
use super::super::fault::Fault;
use super::super::reply::Reply;
use super::super::route::{Route, Verb};
use super::list;

pub(in super::super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "{path..}", "A secret", read),
    Route::new(Verb::Write, "{path..}", "Write a secret over what is there", write),
    Route::new(Verb::Delete, "{path..}", "Erase a secret", delete),
    Route::new(Verb::List, "", "Names in the mount", names),
    Route::new(Verb::List, "{path..}", "Names in a folder", names),
    Route::new(Verb::Scan, "", "Names in the mount, at any depth", names),
    Route::new(Verb::Scan, "{path..}", "Names in a folder, at any depth", names),
];

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let read = call.ask(&ReadData { path: call.path().to_owned(), selector: Selector::Current })?;
    let payload = read.payload.ok_or_else(Fault::nothing)?;
    let object = projection::object_of(&payload)?;
    let lease = own_lease(object.expose()).unwrap_or(read.lease.0);
    Reply::written(call.request_id(), StatusCode::OK, lease, object.expose().len(), |output| {
        output.extend_from_slice(object.expose());
        Ok(())
    })
}

/// Seconds that a secret says for itself under `ttl` or `lease`, as Vault has it.
fn own_lease(object: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Leased {
        ttl: Option<Span>,
        lease: Option<Span>,
    }
    let Leased { ttl, lease } = serde_json::from_slice(object).ok()?;
    ttl.or(lease).map(|span| span.0.0)
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let text = std::str::from_utf8(&call.incoming().body).unwrap_or_default();
    if call.body.members().is_empty() {
        return Err(Fault::invalid("missing data fields"));
    }
    let payload = projection::payload_of(text)?;
    call.ask(&WriteData { path: call.path().to_owned(), payload, check_and_set: None })?;
    Ok(Reply::Empty)
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    let operation = PurgeSecret { path: call.path().to_owned() };
    loop {
        match call.perform(&operation) {
            Ok(true) => return Ok(Reply::Empty),
            Ok(false) => {}
            // It is not there, which is what was asked for.
            Err(error) if error.kind() == Kind::NotFound => return Ok(Reply::Empty),
            Err(error) => return Err(error.into()),
        }
    }
}

fn names(call: &Call<'_>) -> Result<Reply, Fault> {
    list::folder(call, &call.named("path"))
}
