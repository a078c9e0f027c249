//! `sys/policies/acl` and its older form `sys/policy`
//! (<https://developer.hashicorp.com/vault/api-docs/system/policies>).

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_engine::operations::policy::{DeletePolicy, ListPolicies, ReadPolicy, WritePolicy};

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::List, "policies/acl", "The names of all policies", list),
    Route::new(Verb::Read, "policies/acl/{name}", "A policy's text", read),
    Route::new(Verb::Write, "policies/acl/{name}", "Write a policy", write),
    Route::new(Verb::Delete, "policies/acl/{name}", "Delete a policy", delete),
    Route::new(Verb::List, "policy", "The names of all policies", list_old),
    Route::new(Verb::Read, "policy", "The names of all policies", list_old),
    Route::new(Verb::Read, "policy/{name}", "A policy's text, as `rules`", read_old),
    Route::new(Verb::Write, "policy/{name}", "Write a policy", write),
    Route::new(Verb::Delete, "policy/{name}", "Delete a policy", delete),
];

#[derive(Deserialize)]
struct Written {
    policy: Option<String>,
    rules: Option<String>,
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListPolicies)?)
}

fn list_old(call: &Call<'_>) -> Result<Reply, Fault> {
    let names = call.ask(&ListPolicies)?;
    let members = [("keys", json!(names)), ("policies", json!(names))];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Ok(Reply::data_and_beside(Map::from_iter(members)))
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let (name, policy) = call.ask(&ReadPolicy::new(&call.named("name")))?;
    Ok(Reply::data(json!({ "name": name, "policy": policy })))
}

fn read_old(call: &Call<'_>) -> Result<Reply, Fault> {
    let (name, rules) = call.ask(&ReadPolicy::new(&call.named("name")))?;
    let members = [("name", Value::from(name)), ("rules", Value::from(rules))];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Ok(Reply::data_and_beside(Map::from_iter(members)))
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Written = call.body.read()?;
    let missing = || Fault::invalid("'policy' parameter not supplied or empty");
    let text = written.policy.or(written.rules).filter(|text| !text.is_empty());
    let text = text.ok_or_else(missing)?;
    // Vault takes the text in base64 as well; a policy never looks like that, since it has spaces or braces.
    let decoded =
        BASE64.decode(text.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    call.ask(&WritePolicy::new(&call.named("name"), decoded.unwrap_or(text)))?;
    Ok(Reply::Empty)
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeletePolicy::new(&call.named("name")))?;
    Ok(Reply::Empty)
}
