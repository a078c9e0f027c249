//! `cubbyhole` (<https://developer.hashicorp.com/vault/api-docs/secret/cubbyhole>).

use http::StatusCode;
use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::cubbyhole::{
    DeleteCubbyhole, ListCubbyhole, ReadCubbyhole, WriteCubbyhole,
};

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "{path..}", "Something that the caller's token keeps", read),
    Route::new(Verb::Write, "{path..}", "Keep something with the caller's token", write),
    Route::new(Verb::Delete, "{path..}", "Erase something that the token keeps", delete),
    Route::new(Verb::List, "", "Names in the caller's cubbyhole", list),
    Route::new(Verb::List, "{path..}", "Names in a folder of the caller's cubbyhole", list),
];

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let value = call.ask(&ReadCubbyhole { path: call.path().to_owned() })?;
    let bytes = value.expose();
    Reply::written(call.request_id(), StatusCode::OK, 0, bytes.len(), |output| {
        output.extend_from_slice(bytes);
        Ok(())
    })
}

/// The object is kept as it was sent: it was parsed to see that it is one.
fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    if call.body.members().is_empty() {
        return Err(Fault::invalid("missing data fields"));
    }
    let value = SecretValue::new(call.incoming().body.to_vec());
    call.ask(&WriteCubbyhole { path: call.path().to_owned(), value })?;
    Ok(Reply::Empty)
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteCubbyhole { path: call.path().to_owned() })?;
    Ok(Reply::Empty)
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListCubbyhole::new(call.path()))?)
}
