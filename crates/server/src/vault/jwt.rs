//! `auth/jwt` and `auth/oidc` (<https://developer.hashicorp.com/vault/api-docs/auth/jwt>).

use std::collections::BTreeMap;

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_engine::jwt::{ClaimValue, Leeway, Matching, ResponseMode};
use strongroom_engine::operations::jwt::{
    DeleteJwtRole, FinishOidcLogin, JwtConfigFields, JwtRole, JwtRoleChange, JwtRoleKind,
    ListJwtRoles, LoginJwt, OidcCode, PutOidcCode, ReadJwtConfig, ReadJwtRole, StartOidcLogin,
    TakeOidcLogin, WriteJwtConfig, WriteJwtRole,
};

use super::body::{Span, Words};
use super::call::{Call, secret};
use super::fault::Fault;
use super::lenient::Truth;
use super::login::{TokenMembers, token_members};
use super::reply::Reply;
use super::route::{Route, Verb};
use super::tokens::issued;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "config", "Whose tokens are taken", read_config),
    Route::new(Verb::Write, "config", "Set whose tokens are taken", write_config),
    Route::new(Verb::List, "role", "The names of all roles", list),
    Route::new(Verb::Read, "role/{name}", "A role", read),
    Route::new(Verb::Write, "role/{name}", "Make or change a role", write),
    Route::new(Verb::Delete, "role/{name}", "Delete a role", delete),
    Route::new(Verb::Write, "login", "Log in with a signed token", login).open(),
    Route::new(Verb::Write, "oidc/auth_url", "Begin a login by browser", start).open(),
    Route::new(Verb::Read, "oidc/callback", "Finish a login by browser", finish).open(),
    Route::new(Verb::Write, "oidc/callback", "Take a provider's code from a form", put_code).open(),
];

/// What a browser shows when the provider has given the code in a form.
const CODE_TAKEN: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Signed in</title>\
     <p>The login goes on in the program that began it. This window can be closed.</p></html>";

#[derive(Deserialize)]
#[serde(default)]
struct Config {
    oidc_discovery_url: String,
    oidc_discovery_ca_pem: String,
    oidc_client_id: String,
    oidc_client_secret: String,
    oidc_response_mode: String,
    oidc_response_types: Words,
    jwks_url: String,
    jwks_ca_pem: String,
    jwks_pairs: Vec<Value>,
    jwt_validation_pubkeys: PublicKeys,
    bound_issuer: String,
    jwt_supported_algs: Words,
    default_role: String,
    provider_config: Map<String, Value>,
    namespace_in_state: Option<Truth>,
}

/// Public keys in PEM: a list, or one text.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum PublicKeys {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            oidc_discovery_url: String::new(),
            oidc_discovery_ca_pem: String::new(),
            oidc_client_id: String::new(),
            oidc_client_secret: String::new(),
            oidc_response_mode: String::new(),
            oidc_response_types: Words::default(),
            jwks_url: String::new(),
            jwks_ca_pem: String::new(),
            jwks_pairs: Vec::new(),
            jwt_validation_pubkeys: PublicKeys::None,
            bound_issuer: String::new(),
            jwt_supported_algs: Words::default(),
            default_role: String::new(),
            provider_config: Map::new(),
            namespace_in_state: None,
        }
    }
}

