//! The Vault door: the HTTP API of HashiCorp Vault under `/v1/`.
//!
//! It translates: a route turns a request into operations of the engine and their answers into Vault's JSON
//! (<https://developer.hashicorp.com/vault/api-docs>). What may be done is decided in the engine, on the path that the
//! client sent.
//!
//! # Adding a path
//! A [`Route`] in the file of its mount's kind, and nothing else: [`registry`] lists the files. A new kind of mount is
//! a file and a line there. `docs/reference/vault.md` is made from the registry.

mod absent;
mod approle;
mod audit_devices;
mod body;
mod call;
mod capabilities;
mod catalog;
mod cubbyhole;
mod fault;
mod generate_root;
mod health;
mod host;
mod identity;
mod jwt;
mod kv;
mod leases;
mod lenient;
mod login;
mod mounts;
mod node_route;
mod path;
mod pki;
mod policies;
mod quotas;
pub mod registry;
mod rekey;
mod reply;
mod route;
mod running;
mod seal;
mod system;
mod tokens;
mod transit;
mod userpass;
mod wrapping;

use std::sync::Arc;

use http::request::Parts;
use strongroom_core::audit::RequestId;
use strongroom_engine::Node;

use crate::door::{Answer, Door, Incoming, Refusal};
use crate::metrics::Metrics;

use self::call::Call;
use self::fault::Fault;
pub use self::node_route::NodeRoute;
use self::node_route::{NODE_BODY_BYTES_MAX, NodeCall};
use self::path::RequestPath;
pub use self::route::{Access, NOT_SUPPORTED, Route, Verb};
use self::running::Running;

/// What the paths of this door begin with.
const PREFIX: &str = "/v1/";

/// What is in the paths of reads that may commit: a revocation list that is signed anew, a backup that is noted in its
/// key. Another path with one of these in it costs a change of threads.
const COMMITTING_READS: &[&str] = &["/crl", "/backup/"];

/// The door.
pub struct VaultDoor {
    node: Arc<Node>,
    metrics: Arc<Metrics>,
    running: Running,
}

impl VaultDoor {
    /// A door to this node.
    #[must_use]
    pub fn new(node: Arc<Node>) -> Self {
        Self { node, metrics: Arc::default(), running: Running::default() }
    }

    /// With the metrics that it shows.
    #[must_use]
    pub fn with_metrics(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    fn respond(&self, incoming: &Incoming) -> Result<Answer, Fault> {
        let path = RequestPath::parse(incoming.path().strip_prefix(PREFIX).unwrap_or_default())?;
        let verb = Verb::of(incoming)?;
        if let Some(route) = registry::find_node(path.as_str(), verb)? {
            let call = NodeCall::begin(&self.node, incoming, verb)?;
            return Ok((route.handler)(&call)?.into_answer(incoming.id));
        }
        let call = Call::begin(self, incoming, path, verb)?;
        let route = registry::find(&call)?;
        let reply = route.run(&call).map_err(|fault| match route.access {
            Access::Policy => call.refusal(fault),
            Access::Open => fault,
        })?;
        Ok(call.finish(reply, route.access)?.into_answer(call.request_id()))
    }
}

impl Door for VaultDoor {
    fn name(&self) -> &'static str {
        "vault"
    }

    fn serves(&self, head: &Parts) -> bool {
        head.uri.path().starts_with(PREFIX)
    }

    fn body_bytes_max(&self, head: &Parts) -> Option<usize> {
        let path = head.uri.path().strip_prefix(PREFIX).unwrap_or_default();
        registry::is_node_path(path).then_some(NODE_BODY_BYTES_MAX)
    }

    fn may_wait(&self, request: &Incoming) -> bool {
        // A read is answered from memory, but for those that may commit; whatever else there is may commit.
        let reads = request.head.method == http::Method::GET;
        !reads
            || COMMITTING_READS.iter().any(|part| request.path().contains(part))
            || request.headers().contains_key(&call::WRAP_TTL)
            // Keys rotate, and providers are asked.
            || request.path().contains("/oidc/")
            || request.query().is_some_and(|query| query.contains("list") || query.contains("scan"))
    }

    fn answer(&self, request: Incoming) -> Answer {
        let _entered = self.may_wait(&request).then(|| self.running.enter(&request));
        self.respond(&request).unwrap_or_else(|fault| fault.into_answer(request.id))
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        Fault::refused(refusal.status(), refusal.message()).into_answer(RequestId(0))
    }
}
