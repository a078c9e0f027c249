//! `auth/token` (<https://developer.hashicorp.com/vault/api-docs/auth/token>).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::token::{AskedLifetime, PlainToken, Token, TokenKind};
use strongroom_engine::IssuedToken;
use strongroom_engine::operations::token::{
    CreateToken, DeleteTokenRole, ListAccessors, ListTokenRoles, LookupToken, ReadTokenRole,
    RenewToken, RevokeToken, TokenParent, TokenRead, TokenReference, TokenRequest, TokenRole,
    WriteTokenRole,
};

use super::body::{Span, Words};
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "create", "Make a token", create),
    Route::new(Verb::Write, "create-orphan", "Make a token without a parent", create_orphan),
    Route::new(Verb::Write, "create/{role}", "Make a token by a role", create_by_role),
    Route::new(Verb::Read, "lookup-self", "The caller's token", lookup_self),
    Route::new(Verb::Write, "lookup-self", "The caller's token", lookup_self),
    Route::new(Verb::Read, "lookup", "The caller's token", lookup),
    Route::new(Verb::Write, "lookup", "A token", lookup),
    Route::new(Verb::Write, "lookup-accessor", "A token by its accessor", lookup_accessor),
    Route::new(Verb::Write, "renew-self", "Renew the caller's token", renew_self),
    Route::new(Verb::Write, "renew", "Renew a token", renew),
    Route::new(Verb::Write, "renew-accessor", "Renew a token by its accessor", renew_accessor),
    Route::new(Verb::Write, "revoke-self", "Take the caller's token back", revoke_self),
    Route::new(Verb::Write, "revoke", "Take a token back", revoke),
    Route::new(
        Verb::Write,
        "revoke-accessor",
        "Take a token back by its accessor",
        revoke_accessor,
    ),
    Route::new(
        Verb::Write,
        "revoke-orphan",
        "Take a token back and leave its children",
        revoke_orphan,
    ),
    Route::new(Verb::List, "accessors", "The accessors of all tokens", accessors),
    Route::new(Verb::List, "roles", "The names of all token roles", list_roles),
    Route::new(Verb::Read, "roles/{name}", "A token role", read_role),
    Route::new(Verb::Write, "roles/{name}", "Write a token role", write_role),
    Route::new(Verb::Delete, "roles/{name}", "Delete a token role", delete_role),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Created {
    id: Option<String>,
    policies: Option<Words>,
    meta: BTreeMap<String, String>,
    no_parent: bool,
    no_default_policy: bool,
    renewable: Option<bool>,
    ttl: Span,
    lease: Span,
    #[serde(rename = "type")]
    kind: String,
    explicit_max_ttl: Span,
    display_name: String,
    num_uses: u64,
    period: Span,
    entity_alias: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reference {
    token: Option<String>,
    accessor: Option<String>,
    increment: Span,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenRole {
    allowed_policies: Option<Words>,
    disallowed_policies: Option<Words>,
    allowed_policies_glob: Option<Words>,
    disallowed_policies_glob: Option<Words>,
    allowed_entity_aliases: Option<Words>,
    orphan: Option<bool>,
    renewable: Option<bool>,
    path_suffix: Option<String>,
    token_period: Option<Span>,
    period: Option<Span>,
    token_explicit_max_ttl: Option<Span>,
    explicit_max_ttl: Option<Span>,
    token_bound_cidrs: Option<Words>,
    bound_cidrs: Option<Words>,
    token_no_default_policy: Option<bool>,
    token_num_uses: Option<u64>,
    token_type: Option<String>,
}

fn create(call: &Call<'_>) -> Result<Reply, Fault> {
    create_by(call, TokenParent::Caller)
}

fn create_orphan(call: &Call<'_>) -> Result<Reply, Fault> {
    create_by(call, TokenParent::None)
}

fn create_by_role(call: &Call<'_>) -> Result<Reply, Fault> {
    create_by(call, TokenParent::Role(call.named("role")))
}

fn create_by(call: &Call<'_>, parent: TokenParent) -> Result<Reply, Fault> {
    let written: Created = call.body.read()?;
    let ttl = if written.ttl.0.0 > 0 { written.ttl.0 } else { written.lease.0 };
    let asked = TokenRequest {
        text: written.id.map(|text| Arc::new(PlainToken::from(text))),
        policies: written.policies.map(|words| words.0),
        without_default_policy: written.no_default_policy,
        without_parent: written.no_parent,
        metadata: written.meta,
        display_name: written.display_name,
        lifetime: AskedLifetime {
            ttl,
            explicit_max: written.explicit_max_ttl.0,
            period: written.period.0,
        },
        renewable: written.renewable,
        uses: written.num_uses,
        kind: token_kind(&written.kind)?,
        entity_alias: Some(written.entity_alias).filter(|alias| !alias.is_empty()),
    };
    Ok(issued(call.ask(&CreateToken::new(parent, asked))?))
}

fn token_kind(word: &str) -> Result<Option<TokenKind>, Fault> {
    match word {
        "" | "default" | "default-service" | "default-batch" => Ok(None),
        "service" => Ok(Some(TokenKind::Service)),
        "batch" => Ok(Some(TokenKind::Batch)),
        _ => Err(Fault::invalid("invalid 'type' value")),
    }
}

/// The answer that hands a new token to its bearer.
pub(super) fn issued(issued: IssuedToken) -> Reply {
    let now = issued.token.lifetime.issued;
    let text = issued.text.expose_text().unwrap_or_default();
    let auth = auth(&issued.token, text, &issued.identity_policies, now);
    Reply::auth(auth).warning(issued.warnings)
}

fn auth(token: &Token, text: &str, identity_policies: &[String], now: Timestamp) -> Value {
    let mut policies: Vec<&String> = token.policies.iter().chain(identity_policies).collect();
    policies.sort();
    policies.dedup();
    let mut auth = json!({
        "client_token": text,
        "accessor": token.accessor.as_str(),
        "policies": policies,
        "token_policies": token.policies,
        "metadata": metadata(token),
        "lease_duration": token.ttl(now).0,
        "renewable": token.lifetime.renewable,
        "entity_id": token.entity.as_deref().unwrap_or_default(),
        "token_type": word(token.kind),
        "orphan": token.parent.is_none(),
        "mfa_requirement": null,
        "num_uses": token.uses_left.unwrap_or(0),
    });
    if let (false, Value::Object(members)) = (identity_policies.is_empty(), &mut auth) {
        members.insert("identity_policies".into(), json!(identity_policies));
    }
    auth
}

fn metadata(token: &Token) -> Value {
    if token.metadata.is_empty() { Value::Null } else { json!(token.metadata) }
}

fn word(kind: TokenKind) -> &'static str {
    if kind == TokenKind::Batch { "batch" } else { "service" }
}

fn lookup_self(call: &Call<'_>) -> Result<Reply, Fault> {
    let text = call.token().and_then(|token| token.expose_text()).unwrap_or_default();
    Ok(described(&call.ask(&LookupToken(TokenReference::Own))?, text))
}

fn lookup(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Reference = call.body.read()?;
    let shown = || call.token().and_then(|token| token.expose_text()).map(str::to_owned);
    let Some(text) = written.token.filter(|text| !text.is_empty()).or_else(shown) else {
        return Err(Fault::invalid("missing token"));
    };
    let which = TokenReference::Text(Arc::new(PlainToken::from(text.clone())));
    Ok(described(&call.ask(&LookupToken(which))?, &text))
}

fn lookup_accessor(call: &Call<'_>) -> Result<Reply, Fault> {
    let which = TokenReference::Accessor(accessor(call)?);
    Ok(described(&call.ask(&LookupToken(which))?, ""))
}

/// A token as Vault describes one. `text` is what the caller showed; an accessor gives nobody the token.
fn described(read: &TokenRead, text: &str) -> Reply {
    let TokenRead { token, ttl, identity_policies } = read;
    let lifetime = &token.lifetime;
    let expires = lifetime.expires.map(|at| rfc3339(at.0));
    let mut data = json!({
        "accessor": token.accessor.as_str(),
        "creation_time": lifetime.issued.0 / 1_000,
        "creation_ttl": lifetime.ttl.0,
        "display_name": token.display_name,
        "entity_id": token.entity.as_deref().unwrap_or_default(),
        "expire_time": expires,
        "explicit_max_ttl": lifetime.explicit_max.0,
        "id": text,
        "issue_time": rfc3339(lifetime.issued.0),
        "meta": metadata(token),
        "num_uses": token.uses_left.unwrap_or(0),
        "orphan": token.parent.is_none(),
        "path": token.path,
        "policies": token.policies,
        "renewable": lifetime.renewable,
        "ttl": ttl.0,
        "type": word(token.kind),
    });
    if let Value::Object(members) = &mut data {
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        if lifetime.period.0 > 0 {
            put("period", lifetime.period.0.into());
        }
        if let Some(role) = &token.role {
            put("role", role.clone().into());
        }
        if !token.bound_cidrs.is_empty() {
            put("bound_cidrs", json!(token.bound_cidrs));
        }
        if let Some(renewed) = lifetime.renewed {
            put("last_renewal", rfc3339(renewed.0).into());
            put("last_renewal_time", (renewed.0 / 1_000).into());
        }
        if !identity_policies.is_empty() {
            put("identity_policies", json!(identity_policies));
        }
    }
    Reply::data(data)
}

/// A time as Vault's answers have it.
pub(super) fn rfc3339(milliseconds: u64) -> String {
    let mut text = Vec::with_capacity(24);
    Timestamp(milliseconds).push_rfc3339(&mut text);
    String::from_utf8(text).unwrap_or_default()
}

fn accessor(call: &Call<'_>) -> Result<String, Fault> {
    let written: Reference = call.body.read()?;
    let given = written.accessor.filter(|text| !text.is_empty());
    given.ok_or_else(|| Fault::invalid("missing accessor"))
}

fn token(call: &Call<'_>) -> Result<TokenReference, Fault> {
    let written: Reference = call.body.read()?;
    let given = written.token.filter(|text| !text.is_empty());
    let text = given.ok_or_else(|| Fault::invalid("missing token"))?;
    Ok(TokenReference::Text(Arc::new(PlainToken::from(text))))
}

fn renew_self(call: &Call<'_>) -> Result<Reply, Fault> {
    renew_by(call, TokenReference::Own)
}

fn renew(call: &Call<'_>) -> Result<Reply, Fault> {
    renew_by(call, token(call)?)
}

fn renew_accessor(call: &Call<'_>) -> Result<Reply, Fault> {
    renew_by(call, TokenReference::Accessor(accessor(call)?))
}

fn renew_by(call: &Call<'_>, which: TokenReference) -> Result<Reply, Fault> {
    let written: Reference = call.body.read()?;
    let text = match &which {
        TokenReference::Own => call.token().cloned(),
        TokenReference::Text(text) => Some(Arc::clone(text)),
        TokenReference::Accessor(_) => None,
    };
    let token = call.ask(&RenewToken { which, increment: written.increment.0 })?;
    let text = text.as_ref().and_then(|text| text.expose_text()).unwrap_or_default();
    // What is left is counted from the renewal: the clock has gone on since the request came in.
    let now = token.lifetime.renewed.unwrap_or_else(|| call.now());
    Ok(Reply::auth(auth(&token, text, &[], now)))
}

fn revoke_self(call: &Call<'_>) -> Result<Reply, Fault> {
    revoke_by(call, TokenReference::Own, false)
}

fn revoke(call: &Call<'_>) -> Result<Reply, Fault> {
    revoke_by(call, token(call)?, false)
}

fn revoke_accessor(call: &Call<'_>) -> Result<Reply, Fault> {
    revoke_by(call, TokenReference::Accessor(accessor(call)?), false)
}

fn revoke_orphan(call: &Call<'_>) -> Result<Reply, Fault> {
    revoke_by(call, token(call)?, true)
}

fn revoke_by(call: &Call<'_>, which: TokenReference, orphans: bool) -> Result<Reply, Fault> {
    call.ask(&RevokeToken { which, orphans })?;
    Ok(Reply::Empty)
}

fn accessors(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListAccessors)?)
}

