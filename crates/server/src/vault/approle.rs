//! `auth/approle` (<https://developer.hashicorp.com/vault/api-docs/auth/approle>).

use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_engine::operations::approle::{
    AppRole, AppRoleChange, AppRolePart as Part, CreateSecretId, DeleteAppRole, DestroySecretId,
    ListAppRoles, ListSecretIds, LoginAppRole, LookupSecretId, ReadAppRole, ResetAppRole,
    RoleSecret, SecretIdReference, SecretIdRequest, TidySecretIds, WriteAppRole,
};

use super::body::{Span, Words};
use super::call::{Call, secret};
use super::fault::Fault;
use super::lenient::{Truth, Whole};
use super::login::{TokenMembers, count, refusal, token_members};
use super::reply::Reply;
use super::route::{Route, Verb};
use super::tokens::{issued, rfc3339};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "login", "Log in", login).open(),
    Route::new(Verb::List, "role", "The names of all roles", list),
    Route::new(Verb::Read, "role/{name}", "A role", read),
    Route::new(Verb::Write, "role/{name}", "Write a role", write),
    Route::new(Verb::Delete, "role/{name}", "Delete a role", delete),
    Route::new(Verb::Read, "role/{name}/role-id", "The id that a login names a role by", |call| {
        read_part(call, Part::RoleId)
    }),
    Route::new(Verb::Write, "role/{name}/role-id", "Change it", |call| {
        write_part(call, Part::RoleId)
    }),
    Route::new(Verb::Read, "role/{name}/policies", "The policies of a role's tokens", |call| {
        read_part(call, Part::Policies)
    }),
    Route::new(Verb::Write, "role/{name}/policies", "Change them", |call| {
        write_part(call, Part::Policies)
    }),
    Route::new(Verb::Delete, "role/{name}/policies", "As in a new role", |call| {
        reset_part(call, Part::Policies)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/bound-cidr-list",
        "The networks that logins come from",
        |call| read_part(call, Part::BoundCidrList),
    ),
    Route::new(Verb::Write, "role/{name}/bound-cidr-list", "Change them", |call| {
        write_part(call, Part::BoundCidrList)
    }),
    Route::new(Verb::Delete, "role/{name}/bound-cidr-list", "As in a new role", |call| {
        reset_part(call, Part::BoundCidrList)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/secret-id-bound-cidrs",
        "The networks that logins come from",
        |call| read_part(call, Part::SecretIdBoundCidrs),
    ),
    Route::new(Verb::Write, "role/{name}/secret-id-bound-cidrs", "Change them", |call| {
        write_part(call, Part::SecretIdBoundCidrs)
    }),
    Route::new(Verb::Delete, "role/{name}/secret-id-bound-cidrs", "As in a new role", |call| {
        reset_part(call, Part::SecretIdBoundCidrs)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/token-bound-cidrs",
        "The networks that tokens are used from",
        |call| read_part(call, Part::TokenBoundCidrs),
    ),
    Route::new(Verb::Write, "role/{name}/token-bound-cidrs", "Change them", |call| {
        write_part(call, Part::TokenBoundCidrs)
    }),
    Route::new(Verb::Delete, "role/{name}/token-bound-cidrs", "As in a new role", |call| {
        reset_part(call, Part::TokenBoundCidrs)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/bind-secret-id",
        "Whether logins need a secret id",
        |call| read_part(call, Part::BindSecretId),
    ),
    Route::new(Verb::Write, "role/{name}/bind-secret-id", "Change that", |call| {
        write_part(call, Part::BindSecretId)
    }),
    Route::new(Verb::Delete, "role/{name}/bind-secret-id", "As in a new role", |call| {
        reset_part(call, Part::BindSecretId)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/secret-id-num-uses",
        "How many logins a secret id is good for",
        |call| read_part(call, Part::SecretIdUses),
    ),
    Route::new(Verb::Write, "role/{name}/secret-id-num-uses", "Change that", |call| {
        write_part(call, Part::SecretIdUses)
    }),
    Route::new(Verb::Delete, "role/{name}/secret-id-num-uses", "As in a new role", |call| {
        reset_part(call, Part::SecretIdUses)
    }),
    Route::new(Verb::Read, "role/{name}/secret-id-ttl", "How long secret ids live", |call| {
        read_part(call, Part::SecretIdTtl)
    }),
    Route::new(Verb::Write, "role/{name}/secret-id-ttl", "Change that", |call| {
        write_part(call, Part::SecretIdTtl)
    }),
    Route::new(Verb::Delete, "role/{name}/secret-id-ttl", "As in a new role", |call| {
        reset_part(call, Part::SecretIdTtl)
    }),
    Route::new(Verb::Read, "role/{name}/token-num-uses", "How often tokens can be used", |call| {
        read_part(call, Part::TokenUses)
    }),
    Route::new(Verb::Write, "role/{name}/token-num-uses", "Change that", |call| {
        write_part(call, Part::TokenUses)
    }),
    Route::new(Verb::Delete, "role/{name}/token-num-uses", "As in a new role", |call| {
        reset_part(call, Part::TokenUses)
    }),
    Route::new(Verb::Read, "role/{name}/token-ttl", "How long tokens live at first", |call| {
        read_part(call, Part::TokenTtl)
    }),
    Route::new(Verb::Write, "role/{name}/token-ttl", "Change that", |call| {
        write_part(call, Part::TokenTtl)
    }),
    Route::new(Verb::Delete, "role/{name}/token-ttl", "As in a new role", |call| {
        reset_part(call, Part::TokenTtl)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/token-max-ttl",
        "How long tokens live with all renewals",
        |call| read_part(call, Part::TokenMaxTtl),
    ),
    Route::new(Verb::Write, "role/{name}/token-max-ttl", "Change that", |call| {
        write_part(call, Part::TokenMaxTtl)
    }),
    Route::new(Verb::Delete, "role/{name}/token-max-ttl", "As in a new role", |call| {
        reset_part(call, Part::TokenMaxTtl)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/period",
        "How long tokens live after each renewal",
        |call| read_part(call, Part::Period),
    ),
    Route::new(Verb::Write, "role/{name}/period", "Change that", |call| {
        write_part(call, Part::Period)
    }),
    Route::new(Verb::Delete, "role/{name}/period", "As in a new role", |call| {
        reset_part(call, Part::Period)
    }),
    Route::new(
        Verb::Read,
        "role/{name}/local-secret-ids",
        "Whether secret ids are local",
        |call| read_part(call, Part::LocalSecretIds),
    ),
    Route::new(Verb::Write, "role/{name}/secret-id", "Make a secret id", create_secret_id),
    Route::new(Verb::List, "role/{name}/secret-id", "The accessors of secret ids", list_secret_ids),
    Route::new(
        Verb::Write,
        "role/{name}/custom-secret-id",
        "Make a secret id with a text of the caller's",
        create_custom_secret_id,
    ),
    Route::new(Verb::Write, "role/{name}/secret-id/lookup", "A secret id", |call| {
        lookup(call, text(call)?)
    }),
    Route::new(Verb::Write, "role/{name}/secret-id/destroy", "Remove a secret id", |call| {
        destroy(call, text(call)?)
    }),
    Route::new(Verb::Delete, "role/{name}/secret-id/destroy", "Remove a secret id", |call| {
        destroy(call, text(call)?)
    }),
    Route::new(
        Verb::Write,
        "role/{name}/secret-id-accessor/lookup",
        "A secret id by its accessor",
        |call| lookup(call, accessor(call)?),
    ),
    Route::new(
        Verb::Write,
        "role/{name}/secret-id-accessor/destroy",
        "Remove a secret id by its accessor",
        |call| destroy(call, accessor(call)?),
    ),
    Route::new(
        Verb::Delete,
        "role/{name}/secret-id-accessor/destroy",
        "Remove a secret id by its accessor",
        |call| destroy(call, accessor(call)?),
    ),
    Route::new(Verb::Write, "tidy/secret-id", "Remove what has ended", tidy),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenRole {
    role_id: Option<String>,
    bind_secret_id: Option<Truth>,
    secret_id_bound_cidrs: Option<Words>,
    bound_cidr_list: Option<Words>,
    secret_id_num_uses: Option<Whole>,
    secret_id_ttl: Option<Span>,
    local_secret_ids: Option<Truth>,
    enable_local_secret_ids: Option<Truth>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenSecretId {
    secret_id: String,
    metadata: Option<Value>,
    cidr_list: Option<Words>,
    token_bound_cidrs: Option<Words>,
    num_uses: Option<Whole>,
    ttl: Option<Span>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    role_id: String,
    secret_id: String,
    secret_id_accessor: String,
}

fn login(call: &Call<'_>) -> Result<Reply, Fault> {
    let shown: Shown = call.body.read()?;
    if shown.role_id.trim().is_empty() {
        return Err(Fault::invalid("missing role_id"));
    }
    let login = LoginAppRole::new(call.mount(), secret(&shown.role_id), secret(&shown.secret_id));
    let answer = call.perform_anonymously(&login);
    Ok(issued(answer.map_err(|error| refusal(error, "invalid role or secret ID"))?))
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListAppRoles::new(call.mount()))?)
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let role = call.ask(&ReadAppRole::new(call.mount(), &call.named("name"), Part::Whole))?;
    let mut members = token_members(&role.token);
    let own = [
        ("bind_secret_id", json!(role.bind_secret_id)),
        ("local_secret_ids", json!(role.local_secret_ids)),
        ("secret_id_bound_cidrs", networks(&role.secret_id_bound_cidrs)),
        ("secret_id_num_uses", json!(role.secret_id_uses)),
        ("secret_id_ttl", json!(role.secret_id_ttl.0)),
    ];
    members.extend(own.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(Reply::data(members))
}

/// As Vault: `null` when there are none.
fn networks(cidrs: &[String]) -> Value {
    if cidrs.is_empty() { Value::Null } else { json!(cidrs) }
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    write_part(call, Part::Whole)
}

fn write_part(call: &Call<'_>, part: Part) -> Result<Reply, Fault> {
    let change = change(call)?;
    call.ask(&WriteAppRole::new(call.mount(), &call.named("name"), part, change))?;
    Ok(Reply::Empty)
}

fn change(call: &Call<'_>) -> Result<AppRoleChange, Fault> {
    let written: WrittenRole = call.body.read()?;
    let token: TokenMembers = call.body.read()?;
    let cidrs = written.secret_id_bound_cidrs.or(written.bound_cidr_list);
    let local = written.local_secret_ids.or(written.enable_local_secret_ids);
    Ok(AppRoleChange {
        role_id: written.role_id,
        bind_secret_id: written.bind_secret_id.map(|truth| truth.0),
        secret_id_bound_cidrs: cidrs.map(|words| words.0),
        secret_id_uses: count("secret_id_num_uses", written.secret_id_num_uses)?,
        secret_id_ttl: written.secret_id_ttl.map(|span| span.0),
        local_secret_ids: local.map(|truth| truth.0),
        token: token.change()?,
    })
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteAppRole::new(call.mount(), &call.named("name")))?;
    Ok(Reply::Empty)
}

fn read_part(call: &Call<'_>, part: Part) -> Result<Reply, Fault> {
    let role = call.ask(&ReadAppRole::new(call.mount(), &call.named("name"), part))?;
    let (name, value) = member(&role, part);
    Ok(Reply::data(Map::from_iter([(name.to_owned(), value)])))
}

/// A part of a role by its name in a body.
fn member(role: &AppRole, part: Part) -> (&'static str, Value) {
    match part {
        Part::Whole => ("role", Value::Null),
        Part::RoleId => ("role_id", json!(role.role_id)),
        Part::Policies => ("token_policies", json!(role.token.policies)),
        Part::BoundCidrList => ("bound_cidr_list", networks(&role.secret_id_bound_cidrs)),
        Part::SecretIdBoundCidrs => {
            ("secret_id_bound_cidrs", networks(&role.secret_id_bound_cidrs))
        }
        Part::TokenBoundCidrs => ("token_bound_cidrs", json!(role.token.bound_cidrs)),
        Part::BindSecretId => ("bind_secret_id", json!(role.bind_secret_id)),
        Part::SecretIdUses => ("secret_id_num_uses", json!(role.secret_id_uses)),
        Part::SecretIdTtl => ("secret_id_ttl", json!(role.secret_id_ttl.0)),
        Part::TokenUses => ("token_num_uses", json!(role.token.uses)),
        Part::TokenTtl => ("token_ttl", json!(role.token.ttl.0)),
        Part::TokenMaxTtl => ("token_max_ttl", json!(role.token.max_ttl.0)),
        Part::Period => ("token_period", json!(role.token.period.0)),
        Part::LocalSecretIds => ("local_secret_ids", json!(role.local_secret_ids)),
    }
}

fn reset_part(call: &Call<'_>, part: Part) -> Result<Reply, Fault> {
    call.ask(&ResetAppRole::new(call.mount(), &call.named("name"), part))?;
    Ok(Reply::Empty)
}

fn create_secret_id(call: &Call<'_>) -> Result<Reply, Fault> {
    create(call, call.body.read()?, false)
}

fn create_custom_secret_id(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: WrittenSecretId = call.body.read()?;
    if written.secret_id.is_empty() {
        return Err(Fault::invalid("missing secret_id"));
    }
    create(call, written, true)
}

fn create(call: &Call<'_>, written: WrittenSecretId, custom: bool) -> Result<Reply, Fault> {
    let words = |words: Option<Words>| words.unwrap_or_default().0;
    let asked = SecretIdRequest {
        text: custom.then(|| secret(&written.secret_id)),
        metadata: metadata(written.metadata)?,
        bound_cidrs: words(written.cidr_list),
        token_bound_cidrs: words(written.token_bound_cidrs),
        uses: count("num_uses", written.num_uses)?,
        ttl: written.ttl.map(|span| span.0),
    };
    let created = call.ask(&CreateSecretId::new(call.mount(), &call.named("name"), asked))?;
    Ok(Reply::data(json!({
        "secret_id": created.text.expose_text().unwrap_or_default(),
        "secret_id_accessor": created.secret.accessor,
        "secret_id_num_uses": created.secret.uses_left.unwrap_or(0),
        "secret_id_ttl": created.secret.ttl.0,
    })))
}

/// An object of texts, the JSON of one in a text, or `key=value,key=value`.
fn metadata(written: Option<Value>) -> Result<BTreeMap<String, String>, Fault> {
    let failed = || Fault::invalid("failed to parse metadata: it is not an object of texts");
    let value = match written {
        None => return Ok(BTreeMap::new()),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(BTreeMap::new()),
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(_) => return pairs(&text).ok_or_else(failed),
        },
        Some(value) => value,
    };
    serde_json::from_value(value).map_err(|_| failed())
}

fn pairs(text: &str) -> Option<BTreeMap<String, String>> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=')?;
        let (key, value) = (key.trim(), value.trim());
        (!key.is_empty()).then(|| (key.to_owned(), value.to_owned()))
    };
    text.split(',').map(pair).collect()
}

fn list_secret_ids(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListSecretIds::new(call.mount(), &call.named("name")))?)
}

fn text(call: &Call<'_>) -> Result<SecretIdReference, Fault> {
    let Shown { secret_id, .. } = call.body.read()?;
    if secret_id.is_empty() {
        return Err(Fault::invalid("missing secret_id"));
    }
    Ok(SecretIdReference::Text(Arc::new(secret(&secret_id))))
}

fn accessor(call: &Call<'_>) -> Result<SecretIdReference, Fault> {
    let Shown { secret_id_accessor, .. } = call.body.read()?;
    if secret_id_accessor.is_empty() {
        return Err(Fault::invalid("missing secret_id_accessor"));
    }
    Ok(SecretIdReference::Accessor(secret_id_accessor))
}

fn lookup(call: &Call<'_>, which: SecretIdReference) -> Result<Reply, Fault> {
    let found = call.ask(&LookupSecretId::new(call.mount(), &call.named("name"), which))?;
    Ok(found.map_or(Reply::Empty, |secret| Reply::data(described(&secret))))
}

fn described(secret: &RoleSecret) -> Value {
    // Go's time zero, as Vault has it for what does not end.
    let never = || "0001-01-01T00:00:00Z".to_owned();
    json!({
        "secret_id_accessor": secret.accessor,
        "secret_id_num_uses": secret.uses_left.unwrap_or(0),
        "secret_id_ttl": secret.ttl.0,
        "creation_time": rfc3339(secret.created.0),
        "expiration_time": secret.expires.map_or_else(never, |at| rfc3339(at.0)),
        "last_updated_time": rfc3339(secret.updated.0),
        "metadata": secret.metadata,
        "cidr_list": secret.bound_cidrs,
        "token_bound_cidrs": secret.token_bound_cidrs,
    })
}

fn destroy(call: &Call<'_>, which: SecretIdReference) -> Result<Reply, Fault> {
    let destroy = DestroySecretId::new(call.mount(), &call.named("name"), which);
    match call.verb() {
        Verb::Delete => call.ask(&destroy.by_delete())?,
        _ => call.ask(&destroy)?,
    }
    Ok(Reply::Empty)
}

fn tidy(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&TidySecretIds::new(call.mount()))?;
    let warning =
        "secret ids are removed when their time is over; those that were left are removed";
    let reply = Reply::data_with(StatusCode::ACCEPTED, Value::Null);
    Ok(reply.warning(vec![warning.to_owned()]))
}
