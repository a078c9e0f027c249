//! The interface of AWS's Secrets Manager Agent: `GET /secretsmanager/get?secretId=NAME`, for programs that cannot sign.
//! <https://github.com/aws/aws-secretsmanager-agent>
//!
//! The token in `X-Aws-Parameters-Secrets-Token` or `X-Vault-Token` is one of this server's. A request that a proxy
//! passed on is refused, as the agent refuses it. Values are always fresh: `refreshNow` changes nothing.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::aws::{GetSecretValue, Places};
use strongroom_engine::{Caller, Engine};

use super::call::Call;
use super::constraint::Allowed;
use super::fault::{Fault, Type};
use super::operations::get_secret_value::Request;
use super::parts::{DatedText, value_entry};
use super::read::read;
use super::reply::json_answer;
use crate::door::{Answer, Incoming};

/// The path.
pub const PATH: &str = "/secretsmanager/get";
/// Where the token is, the first that is there.
const TOKENS: &[&str] = &["x-aws-parameters-secrets-token", "x-vault-token"];
/// What a proxy adds.
const FORWARDED: &str = "x-forwarded-for";
/// The parameters that are members of `GetSecretValue`.
const MEMBERS: &[(&str, &str)] =
    &[("secretId", "SecretId"), ("versionId", "VersionId"), ("versionStage", "VersionStage")];
/// Whether the agent is to pass its cache over.
const REFRESH: &str = "refreshNow";

/// The value that is asked for.
pub fn answer(engine: &Engine, places: &Places, incoming: &Incoming) -> Result<Answer, Fault> {
    if incoming.head.method != Method::GET {
        let fault = Fault::validation("Ask with GET.");
        return Err(fault.with_status(StatusCode::METHOD_NOT_ALLOWED));
    }
    if incoming.headers().contains_key(FORWARDED) {
        return Err(Fault::validation("Requests that were forwarded are refused."));
    }
    let caller = caller(incoming.headers()).ok_or_else(|| {
        let fault = Fault::new(Type::MissingAuthenticationToken, "Missing Authentication Token");
        fault.with_status(StatusCode::UNAUTHORIZED)
    })?;
    let asked = asked(incoming.query().unwrap_or_default())?;
    let request = read::<Request>(asked.to_string().as_bytes(), Allowed::default())?;
    let place = places.iter().next().map(Arc::clone).ok_or_else(Fault::failed)?;
    let call = Call::new(engine, super::request(incoming, caller), place, places, "GetSecretValue");
    let read = GetSecretValue {
        secret: call.secret(request.secret_id)?,
        version_id: request.version_id.map(|id| id.0),
        stage: request.stage.map(|stage| stage.0),
    };
    let read = call.ask_about(&read.secret.id, &read).map_err(|fault| match fault.kind() {
        Type::UnrecognizedClient => fault.with_status(StatusCode::UNAUTHORIZED),
        _ => fault,
    })?;
    Ok(json_answer(StatusCode::OK, &DatedText::from(value_entry(read))))
}

fn caller(headers: &HeaderMap) -> Option<Caller> {
    let shown = TOKENS.iter().find_map(|name| headers.get(*name))?;
    let token = Some(shown.as_bytes()).filter(|token| !token.is_empty())?;
    Some(Caller::Token(Arc::new(PlainToken::new(token.to_vec()))))
}

/// The query as the members of `GetSecretValue`.
fn asked(query: &str) -> Result<Value, Fault> {
    let mut members = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8().map(Cow::into_owned);
        let value = value.map_err(|_| Fault::validation("The query is not UTF-8."))?;
        if name == REFRESH && matches!(value.as_str(), "true" | "false") {
            continue;
        }
        let member = MEMBERS.iter().find(|(parameter, _)| *parameter == name);
        let (_, member) =
            member.ok_or_else(|| Fault::validation("The query has another parameter."))?;
        if members.insert((*member).to_owned(), Value::String(value)).is_some() {
            return Err(Fault::validation("A parameter stands twice."));
        }
    }
    Ok(Value::Object(members))
}
