//! The AWS door: the API of AWS Secrets Manager, JSON 1.1 over `POST /`.
//!
//! A request names its operation in `X-Amz-Target` and is signed with Signature Version 4. The door finds who signed
//! it, reads it into the type of its operation, holds it to the constraints of AWS's service model, and asks the
//! engine. It translates, and decides nothing.
//!
//! # Adding an operation
//! A file in `operations/` with what it reads and answers, and a line in [`registry`]. The test against the service
//! model (`crates/server/tests/aws`) tells what is missing.

mod agent;
mod call;
mod constraint;
mod fault;
mod operations;
mod parts;
mod read;
pub mod registry;
mod reply;
mod shape;
mod shapes;
mod signer;
mod sts;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, Method};
use strongroom_engine::audit::RecordClient;
use strongroom_engine::operations::aws::Places;
use strongroom_engine::{Caller, Door as EngineDoor, Engine, Node, Request};

use crate::config::Aws;
use crate::door::{Answer, Door, Incoming, Refusal};

use self::call::Call;
use self::constraint::Allowed;
pub use self::constraint::{Counts, Member, Pattern, QUOTED_CHARS_MAX, Rules, VIOLATIONS_TOLD_MAX};
use self::fault::Fault;
use self::registry::Entry;
pub use self::reply::Written;
use self::reply::request_number;
pub use self::shapes::{SECRET_BYTES_MAX, is_region};
use self::signer::Signer;
pub use self::sts::{CREDENTIALS_PATH, CredentialsDoor, StsDoor};

/// The header field that names the operation.
const TARGET: &str = "x-amz-target";
/// What targets begin with.
const TARGET_PREFIX: &str = "secretsmanager.";
/// The longest name of a program that the audit log keeps, in bytes.
const CLIENT_BYTES_MAX: usize = 128;
/// The bytes of a request's body beside the secret in it: every other member at its longest, as JSON's escapes write it.
const BODY_BYTES_BESIDE_SECRET_MAX: usize = 512 * 1_024;
/// The most bytes that JSON writes for a byte of a text: `\u0000`.
const BYTES_OF_AN_ESCAPE: usize = 6;

/// The door.
pub struct AwsDoor {
    node: Arc<Node>,
    places: Places,
    allowed: Allowed,
}

impl AwsDoor {
    /// A door to this node, with the account and regions of the configuration.
    #[must_use]
    pub fn new(node: Arc<Node>, settings: &Aws) -> Self {
        let allowed = Allowed { secret_bytes_max: settings.secret_bytes_max };
        Self { node, places: settings.places(), allowed }
    }

    fn respond(&self, incoming: &Incoming) -> Result<Answer, Fault> {
        if incoming.path() == agent::PATH {
            return agent::answer(&*self.node.engine()?, &self.places, incoming);
        }
        let entry = entry_of(incoming.headers(), &incoming.head.method)?;
        let engine = self.node.engine()?;
        match Signer::find(&engine, &self.places, incoming) {
            Ok(Signer { caller, place }) => {
                let request = request(incoming, caller);
                let call = Call::new(&engine, request, place, &self.places, entry.name);
                entry.serve(&call, &incoming.body, self.allowed)
            }
            Err(unproven) => {
                self.note(&engine, entry, incoming, unproven.reason);
                Err(unproven.fault)
            }
        }
    }

    /// Asks the engine with a caller whom it refuses, so that the audit log has what was asked for, and why it was
    /// refused.
    fn note(&self, engine: &Engine, entry: &Entry, incoming: &Incoming, reason: String) {
        let Some(place) = self.places.iter().next().map(Arc::clone) else { return };
        let request = request(incoming, Caller::Refused(reason));
        let call = Call::new(engine, request, place, &self.places, entry.name);
        // What it answers is a refusal, and not the one that the client is told.
        let _ = entry.serve(&call, &incoming.body, self.allowed);
    }
}

impl Door for AwsDoor {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn serves(&self, head: &Parts) -> bool {
        let is_api = head.method == Method::POST || head.headers.contains_key(TARGET);
        (head.uri.path() == "/" && is_api) || head.uri.path() == agent::PATH
    }

    fn body_bytes_max(&self, _: &Parts) -> Option<usize> {
        let secret = self.allowed.secret_bytes_max.saturating_mul(BYTES_OF_AN_ESCAPE);
        Some(secret.saturating_add(BODY_BYTES_BESIDE_SECRET_MAX))
    }

    fn may_wait(&self, request: &Incoming) -> bool {
        // What reads a single secret is answered from memory; the rest may commit or read much.
        let name = target(request.headers()).unwrap_or_default();
        request.path() != agent::PATH && !registry::HOT.contains(&name)
    }

    fn answer(&self, request: Incoming) -> Answer {
        let answer = self.respond(&request).unwrap_or_else(Fault::without_number);
        request_number(answer, request.id)
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        Fault::refused(refusal).without_number()
    }
}

/// The name of the operation that is asked for.
fn target(headers: &HeaderMap) -> Option<&str> {
    headers.get(TARGET)?.to_str().ok()?.strip_prefix(TARGET_PREFIX)
}

fn entry_of(headers: &HeaderMap, method: &Method) -> Result<&'static Entry, Fault> {
    let name = target(headers).filter(|_| *method == Method::POST);
    name.and_then(registry::find).ok_or_else(Fault::unknown_operation)
}

/// What the engine is asked with.
fn request(incoming: &Incoming, caller: Caller) -> Request {
    Request {
        id: incoming.id,
        caller,
        door: EngineDoor::Aws,
        source: Some(incoming.peer.ip().to_canonical()),
        encrypted: incoming.encrypted,
        client: client(incoming.headers()),
        asked: None,
    }
}

fn client(headers: &HeaderMap) -> Option<RecordClient> {
    let program = headers.get("user-agent")?.to_str().ok()?;
    let end = program.floor_char_boundary(CLIENT_BYTES_MAX);
    Some(RecordClient { program: program.get(..end)?.to_owned(), pid: None })
}