#[derive(Deserialize)]
struct Role {
    role_type: Option<String>,
    user_claim: Option<String>,
    user_claim_json_pointer: Option<Truth>,
    bound_audiences: Option<Words>,
    bound_subject: Option<String>,
    bound_claims: Option<BTreeMap<String, Value>>,
    bound_claims_type: Option<String>,
    claim_mappings: Option<BTreeMap<String, String>>,
    groups_claim: Option<String>,
    expiration_leeway: Option<Value>,
    not_before_leeway: Option<Value>,
    clock_skew_leeway: Option<Value>,
    allowed_redirect_uris: Option<Words>,
    oidc_scopes: Option<Words>,
    max_age: Option<Span>,
    verbose_oidc_logging: Option<Truth>,
    #[serde(flatten)]
    token: TokenMembers,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Login {
    role: String,
    jwt: String,
    token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Start {
    role: String,
    redirect_uri: String,
    client_nonce: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    state: String,
    code: String,
    error: String,
}

fn read_config(call: &Call<'_>) -> Result<Reply, Fault> {
    let config = call.ask(&ReadJwtConfig::new(call.mount()))?;
    let mode = match config.response_mode {
        ResponseMode::Query => "",
        ResponseMode::FormPost => "form_post",
    };
    Ok(Reply::data(json!({
        "bound_issuer": config.bound_issuer,
        "default_role": config.default_role,
        "jwks_ca_pem": config.jwks_ca_pem,
        "jwks_pairs": [],
        "jwks_url": config.jwks_url,
        "jwt_supported_algs": config.algorithms,
        "jwt_validation_pubkeys": config.public_keys,
        "namespace_in_state": config.namespace_in_state,
        "oidc_client_id": config.client_id,
        "oidc_discovery_ca_pem": config.discovery_ca_pem,
        "oidc_discovery_url": config.discovery_url,
        "oidc_response_mode": mode,
        "oidc_response_types": [],
        "provider_config": {},
    })))
}

fn write_config(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Config = call.body.read()?;
    if !written.provider_config.is_empty() {
        return Err(Fault::unsupported("'provider_config' is not supported"));
    }
    if !written.jwks_pairs.is_empty() {
        return Err(Fault::unsupported("'jwks_pairs' is not supported"));
    }
    if written.oidc_response_types.0.iter().any(|kind| kind != "code") {
        return Err(Fault::unsupported("'oidc_response_types' other than code are not supported"));
    }
    let response_mode = match written.oidc_response_mode.as_str() {
        "" | "query" => ResponseMode::Query,
        "form_post" => ResponseMode::FormPost,
        _ => return Err(Fault::invalid("invalid response_mode")),
    };
    let public_keys = match written.jwt_validation_pubkeys {
        PublicKeys::None => Vec::new(),
        PublicKeys::One(key) => vec![key],
        PublicKeys::Several(keys) => keys,
    };
    let fields = JwtConfigFields {
        discovery_url: written.oidc_discovery_url,
        discovery_ca_pem: written.oidc_discovery_ca_pem,
        client_id: written.oidc_client_id,
        response_mode,
        jwks_url: written.jwks_url,
        jwks_ca_pem: written.jwks_ca_pem,
        public_keys: public_keys.into_iter().filter(|key| !key.is_empty()).collect(),
        bound_issuer: written.bound_issuer,
        algorithms: written.jwt_supported_algs.0,
        default_role: written.default_role,
        namespace_in_state: written.namespace_in_state.is_some_and(|truth| truth.0),
    };
    let client_secret = secret(&written.oidc_client_secret);
    call.ask(&WriteJwtConfig::new(call.mount(), fields, client_secret))?;
    Ok(Reply::Empty)
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListJwtRoles::new(call.mount()))?)
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(Reply::data(described(&call.ask(&ReadJwtRole::new(call.mount(), &call.named("name")))?)))
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Role = call.body.read()?;
    call.ask(&WriteJwtRole::new(call.mount(), &call.named("name"), change(written)?))?;
    Ok(Reply::Empty)
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteJwtRole::new(call.mount(), &call.named("name")))?;
    Ok(Reply::Empty)
}

fn change(written: Role) -> Result<JwtRoleChange, Fault> {
    let kind = match written.role_type.as_deref() {
        None => None,
        Some("" | "oidc") => Some(JwtRoleKind::Oidc),
        Some("jwt") => Some(JwtRoleKind::Jwt),
        Some(_) => return Err(Fault::invalid("invalid 'role_type'")),
    };
    let matching = match written.bound_claims_type.as_deref() {
        None => None,
        Some("" | "string") => Some(Matching::Exact),
        Some("glob") => Some(Matching::Glob),
        Some(_) => return Err(Fault::invalid("invalid 'bound_claims_type'")),
    };
    let claims = |claims: BTreeMap<String, Value>| -> Result<BTreeMap<_, _>, Fault> {
        claims.into_iter().map(|(name, value)| Ok((name, claim_values(value)?))).collect()
    };
    let words = |words: Option<Words>| words.map(|words| words.0);
    Ok(JwtRoleChange {
        kind,
        user_claim: written.user_claim,
        user_claim_is_pointer: written.user_claim_json_pointer.map(|truth| truth.0),
        audiences: words(written.bound_audiences),
        subject: written.bound_subject,
        claims: written.bound_claims.map(claims).transpose()?,
        matching,
        mappings: written.claim_mappings,
        groups_claim: written.groups_claim,
        expiration_leeway: written.expiration_leeway.map(leeway).transpose()?,
        not_before_leeway: written.not_before_leeway.map(leeway).transpose()?,
        clock_skew_leeway: written.clock_skew_leeway.map(leeway).transpose()?,
        redirect_uris: words(written.allowed_redirect_uris),
        scopes: words(written.oidc_scopes),
        max_age: written.max_age.map(|span| span.0),
        verbose_logging: written.verbose_oidc_logging.map(|truth| truth.0),
        token: written.token.change()?,
    })
}

