//! `identity/oidc`: identity tokens
//! (<https://developer.hashicorp.com/vault/api-docs/secret/identity/tokens>).

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::identity::oidc::{
    DeleteOidcKey, DeleteOidcRole, IntrospectOidcToken, IssueOidcToken, ListOidcKeys,
    ListOidcRoles, OidcKeyChange, OidcRoleChange, ReadOidcConfig, ReadOidcKey, ReadOidcKeys,
    ReadOidcProvider, ReadOidcRole, RotateOidcKey, WriteOidcConfig, WriteOidcKey, WriteOidcRole,
};

use crate::vault::body::{Span, Words};
use crate::vault::call::Call;
use crate::vault::fault::Fault;
use crate::vault::reply::Reply;
use crate::vault::route::{Route, Verb};

pub(in crate::vault) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "oidc/config", "The issuer of identity tokens", read_config),
    Route::new(Verb::Write, "oidc/config", "Set the issuer of identity tokens", write_config),
    Route::new(Verb::List, "oidc/key", "The names of all signing keys", list_keys),
    Route::new(Verb::Read, "oidc/key/{name}", "How a signing key is used", read_key),
    Route::new(Verb::Write, "oidc/key/{name}", "Make or change a signing key", write_key),
    Route::new(Verb::Delete, "oidc/key/{name}", "Delete a signing key", delete_key),
    Route::new(Verb::Write, "oidc/key/{name}/rotate", "Let the next key sign", rotate_key),
    Route::new(Verb::List, "oidc/role", "The names of all roles", list_roles),
    Route::new(Verb::Read, "oidc/role/{name}", "What a role's tokens are like", read_role),
    Route::new(Verb::Write, "oidc/role/{name}", "Make or change a role", write_role),
    Route::new(Verb::Delete, "oidc/role/{name}", "Delete a role", delete_role),
    Route::new(Verb::Read, "oidc/token/{name}", "A token that says who the caller is", issue),
    Route::new(Verb::Write, "oidc/introspect", "Whether an identity token is good", introspect),
    Route::new(
        Verb::Read,
        "oidc/.well-known/openid-configuration",
        "Where identity tokens come from",
        read_provider,
    )
    .open(),
    Route::new(Verb::Read, "oidc/.well-known/keys", "The public keys", read_public_keys).open(),
];

/// What Vault says when an issuer is set.
const ISSUER_WARNING: &str = "If \"issuer\" is set explicitly, all tokens must be validated against that address. \
     Setting issuer to \"\" restores the default behaviour of using the path alone.";

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    issuer: String,
}

#[derive(Deserialize)]
struct Key {
    algorithm: Option<String>,
    rotation_period: Option<Span>,
    verification_ttl: Option<Span>,
    allowed_client_ids: Option<Words>,
}

#[derive(Deserialize)]
struct Rotation {
    verification_ttl: Option<Span>,
}

#[derive(Deserialize)]
struct Role {
    key: Option<String>,
    template: Option<String>,
    client_id: Option<String>,
    ttl: Option<Span>,
}

#[derive(Deserialize)]
struct Introspected {
    #[serde(default)]
    token: String,
    client_id: Option<String>,
}

fn read_config(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(Reply::data(json!({ "issuer": call.ask(&ReadOidcConfig)? })))
}

fn write_config(call: &Call<'_>) -> Result<Reply, Fault> {
    let Config { issuer } = call.body.read()?;
    let is_set = !issuer.is_empty();
    call.ask(&WriteOidcConfig { issuer })?;
    if !is_set {
        return Ok(Reply::Empty);
    }
    Ok(Reply::no_data().warning(vec![ISSUER_WARNING.to_owned()]))
}

fn list_keys(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListOidcKeys)?)
}

fn read_key(call: &Call<'_>) -> Result<Reply, Fault> {
    let key = call.ask(&ReadOidcKey::new(&call.named("name")))?;
    Ok(Reply::data(json!({
        "algorithm": key.algorithm.name(),
        "allowed_client_ids": key.allowed_client_ids,
        "rotation_period": key.periods.rotation.0,
        "verification_ttl": key.periods.verification.0,
    })))
}

fn write_key(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Key = call.body.read()?;
    let change = OidcKeyChange {
        algorithm: written.algorithm,
        rotation: written.rotation_period.map(|span| span.0),
        verification: written.verification_ttl.map(|span| span.0),
        allowed_client_ids: written.allowed_client_ids.map(|words| words.0),
    };
    call.ask(&WriteOidcKey::new(&call.named("name"), change))?;
    Ok(Reply::Empty)
}

fn delete_key(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteOidcKey::new(&call.named("name")))?;
    Ok(Reply::Empty)
}

fn rotate_key(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Rotation = call.body.read()?;
    let verification = written.verification_ttl.map(|span| span.0);
    call.ask(&RotateOidcKey::new(&call.named("name"), verification))?;
    Ok(Reply::Empty)
}

fn list_roles(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListOidcRoles)?)
}

fn read_role(call: &Call<'_>) -> Result<Reply, Fault> {
    let role = call.ask(&ReadOidcRole::new(&call.named("name")))?;
    Ok(Reply::data(json!({
        "client_id": role.client_id,
        "key": role.key,
        "template": role.template,
        "ttl": role.ttl.0,
    })))
}

fn write_role(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Role = call.body.read()?;
    let change = OidcRoleChange {
        key: written.key,
        template: written.template,
        client_id: written.client_id,
        ttl: written.ttl.map(|span| span.0),
    };
    call.ask(&WriteOidcRole::new(&call.named("name"), change))?;
    Ok(Reply::Empty)
}

fn delete_role(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteOidcRole::new(&call.named("name")))?;
    Ok(Reply::Empty)
}

fn issue(call: &Call<'_>) -> Result<Reply, Fault> {
    let issued = call.ask(&IssueOidcToken::new(&call.named("name")))?;
    Ok(Reply::data(json!({
        "client_id": issued.client_id,
        "token": issued.token.as_str(),
        "ttl": issued.ttl.0,
    })))
}

fn introspect(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Introspected = call.body.read()?;
    let client_id = written.client_id.filter(|id| !id.is_empty());
    let token = SecretValue::new(written.token.into_bytes());
    let problem = call.ask(&IntrospectOidcToken { token, client_id })?;
    Ok(Reply::Raw(
        StatusCode::OK,
        match problem {
            None => json!({ "active": true }),
            Some(problem) => json!({ "active": false, "error": problem }),
        },
    ))
}

fn read_provider(call: &Call<'_>) -> Result<Reply, Fault> {
    let document = call.ask(&ReadOidcProvider::new(call.mount()))?;
    Ok(Reply::Raw(
        StatusCode::OK,
        json!({
            "issuer": document.issuer,
            "jwks_uri": document.jwks_uri,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": document.algorithms,
        }),
    ))
}

fn read_public_keys(call: &Call<'_>) -> Result<Reply, Fault> {
    let document = call.ask(&ReadOidcKeys::new(call.mount()))?;
    Ok(Reply::Bytes(StatusCode::OK, "application/json", document.into()))
}
