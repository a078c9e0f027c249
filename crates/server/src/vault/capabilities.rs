//! `sys/capabilities` (<https://developer.hashicorp.com/vault/api-docs/system/capabilities>).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::capabilities::{CapabilitiesOf, ReadCapabilities};

use super::body::Words;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "capabilities", "What a token may do at paths", of_token),
    Route::new(Verb::Write, "capabilities-self", "What the caller may do at paths", own),
    Route::new(
        Verb::Write,
        "capabilities-accessor",
        "What the token with an accessor may do at paths",
        of_accessor,
    ),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    paths: Words,
    path: Words,
    token: String,
    accessor: String,
}

fn of_token(call: &Call<'_>) -> Result<Reply, Fault> {
    let asked: Asked = call.body.read()?;
    let token = PlainToken::new(asked.token.clone().into_bytes());
    answer(call, asked, CapabilitiesOf::Token(Arc::new(token)))
}

fn own(call: &Call<'_>) -> Result<Reply, Fault> {
    answer(call, call.body.read()?, CapabilitiesOf::Own)
}

fn of_accessor(call: &Call<'_>) -> Result<Reply, Fault> {
    let asked: Asked = call.body.read()?;
    let accessor = asked.accessor.clone();
    answer(call, asked, CapabilitiesOf::Accessor(accessor))
}

/// A member for each path; where one path was asked of, its words as `capabilities` as well.
fn answer(call: &Call<'_>, asked: Asked, of: CapabilitiesOf) -> Result<Reply, Fault> {
    let paths = if asked.paths.0.is_empty() { asked.path.0 } else { asked.paths.0 };
    let read = call.ask(&ReadCapabilities { of, paths })?;
    let mut members = Map::new();
    if let [(_, words)] = read.as_slice() {
        members.insert("capabilities".into(), json!(words));
    }
    members.extend(read.into_iter().map(|(path, words)| (path, Value::from(words))));
    Ok(Reply::data_and_beside(members))
}
