//! One request to the native door.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use strongroom_core::random::Random;
use strongroom_core::token::PlainToken;
use strongroom_engine::audit::RecordClient;
use strongroom_engine::{Caller, Door, Engine, Node, Operation, Request};

use super::fault::Fault;
use crate::door::{Answer, Incoming};

/// The longest name of a program that the audit log keeps, in bytes.
const CLIENT_BYTES_MAX: usize = 128;

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request on its way: who asks what.
pub struct Call<'a> {
    engine: Arc<Engine>,
    request: Request,
    body: &'a Bytes,
}

/// A request to the node, open or not.
pub struct NodeCall<'a> {
    pub(super) node: &'a Node,
    pub(super) request: Request,
}

impl<'a> NodeCall<'a> {
    pub fn begin(node: &'a Node, incoming: &Incoming) -> Self {
        Self { node, request: request(incoming) }
    }
}

/// What the engine is asked with.
fn request(incoming: &Incoming) -> Request {
    let headers = incoming.headers();
    Request {
        id: incoming.id,
        caller: caller(headers),
        door: Door::Native,
        source: Some(incoming.peer.ip().to_canonical()),
        encrypted: incoming.encrypted,
        client: client(headers),
        asked: None,
    }
}

impl<'a> Call<'a> {
    /// The request, if the node is open.
    pub fn begin(node: &Node, incoming: &'a Incoming) -> Result<Self, Fault> {
        let (engine, body) = (node.engine()?, &incoming.body);
        Ok(Self { engine, request: request(incoming), body })
    }

    /// The body as this call, or a refusal that quotes none of it.
    pub fn read<C: strongroom_wire::Call>(&self) -> Result<C, Fault> {
        Self::parse(C::NAME, self.body)
    }

    /// A body as a type; an empty one is an empty object.
    pub fn parse<T: DeserializeOwned>(name: &str, body: &Bytes) -> Result<T, Fault> {
        let bytes: &[u8] = if body.iter().all(u8::is_ascii_whitespace) { b"{}" } else { body };
        serde_json::from_slice(bytes).map_err(|error| {
            let what = if error.is_data() {
                format!("the body is not what {name} takes: {}", plain(&error))
            } else {
                "the body is not one JSON object".to_owned()
            };
            Fault::invalid(what).hint("what each operation takes: docs/reference/native-api.md")
        })
    }

    /// Ask the engine.
    pub fn ask<O: Operation>(&self, operation: &O) -> Result<O::Answer, Fault> {
        Ok(self.engine.execute(&self.request, operation)?)
    }

    /// The engine and a request of the same caller with another number, for work that outlasts this one.
    pub fn detached(&self) -> (Arc<Engine>, Request) {
        (Arc::clone(&self.engine), self.request.clone())
    }
}

/// The same caller's next request.
pub fn renewed(request: &Request, random: &dyn Random) -> Request {
    Request { id: Request::new(Caller::Anonymous, Door::Native, random).id, ..request.clone() }
}

/// A status and a JSON body.
pub fn json_answer(status: StatusCode, value: &impl Serialize) -> Answer {
    // The types of the API always serialise: their keys are texts.
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    let mut answer = Answer::new(status, bytes);
    answer.headers.insert(CONTENT_TYPE, JSON);
    answer.headers.insert(CACHE_CONTROL, NO_STORE);
    answer
}

/// serde's words without what they quote of the body.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    let (said, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
    let quotes = ["invalid type: ", "invalid value: ", "unknown field ", "unknown variant "];
    let Some(quote) = quotes.iter().find(|quote| said.starts_with(**quote)) else {
        return format!("{said} at {place}");
    };
    let what = quote.trim_end_matches([' ', ':']);
    match said.rsplit_once("expected ") {
        Some((_, expected)) => format!("{what}, expected {expected}, at {place}"),
        None => format!("{what} at {place}"),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// A bearer in `Authorization`, or `X-Vault-Token`.
fn caller(headers: &HeaderMap) -> Caller {
    let bearer = || {
        let (scheme, token) = text(headers, "authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    };
    let shown = bearer().or_else(|| text(headers, "x-vault-token")).filter(|text| !text.is_empty());
    match shown {
        Some(token) => Caller::Token(Arc::new(PlainToken::new(token.as_bytes().to_vec()))),
        None => Caller::Anonymous,
    }
}

fn client(headers: &HeaderMap) -> Option<RecordClient> {
    let program = text(headers, "user-agent")?;
    let end = program.floor_char_boundary(CLIENT_BYTES_MAX);
    Some(RecordClient { program: program.get(..end)?.to_owned(), pid: None })
}

#[cfg(test)]
mod tests {
    use strongroom_wire::ReadSecret;

    use super::*;

    #[test]
    fn a_refusal_of_a_body_quotes_none_of_it() {
        for body in [
            r#"{"path": {"cAnArY": 1}}"#,
            r#"{"path": 7, "cAnArY": 1}"#,
            r#"{"cAnArY": 1}"#,
            r#"{"path": "a", "which": {"cAnArY": 1}}"#,
            r#"{"path": "a", "which": "cAnArY"}"#,
            r#"{"path": "cAnArY""#,
            r#""cAnArY""#,
            "cAnArY",
            "[1]",
        ] {
            let body = Bytes::from_static(body.as_bytes());
            let fault = Call::parse::<ReadSecret>("secret-read", &body).expect_err("is refused");
            assert!(!format!("{fault:?}").contains("cAnArY"), "{fault:?}");
        }
    }
}
