//! One request to the Vault door.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, AsHeaderName, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName};
use strongroom_core::audit::RequestId;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::token::PlainToken;
use strongroom_engine::audit::RecordClient;
use strongroom_engine::operations::CheckKnown;
use strongroom_engine::operations::wrapping::AnswerToWrap;
use strongroom_engine::{
    Asked, Caller, Door, Engine, Error, IssuedToken, MountKind, Node, Operation, Request,
};

use super::body::{Body, Span};
use super::fault::Fault;
use super::path::RequestPath;
use super::reply::Reply;
use super::route::{Access, Captures, Verb};
use super::running::Running;
use super::{VaultDoor, wrapping};
use crate::door::Incoming;
use crate::metrics::Metrics;

/// Where the number of a request says which of its changes it is: above what counts requests, below when the server
/// began.
const ASKED_SHIFT: u32 = 44;
/// The longest name of a program that the audit log keeps, in bytes.
const CLIENT_BYTES_MAX: usize = 128;

/// Asks for the answer to be wrapped, for a span of time.
pub(super) static WRAP_TTL: HeaderName = HeaderName::from_static("x-vault-wrap-ttl");
static NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
static TOKEN: HeaderName = HeaderName::from_static("x-vault-token");

/// A request on its way: what was asked, by whom, and of which mount.
pub struct Call<'a> {
    pub(super) node: &'a Node,
    pub(super) metrics: &'a Metrics,
    pub(super) running: &'a Running,
    pub(super) engine: Arc<Engine>,
    incoming: &'a Incoming,
    path: RequestPath,
    verb: Verb,
    mount: String,
    kind: MountKind,
    captures: RefCell<Vec<(&'static str, String)>>,
    pub(super) body: Body,
    request: Request,
    wrap_ttl: Option<Seconds>,
    /// How many times the engine was asked.
    asked: Cell<u32>,
}

impl<'a> Call<'a> {
    pub(super) fn begin(
        door: &'a VaultDoor,
        incoming: &'a Incoming,
        path: RequestPath,
        verb: Verb,
    ) -> Result<Self, Fault> {
        let VaultDoor { node, metrics, running } = door;
        let engine = node.engine()?;
        engine
            .admit(path.as_str(), Some(incoming.peer.ip().to_canonical()))
            .map_err(|throttled| Fault::throttled(path.as_str(), &throttled))?;
        let headers = incoming.headers();
        check_namespace(headers)?;
        let wrap_ttl = text(headers, &WRAP_TTL).filter(|ttl| !ttl.is_empty());
        let wrap_ttl = match wrap_ttl.map(Span::parse) {
            Some(None) => return Err(Fault::invalid("X-Vault-Wrap-TTL is not a span of time")),
            other => other.flatten().map(|span| span.0).filter(|seconds| seconds.0 > 0),
        };
        let body = match verb {
            Verb::Write if is_form(headers, &path) => Body::parse_form(&incoming.body)?,
            Verb::Write | Verb::Patch | Verb::Delete => Body::parse(&incoming.body)?,
            _ => Body::default(),
        };
        let asked = Asked {
            parameters: body.parameters(),
            wrap_ttl: wrap_ttl.map(|seconds| Duration::from_secs(seconds.0)),
        };
        let request = request(incoming, caller(headers), Some(asked));
        let (mount, kind) = match engine.mount_of(path.as_str())? {
            Some(found) => found,
            None => {
                // Who may do nothing there does not learn whether there is a mount.
                engine.execute(&request, &CheckKnown { path: path.as_str().to_owned() })?;
                return Err(Fault::no_route(path.as_str()));
            }
        };
        let captures = RefCell::default();
        Ok(Self {
            node,
            metrics,
            running,
            engine,
            incoming,
            path,
            verb,
            mount,
            kind,
            captures,
            body,
            request,
            wrap_ttl,
            asked: Cell::new(0),
        })
    }

    /// Ask the engine.
    pub(super) fn ask<O: Operation>(&self, operation: &O) -> Result<O::Answer, Fault> {
        Ok(self.perform(operation)?)
    }

    /// Ask the engine, where the door has words of its own for some of its errors.
    pub(super) fn perform<O: Operation>(&self, operation: &O) -> Result<O::Answer, Error> {
        match self.number() {
            id if id == self.request.id => self.engine.execute(&self.request, operation),
            id => self.engine.execute(&Request { id, ..self.request.clone() }, operation),
        }
    }

    /// The number of the next thing that the engine is asked: the request's own for the first, and others for more. Each
    /// change has a number of its own, by which its audit record is told from the others after a crash.
    fn number(&self) -> RequestId {
        let before = self.asked.replace(self.asked.get() + 1);
        RequestId(self.request.id.0 ^ u128::from(before) << ASKED_SHIFT)
    }

    /// Ask the engine for whoever shows a credential in the operation itself: a token that came along, good or bad,
    /// counts for nothing, and this is no use of it.
    pub(super) fn perform_anonymously<O: Operation>(
        &self,
        operation: &O,
    ) -> Result<O::Answer, Error> {
        let (id, caller) = (self.number(), Caller::Anonymous);
        let request = Request { id, caller, ..self.request.clone() };
        self.engine.execute(&request, operation)
    }

    /// Have an answer kept for whoever shows the wrapping token.
    pub(super) fn wrap(&self, answer: AnswerToWrap) -> Result<IssuedToken, Fault> {
        let request = Request { id: self.number(), ..self.request.clone() };
        Ok(self.engine.wrap(&request, answer)?)
    }

