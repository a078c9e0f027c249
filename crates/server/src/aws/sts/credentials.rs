//! Temporary keys for a program that has a token: what `AWS_CONTAINER_CREDENTIALS_FULL_URI` names
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>).

use std::sync::Arc;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::aws::{NewSession, SessionForCaller};
use strongroom_engine::{Caller, Error, Kind, Node};
use zeroize::Zeroizing;

use super::super::request;
use crate::door::{Answer, Door, Incoming, Refusal};

/// The path that gives temporary keys.
pub const CREDENTIALS_PATH: &str = "/aws/credentials";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The door to the endpoint.
pub struct CredentialsDoor {
    node: Arc<Node>,
}

/// What a client reads.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Keys<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: String,
}

/// A refusal.
#[derive(Debug, Serialize)]
struct Fault {
    #[serde(skip)]
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl CredentialsDoor {
    /// A door to this node.
    #[must_use]
    pub fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    fn respond(&self, incoming: &Incoming) -> Result<Answer, Fault> {
        if incoming.head.method != Method::GET {
            let text = "the credentials are read with GET";
            return Err(Fault::new(StatusCode::METHOD_NOT_ALLOWED, "InvalidMethod", text));
        }
        let caller = match token(incoming.headers()) {
            Some(token) => Caller::Token(Arc::new(token)),
            None => Caller::Anonymous,
        };
        let unavailable = |text| Fault::new(StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE, text);
        let engine = self.node.engine().map_err(|closed| unavailable(closed.to_string()))?;
        let asked = request(incoming, caller);
        let made = engine.execute(&asked, &SessionForCaller { duration: None });
        keys(&made.map_err(|error| Fault::of(&error))?)
    }
}

const UNAVAILABLE: &str = "ServiceUnavailable";

impl Door for CredentialsDoor {
    fn name(&self) -> &'static str {
        "aws-credentials"
    }

    fn serves(&self, head: &Parts) -> bool {
        head.uri.path() == CREDENTIALS_PATH
    }

    fn body_bytes_max(&self, _: &Parts) -> Option<usize> {
        Some(0)
    }

    fn may_wait(&self, _: &Incoming) -> bool {
        true
    }

    fn answer(&self, incoming: Incoming) -> Answer {
        self.respond(&incoming).unwrap_or_else(Fault::into_answer)
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        Fault::new(refusal.status(), "InvalidRequest", refusal.message()).into_answer()
    }
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn of(error: &Error) -> Self {
        let (status, code) = match error.kind() {
            Kind::Unauthenticated | Kind::Forbidden => (StatusCode::FORBIDDEN, "AccessDenied"),
            Kind::InvalidRequest => (StatusCode::BAD_REQUEST, "InvalidRequest"),
            Kind::QuotaExceeded => (StatusCode::TOO_MANY_REQUESTS, "Throttling"),
            Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE),
        };
        let told = matches!(error.kind(), Kind::Unauthenticated | Kind::InvalidRequest);
        let message = if told { error.to_string() } else { code.to_owned() };
        Self::new(status, code, message)
    }

    fn into_answer(self) -> Answer {
        let text = serde_json::to_vec(&self).unwrap_or_default();
        json(self.status, text)
    }
}

/// The token that the client shows, as it is.
fn token(headers: &HeaderMap) -> Option<PlainToken> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|value| !value.is_empty())?;
    match values.next() {
        Some(_) => None,
        None => Some(PlainToken::new(value.as_bytes().to_vec())),
    }
}

fn keys(session: &NewSession) -> Result<Answer, Fault> {
    let failed = || Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", "");
    let mut expiration = Vec::new();
    session.expires.push_rfc3339(&mut expiration);
    let keys = Keys {
        access_key_id: session.id.as_str(),
        secret_access_key: std::str::from_utf8(session.secret.expose()).map_err(|_| failed())?,
        token: session.token.expose_text().ok_or_else(failed)?,
        expiration: String::from_utf8_lossy(&expiration).into_owned(),
    };
    let text = Zeroizing::new(serde_json::to_vec(&keys).map_err(|_| failed())?);
    Ok(json(StatusCode::OK, text.to_vec()))
}

fn json(status: StatusCode, text: Vec<u8>) -> Answer {
    let mut answer = Answer::new(status, text);
    answer.headers.insert(CONTENT_TYPE, JSON);
    answer.headers.insert(CACHE_CONTROL, NO_STORE);
    answer
}