fn list_roles(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListTokenRoles)?)
}

fn read_role(call: &Call<'_>) -> Result<Reply, Fault> {
    let name = call.named("name");
    let role = call.ask(&ReadTokenRole::new(&name))?;
    Ok(Reply::data(json!({
        "name": name,
        "allowed_policies": role.allowed_policies,
        "disallowed_policies": role.disallowed_policies,
        "allowed_policies_glob": role.allowed_policies_glob,
        "disallowed_policies_glob": role.disallowed_policies_glob,
        "allowed_entity_aliases": role.allowed_entity_aliases,
        "orphan": role.orphan,
        "period": role.period.0,
        "explicit_max_ttl": role.explicit_max.0,
        "token_period": role.period.0,
        "token_explicit_max_ttl": role.explicit_max.0,
        "token_bound_cidrs": role.bound_cidrs,
        "token_no_default_policy": role.without_default_policy,
        "token_num_uses": role.uses,
        "token_type": role.token_kind.map_or("default-service", word),
        "path_suffix": role.path_suffix.unwrap_or_default(),
        "renewable": role.renewable,
    })))
}

fn write_role(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: WrittenRole = call.body.read()?;
    let words = |words: Option<Words>| words.unwrap_or_default().0;
    let span = |new: Option<Span>, old: Option<Span>| new.or(old).map_or(Seconds(0), |span| span.0);
    let role = TokenRole {
        allowed_policies: words(written.allowed_policies),
        disallowed_policies: words(written.disallowed_policies),
        allowed_policies_glob: words(written.allowed_policies_glob),
        disallowed_policies_glob: words(written.disallowed_policies_glob),
        orphan: written.orphan.unwrap_or(false),
        period: span(written.token_period, written.period),
        explicit_max: span(written.token_explicit_max_ttl, written.explicit_max_ttl),
        renewable: written.renewable.unwrap_or(true),
        path_suffix: written.path_suffix.filter(|suffix| !suffix.is_empty()),
        bound_cidrs: words(written.token_bound_cidrs.or(written.bound_cidrs)),
        token_kind: token_kind(written.token_type.as_deref().unwrap_or_default())?,
        uses: written.token_num_uses.unwrap_or(0),
        without_default_policy: written.token_no_default_policy.unwrap_or(false),
        allowed_entity_aliases: words(written.allowed_entity_aliases),
    };
    call.ask(&WriteTokenRole::new(&call.named("name"), role))?;
    Ok(Reply::Empty)
}

fn delete_role(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteTokenRole::new(&call.named("name")))?;
    Ok(Reply::Empty)
}
