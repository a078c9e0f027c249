//! KV version 2 (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>).

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::reply::Reply;
use super::super::route::{Route, Verb};

pub(in super::super) const ROUTES: &[Route] = &[Route::new(
    Verb::Delete,
    "metadata/{path..}",
    "Remove a secret with all its versions",
    purge,
)];

fn purge(call: &Call<'_>) -> Result<Reply, Fault> {
    let path = format!("{}/{}", call.mount(), call.named("path"));
    while !call.ask(&strongroom_engine::operations::PurgeSecret { path: path.clone() })? {}
    Ok(Reply::Empty)
}