/// One value, or a list of them.
fn claim_values(value: Value) -> Result<Vec<ClaimValue>, Fault> {
    let one = |value: Value| match value {
        Value::String(text) => Ok(ClaimValue::Text(text)),
        Value::Bool(truth) => Ok(ClaimValue::Bool(truth)),
        Value::Number(number) => {
            let whole = number.as_i64().map(ClaimValue::Number);
            whole.ok_or_else(|| Fault::invalid("a bound claim's number is a whole one"))
        }
        _ => Err(Fault::invalid("a bound claim is a text, a truth or a number, or a list of them")),
    };
    match value {
        Value::Array(values) => values.into_iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

/// Seconds, or a text of a span of time; negative for none.
fn leeway(value: Value) -> Result<Leeway, Fault> {
    let refused = || Fault::invalid("a leeway is a span of time");
    let seconds = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => match text.parse::<i64>() {
            Ok(seconds) => Some(seconds),
            Err(_) if text.starts_with('-') => Span::parse(text.trim_start_matches('-'))
                .and_then(|span| i64::try_from(span.0.0).ok())
                .map(|seconds| -seconds),
            Err(_) => Span::parse(&text).and_then(|span| i64::try_from(span.0.0).ok()),
        },
        _ => None,
    };
    seconds.map(Leeway).ok_or_else(refused)
}

/// A role as Vault describes one.
fn described(role: &JwtRole) -> Value {
    let bindings = &role.bindings;
    let value = |value: &ClaimValue| match value {
        ClaimValue::Text(text) => json!(text),
        ClaimValue::Bool(truth) => json!(truth),
        ClaimValue::Number(number) => json!(number),
    };
    let claims = bindings.claims.iter().map(|(name, values)| {
        let values: Vec<Value> = values.iter().map(value).collect();
        let one_or_all = if let [one] = values.as_slice() { one.clone() } else { json!(values) };
        (name.clone(), one_or_all)
    });
    let claims: Map<String, Value> = claims.collect();
    let or_null = |is_empty: bool, value: Value| if is_empty { Value::Null } else { value };
    let mut data = json!({
        "allowed_redirect_uris": role.redirect_uris,
        "bound_audiences": or_null(bindings.audiences.is_empty(), json!(bindings.audiences)),
        "bound_claims": or_null(claims.is_empty(), Value::Object(claims)),
        "bound_claims_type": match bindings.matching {
            Matching::Exact => "string",
            Matching::Glob => "glob",
        },
        "bound_subject": bindings.subject.as_deref().unwrap_or_default(),
        "claim_mappings": or_null(bindings.mappings.is_empty(), json!(bindings.mappings)),
        "clock_skew_leeway": bindings.leeways.clock_skew.0,
        "expiration_leeway": bindings.leeways.expiration.0,
        "groups_claim": bindings.groups_claim.as_deref().unwrap_or_default(),
        "max_age": role.max_age.map_or(0, |age| age.0),
        "not_before_leeway": bindings.leeways.not_before.0,
        "oidc_scopes": or_null(role.scopes.is_empty(), json!(role.scopes)),
        "role_type": role.kind.word(),
        "user_claim": bindings.user_claim,
        "user_claim_json_pointer": bindings.user_claim_is_pointer,
        "verbose_oidc_logging": role.verbose_logging,
    });
    if let Value::Object(members) = &mut data {
        members.extend(token_members(&role.token));
    }
    data
}

fn login(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Login = call.body.read()?;
    let token = if written.jwt.is_empty() { &written.token } else { &written.jwt };
    let login = LoginJwt::new(call.mount(), &written.role, secret(token));
    Ok(issued(call.perform_anonymously(&login)?))
}

fn start(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Start = call.body.read()?;
    let nonce = Some(written.client_nonce).filter(|nonce| !nonce.is_empty());
    let start = StartOidcLogin::new(call.mount(), &written.role, &written.redirect_uri, nonce);
    Ok(Reply::data(json!({ "auth_url": call.perform_anonymously(&start)? })))
}

fn finish(call: &Call<'_>) -> Result<Reply, Fault> {
    let given = |name: &str| call.query(name).filter(|text| !text.is_empty());
    if given("error").is_some() {
        return Err(Fault::invalid("the provider did not let the user in"));
    }
    let code = given("code").map_or(OidcCode::Kept, |code| OidcCode::Brought(secret(&code)));
    let state = given("state").unwrap_or_default();
    let take = TakeOidcLogin::new(call.mount(), &state, code, given("client_nonce"));
    let taken = call.perform_anonymously(&take)?.map_err(Fault::invalid)?;
    Ok(issued(call.perform_anonymously(&FinishOidcLogin::new(call.mount(), taken))?))
}

fn put_code(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Form = call.body.read()?;
    if !written.error.is_empty() {
        return Err(Fault::invalid("the provider did not let the user in"));
    }
    call.perform_anonymously(&PutOidcCode::new(
        call.mount(),
        &written.state,
        secret(&written.code),
    ))?;
    let page = Bytes::from_static(CODE_TAKEN.as_bytes());
    Ok(Reply::Bytes(StatusCode::OK, "text/html; charset=utf-8", page))
}
