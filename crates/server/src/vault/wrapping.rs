//! `sys/wrapping` (<https://developer.hashicorp.com/vault/api-docs/system/wrapping-wrap>), and what `X-Vault-Wrap-TTL`
//! makes of any answer.

use std::sync::Arc;

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::PlainToken;
use strongroom_engine::IssuedToken;
use strongroom_engine::operations::wrapping::{
    AnswerToWrap, CheckWrap, LookUpWrapping, Rewrap, Unwrap,
};

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Access, Route, Verb};
use super::tokens::rfc3339;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "wrapping/wrap", "Wrap the body of the request", wrap),
    Route::new(Verb::Write, "wrapping/unwrap", "Take a wrapped answer, once", unwrap).open(),
    Route::new(Verb::Write, "wrapping/rewrap", "Change a wrapping token for another", rewrap)
        .open(),
    Route::new(Verb::Write, "wrapping/lookup", "What is known of a wrapping token", look_up).open(),
    Route::new(Verb::Read, "wrapping/lookup", "What is known of a wrapping token", look_up).open(),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    token: Option<String>,
}

/// The answer to a request that asked for it to be wrapped: a token in its place. What has neither `data` nor `auth` is
/// answered as it is.
pub(super) fn finish(
    call: &Call<'_>,
    reply: Reply,
    access: Access,
    ttl: Seconds,
) -> Result<Reply, Fault> {
    let wrapped_accessor = match &reply {
        Reply::Enveloped(envelope) if envelope.wrap_info.is_some() => return Ok(reply),
        Reply::Enveloped(envelope) if envelope.status == StatusCode::OK => {
            let accessor = envelope.auth.as_ref().and_then(|auth| auth.get("accessor"));
            let is_login = envelope.auth.is_some();
            if access == Access::Open && !is_login {
                return Err(Fault::invalid("this answer cannot be wrapped"));
            }
            accessor.and_then(Value::as_str).map(str::to_owned)
        }
        Reply::Written(StatusCode::OK, _) if access == Access::Policy => None,
        Reply::Written(StatusCode::OK, _) | Reply::Bytes(..) => {
            return Err(Fault::invalid("this answer cannot be wrapped"));
        }
        _ => return Ok(reply),
    };
    let answer = AnswerToWrap {
        bytes: SecretValue::new(reply.into_bytes(call.request_id())),
        ttl,
        creation_path: call.path().to_owned(),
        wrapped_accessor: wrapped_accessor.filter(|accessor| !accessor.is_empty()),
    };
    Ok(Reply::wrapped(information(&call.wrap(answer)?)))
}

fn information(issued: &IssuedToken) -> Value {
    let token = &issued.token;
    let mut information = json!({
        "token": issued.text.expose_text().unwrap_or_default(),
        "accessor": token.accessor.as_str(),
        "ttl": token.lifetime.ttl.0,
        "creation_time": rfc3339(token.lifetime.issued.0),
        "creation_path": token.path,
    });
    let accessor = token.wraps.as_ref().and_then(|wraps| wraps.wrapped_accessor.clone());
    if let (Some(accessor), Value::Object(members)) = (accessor, &mut information) {
        members.insert("wrapped_accessor".to_owned(), accessor.into());
    }
    information
}

fn wrap(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&CheckWrap)?;
    if call.wrap_ttl().is_none() {
        return Err(Fault::invalid("endpoint requires response wrapping to be used"));
    }
    Ok(Reply::data(Value::Object(call.body.members().clone())))
}

/// The wrapping token that is meant, and whether it is all that the caller shows: it is in the body, or it is the
/// caller's token.
fn shown(call: &Call<'_>) -> Result<(Arc<PlainToken>, bool), Fault> {
    let written: Written = call.body.read()?;
    let given = written.token.filter(|token| !token.is_empty());
    let given = given.map(|token| Arc::new(PlainToken::from(token)));
    match (given, call.token()) {
        (Some(given), Some(own)) if given != *own => Ok((given, false)),
        (None | Some(_), Some(own)) => Ok((Arc::clone(own), true)),
        // Vault takes a token in the body from a caller with a token only.
        (Some(given), None) => Ok((given, false)),
        (None, None) => Err(Fault::refused(StatusCode::FORBIDDEN, "permission denied")),
    }
}

/// What a caller asks who shows nothing but the wrapping token is asked without a caller: it is no use of the token.
fn ask<O: strongroom_engine::Operation>(
    call: &Call<'_>,
    operation: &O,
    is_own: bool,
) -> Result<O::Answer, Fault> {
    if is_own { Ok(call.perform_anonymously(operation)?) } else { call.ask(operation) }
}

fn unwrap(call: &Call<'_>) -> Result<Reply, Fault> {
    refuse_wrapping(call)?;
    let (token, is_own) = shown(call)?;
    let answer = ask(call, &Unwrap { token, is_own }, is_own)?;
    Ok(Reply::Written(StatusCode::OK, answer.expose().to_vec()))
}

fn rewrap(call: &Call<'_>) -> Result<Reply, Fault> {
    refuse_wrapping(call)?;
    let (token, is_own) = shown(call)?;
    Ok(Reply::wrapped(information(&ask(call, &Rewrap { token, is_own }, is_own)?)))
}

fn look_up(call: &Call<'_>) -> Result<Reply, Fault> {
    refuse_wrapping(call)?;
    let written: Written = call.body.read()?;
    let given = written.token.filter(|token| !token.is_empty());
    let given = given.map(|token| Arc::new(PlainToken::from(token)));
    let missing = || Fault::invalid("missing \"token\" value in input");
    let token = given.or_else(|| call.token().cloned()).ok_or_else(missing)?;
    let token = call.ask(&LookUpWrapping { token })?;
    Ok(Reply::data(json!({
        "creation_path": token.path,
        "creation_time": rfc3339(token.lifetime.issued.0),
        "creation_ttl": token.lifetime.ttl.0,
    })))
}

/// A wrapping token is not spent on an answer that could not be given.
fn refuse_wrapping(call: &Call<'_>) -> Result<(), Fault> {
    match call.wrap_ttl() {
        None => Ok(()),
        Some(_) => Err(Fault::invalid("this answer cannot be wrapped")),
    }
}
