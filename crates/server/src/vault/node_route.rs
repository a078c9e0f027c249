//! Routes that anybody may ask, and that work while nothing else does: the node answers them, not the engine.

use http::StatusCode;
use serde_json::Value;
use strongroom_engine::{Caller, Node, Request};

use super::body::Body;
use super::call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::Verb;
use crate::door::Incoming;

/// The longest body of such a request, in bytes: nobody is known yet.
pub(super) const NODE_BODY_BYTES_MAX: usize = 16 * 1_024;

/// What answers at a path, whether the store is open or not.
#[derive(Clone, Copy)]
pub struct NodeRoute {
    /// What is done.
    pub verb: Verb,
    /// The whole path behind `/v1/`.
    pub path: &'static str,
    /// What is said of it in the reference.
    pub summary: &'static str,
    /// What of Vault's parameters is not served, in words; empty where all are.
    pub without: &'static str,
    /// What answers.
    pub(super) handler: fn(&NodeCall<'_>) -> Result<Reply, Fault>,
}

/// A request on its way to the node.
pub(super) struct NodeCall<'a> {
    pub(super) node: &'a Node,
    pub(super) incoming: &'a Incoming,
    pub(super) body: Body,
    /// By somebody who is not known: a token that comes along is not looked at.
    pub(super) request: Request,
    verb: Verb,
}

impl NodeRoute {
    pub(super) const fn new(
        verb: Verb,
        path: &'static str,
        summary: &'static str,
        handler: fn(&NodeCall<'_>) -> Result<Reply, Fault>,
    ) -> Self {
        Self { verb, path, summary, without: "", handler }
    }

    /// The same, which serves a part of Vault's parameters: these are missing.
    pub(super) const fn without(self, without: &'static str) -> Self {
        Self { without, ..self }
    }
}

impl<'a> NodeCall<'a> {
    pub fn begin(node: &'a Node, incoming: &'a Incoming, verb: Verb) -> Result<Self, Fault> {
        call::check_namespace(incoming.headers())?;
        let body = match verb {
            Verb::Write if incoming.body.len() > NODE_BODY_BYTES_MAX => {
                return Err(Fault::refused(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "request body too large",
                ));
            }
            Verb::Write => Body::parse(&incoming.body)?,
            _ => Body::default(),
        };
        let request = call::request(incoming, Caller::Anonymous, None);
        Ok(Self { node, incoming, body, request, verb })
    }

    /// A status and JSON, without the JSON where only the head is asked for.
    pub fn reply(&self, status: StatusCode, value: Value) -> Reply {
        match self.verb {
            Verb::Head => Reply::Bytes(status, "application/json", bytes::Bytes::new()),
            _ => Reply::Raw(status, value),
        }
    }
}