    /// What the engine is asked with.
    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    /// A refusal of the door's own, which is for callers who may do something at the path. Whoever may do nothing there
    /// is told the same whatever they sent.
    pub(super) fn refusal(&self, fault: Fault) -> Fault {
        if self.asked.get() > 0 {
            return fault;
        }
        self.check_known().err().unwrap_or(fault)
    }

    /// The path as it was asked, without `/v1/` and without a slash at its end: what policies speak of.
    pub(super) fn path(&self) -> &str {
        self.path.as_str()
    }

    /// The path below the mount.
    pub(super) fn below_mount(&self) -> &str {
        let below = self.path.as_str().get(self.mount.len()..).unwrap_or_default();
        below.strip_prefix('/').unwrap_or(below)
    }

    /// The path of the mount.
    pub(super) fn mount(&self) -> &str {
        &self.mount
    }

    pub(super) fn kind(&self) -> MountKind {
        self.kind
    }

    pub(super) fn verb(&self) -> Verb {
        self.verb
    }

    pub(super) fn capture(&self, captures: Captures<'_>) {
        self.captures.replace(captures.into_owned());
    }

    /// A named part of the path.
    pub(super) fn named(&self, name: &str) -> String {
        let captures = self.captures.borrow();
        let found = captures.iter().find(|(known, _)| *known == name);
        found.map(|(_, part)| part.clone()).unwrap_or_default()
    }

    /// The first value of a parameter of the query, decoded.
    pub(super) fn query(&self, name: &str) -> Option<String> {
        let pairs = self.incoming.query()?.split('&');
        let mut found = pairs.filter_map(|pair| pair.split_once('=').or(Some((pair, ""))));
        let (_, value) = found.find(|(known, _)| *known == name)?;
        let spaced = value.replace('+', " ");
        let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8().ok()?;
        Some(decoded.into_owned())
    }

    /// How many names of a list the client wants at most, as OpenBao has it: what is not positive is no limit.
    pub(super) fn limit(&self) -> Result<Option<usize>, Fault> {
        let limit = self.query("limit").filter(|limit| !limit.is_empty());
        let limit = limit.map(|limit| limit.parse::<i64>()).transpose();
        let limit = limit.map_err(|_| Fault::invalid("limit is not a whole number"))?;
        Ok(limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0))
    }

    /// A header field, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        text(self.incoming.headers(), name)
    }

    /// The request as it came in.
    pub(super) fn incoming(&self) -> &Incoming {
        self.incoming
    }

    /// When it came in.
    pub(super) fn now(&self) -> Timestamp {
        self.incoming.arrived
    }

    pub(super) fn request_id(&self) -> RequestId {
        self.request.id
    }

    /// The token that was shown.
    pub(super) fn token(&self) -> Option<&Arc<PlainToken>> {
        match &self.request.caller {
            Caller::Token(token) => Some(token),
            _ => None,
        }
    }

    /// How long the answer is to be wrapped for.
    pub(super) fn wrap_ttl(&self) -> Option<Seconds> {
        self.wrap_ttl
    }

    /// That the caller may do something at the path, whatever it is.
    pub(super) fn check_known(&self) -> Result<(), Fault> {
        self.ask(&CheckKnown { path: self.path().to_owned() })
    }

    /// The answer as the client asked for it: wrapped where it asked for that.
    pub(super) fn finish(&self, reply: Reply, access: Access) -> Result<Reply, Fault> {
        match self.wrap_ttl {
            Some(ttl) => wrapping::finish(self, reply, access, ttl),
            None => Ok(reply),
        }
    }
}

/// What the engine is asked with.
pub(super) fn request(incoming: &Incoming, caller: Caller, asked: Option<Asked>) -> Request {
    Request {
        id: incoming.id,
        caller,
        door: Door::Vault,
        source: Some(incoming.peer.ip().to_canonical()),
        encrypted: incoming.encrypted,
        client: client(incoming.headers()),
        asked,
    }
}

/// That no namespace but the one that there is was meant.
pub(super) fn check_namespace(headers: &HeaderMap) -> Result<(), Fault> {
    let namespace = text(headers, &NAMESPACE).unwrap_or_default().trim_matches('/');
    match namespace {
        "" | "root" => Ok(()),
        _ => Err(Fault::unsupported("namespaces are not supported")),
    }
}

fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Whether a provider sent a browser here with a form. Nothing else is asked by forms.
fn is_form(headers: &HeaderMap, path: &RequestPath) -> bool {
    let kind = text(headers, CONTENT_TYPE).unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded")
        && path.as_str().ends_with("/oidc/callback")
}

/// `X-Vault-Token`, or a bearer in `Authorization`.
fn caller(headers: &HeaderMap) -> Caller {
    let bearer = || {
        let value = text(headers, AUTHORIZATION)?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    };
    let shown = text(headers, &TOKEN).or_else(bearer).filter(|token| !token.is_empty());
    match shown {
        Some(token) => Caller::Token(Arc::new(PlainToken::new(token.as_bytes().to_vec()))),
        None => Caller::Anonymous,
    }
}

fn client(headers: &HeaderMap) -> Option<RecordClient> {
    let program = text(headers, USER_AGENT)?;
    let end = program.floor_char_boundary(CLIENT_BYTES_MAX);
    Some(RecordClient { program: program.get(..end)?.to_owned(), pid: None })
}

/// A text that came in a body, kept as a secret.
pub(super) fn secret(text: &str) -> SecretValue {
    SecretValue::new(text.as_bytes().to_vec())
}
