//! The native door: Strongroom's own HTTP API under `/api/v1/`.
//!
//! `POST /api/v1/<operation>` with a JSON body is one operation of the engine, and its answer is JSON; the types are in
//! [`strongroom_wire`]. `GET /api/v1/status` tells everybody whether the server is open. `GET /api/v1/watch` and
//! `POST /api/v1/secrets-watch` are a stream of server-sent events. It translates, and decides nothing.
//!
//! # Adding an operation
//! See [`strongroom_wire`]; here a `Serve` in the file of its group and a line in [`registry`].

mod apps;
mod call;
mod fault;
mod policies;
pub mod registry;
mod seal;
mod secrets;
mod tokens;
mod usage;
mod watch;

use std::sync::Arc;

use http::request::Parts;
use http::{Method, StatusCode};
use strongroom_core::random::Random;
use strongroom_engine::{Closed, Node};
use strongroom_wire::{Kind, PREFIX, STATUS, Status, WatchSecrets};

use crate::door::{Answer, Door, Incoming, Refusal};

use self::call::{Call, json_answer};
use self::fault::Fault;
use self::watch::Watchers;
pub use self::watch::{HEARTBEAT, WATCH_DURATION_MAX, WATCHERS_MAX};

/// The path of the change feed for a client that can only `GET`, such as a browser's `EventSource`.
const WATCH: &str = "watch";

/// The door.
pub struct NativeDoor {
    node: Arc<Node>,
    random: Arc<dyn Random>,
    watchers: Watchers,
}

impl NativeDoor {
    /// A door to this node. The numbers of requests that a change feed makes of itself come from `random`.
    #[must_use]
    pub fn new(node: Arc<Node>, random: Arc<dyn Random>) -> Self {
        Self { node, random, watchers: Watchers::new(WATCHERS_MAX) }
    }

    fn respond(&self, incoming: &Incoming) -> Result<Answer, Fault> {
        let name = incoming.path().strip_prefix(PREFIX).unwrap_or_default();
        match (name, &incoming.head.method) {
            (STATUS, &Method::GET) => return Ok(json_answer(StatusCode::OK, &self.status())),
            (WATCH, &Method::GET) => {
                let asked = watch::asked_by_query(incoming)?;
                return self.watch(incoming, asked);
            }
            (WatchSecrets::NAME, &Method::POST) => {
                let asked = Call::parse(WatchSecrets::NAME, &incoming.body)?;
                return self.watch(incoming, asked);
            }
            _ => {}
        }
        let is_known = matches!(name, STATUS | WATCH | WatchSecrets::NAME);
        let entry = registry::OPERATIONS.iter().find(|entry| entry.name == name);
        let Some(entry) = entry.filter(|_| incoming.head.method == Method::POST) else {
            return Err(if is_known || entry.is_some() {
                Fault::other_method(&incoming.head.method)
            } else {
                Fault::no_operation()
            });
        };
        entry.serve(&self.node, incoming)
    }

    fn watch(&self, incoming: &Incoming, asked: WatchSecrets) -> Result<Answer, Fault> {
        let call = Call::begin(&self.node, incoming)?;
        watch::start(&call, asked, &self.watchers, &self.random)
    }

    fn status(&self) -> Status {
        let closed = self.node.engine().err();
        Status {
            initialised: closed != Some(Closed::NotInitialised),
            sealed: closed.is_some(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

impl Door for NativeDoor {
    fn name(&self) -> &'static str {
        "native"
    }

    fn serves(&self, head: &Parts) -> bool {
        head.uri.path().starts_with(PREFIX)
    }

    fn body_bytes_max(&self, head: &Parts) -> Option<usize> {
        let name = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        let entry = registry::OPERATIONS.iter().find(|entry| entry.name == name)?;
        entry.is_of_node().then_some(seal::NODE_BODY_BYTES_MAX)
    }

    fn may_wait(&self, request: &Incoming) -> bool {
        // What reads a single secret is answered from memory; the rest may commit or read much.
        let name = request.path().strip_prefix(PREFIX).unwrap_or_default();
        !registry::HOT.contains(&name)
    }

    fn answer(&self, request: Incoming) -> Answer {
        self.respond(&request).unwrap_or_else(|fault| fault.into_answer(request.id))
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        let kind = match refusal {
            Refusal::Overloaded | Refusal::BodyTimeout => Kind::Unavailable,
            Refusal::Failed => Kind::Internal,
            _ => Kind::InvalidRequest,
        };
        Fault::new(kind, refusal.message()).with_status(refusal.status()).without_number()
    }
}
