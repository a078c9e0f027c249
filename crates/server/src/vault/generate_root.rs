//! `sys/generate-root`: a root token from the parts of the key
//! (<https://developer.hashicorp.com/vault/api-docs/system/generate-root>). Here it takes a token as well.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::secret::SecretValue;
use strongroom_engine::{ROOT_TOKEN_CHARS, RootGenerationStatus};

use super::call::{Call, secret};
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};
use super::seal::no_pgp;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "generate-root/attempt", "How far a root token is", read),
    Route::new(Verb::Write, "generate-root/attempt", "Begin to make a root token", start)
        .without("`pgp_key` (501)"),
    Route::new(Verb::Delete, "generate-root/attempt", "Give it up", cancel),
    Route::new(Verb::Write, "generate-root/update", "Bring one part of the key for it", update),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Start {
    otp: String,
    pgp_key: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    pub nonce: String,
    pub key: String,
}

impl Part {
    /// What was brought.
    pub fn secret(&self, call: &Call<'_>) -> Result<SecretValue, Fault> {
        if self.key.is_empty() {
            call.check_known()?;
            return Err(Fault::invalid("'key' must be specified in request body as JSON"));
        }
        Ok(secret(&self.key))
    }
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(reply(&call.node.root_generation(call.request())?, None))
}

fn start(call: &Call<'_>) -> Result<Reply, Fault> {
    let asked: Start = call.body.read()?;
    if !asked.pgp_key.is_empty() {
        call.check_known()?;
        return Err(no_pgp());
    }
    let password = Some(asked.otp).filter(|otp| !otp.is_empty()).map(|otp| secret(&otp));
    let started = call.node.start_root_generation(password, call.request())?;
    Ok(reply(&started.status, started.one_time_password.as_ref()))
}

fn update(call: &Call<'_>) -> Result<Reply, Fault> {
    let asked: Part = call.body.read()?;
    let part = asked.secret(call)?;
    let status = call.node.update_root_generation(&asked.nonce, &part, call.request())?;
    Ok(reply(&status, None))
}

fn cancel(call: &Call<'_>) -> Result<Reply, Fault> {
    call.node.cancel_root_generation(call.request())?;
    Ok(Reply::Empty)
}

fn reply(status: &RootGenerationStatus, one_time_password: Option<&SecretValue>) -> Reply {
    let encoded = status.encoded_token.clone().unwrap_or_default();
    let one_time_password = one_time_password.and_then(SecretValue::expose_text);
    let answer: Value = json!({
        "started": status.nonce.is_some(),
        "nonce": status.nonce.clone().unwrap_or_default(),
        "progress": status.progress,
        "required": status.required,
        "complete": status.encoded_token.is_some(),
        "encoded_token": encoded,
        "encoded_root_token": encoded,
        "pgp_fingerprint": "",
        "otp": one_time_password.unwrap_or_default(),
        "otp_length": ROOT_TOKEN_CHARS,
    });
    Reply::Raw(StatusCode::OK, answer)
}
