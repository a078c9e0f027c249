//! What stands between the listener and the engine: a door speaks one vendor's protocol.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use strongroom_core::audit::RequestId;
use strongroom_core::time::Timestamp;

mod answer;

pub use answer::{Answer, AnswerBody, CHUNKS_WAITING_MAX, ChunkReceiver, Chunks, Gone};

/// A translator between one protocol and the engine's operations.
///
/// The trait is synchronous on purpose, as the engine is: a hot read is answered from memory on the thread that read
/// the request, and what waits for the disk or the network runs on threads that may wait.
///
/// A door that panics costs its client the answer (500), and nobody else anything.
pub trait Door: Send + Sync + 'static {
    /// The door's name in logs and metrics: one lowercase word.
    fn name(&self) -> &'static str;

    /// Whether this door answers the request, by its path or its headers. The first door that says yes answers. The
    /// path is as the client sent it: it can hold `..`, `%00` and broken percent-encoding.
    fn serves(&self, head: &Parts) -> bool;

    /// The longest body that this door takes for the request, in bytes, where that is less than the server's setting
    /// (`limits.request_body_bytes_max`): a request without credentials needs no more than a login does.
    fn body_bytes_max(&self, head: &Parts) -> Option<usize> {
        let _ = head;
        None
    }

    /// Whether answering may wait for the disk or the network. Then it runs on a thread that may wait, else on the
    /// thread that serves the connection, without a change of threads.
    fn may_wait(&self, request: &Incoming) -> bool;

    /// The answer to a request.
    fn answer(&self, request: Incoming) -> Answer;

    /// What the listener refuses before the door sees it, in the door's own protocol.
    fn refuse(&self, refusal: Refusal) -> Answer;
}

/// A request, read whole.
pub struct Incoming {
    /// Method, URI, version and headers.
    pub head: Parts,
    /// The body, at most `limits.request_body_bytes_max` long.
    pub body: Bytes,
    /// The address of the other end of the connection.
    pub peer: SocketAddr,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// The request's number, unique over restarts and nodes, and no secret: it can be guessed.
    pub id: RequestId,
    /// When its head had been read.
    pub arrived: Timestamp,
    /// The same moment by [`Clock::elapsed_micros`](strongroom_core::time::Clock::elapsed_micros), in microseconds.
    pub arrived_micros: u64,
}

/// Why the listener does not let a request in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The body is longer than the limit, in bytes.
    BodyTooLarge {
        /// The limit that it is over.
        bytes_max: usize,
    },
    /// More header fields than [`HEADERS_MAX`](crate::limits::HEADERS_MAX).
    TooManyHeaders,
    /// The client broke the body off, or its framing is not HTTP.
    MalformedBody,
    /// The body did not arrive within `limits.body_timeout`.
    BodyTimeout,
    /// As many requests run, streams are open, or bytes of bodies are held, as the server takes. Trying again helps.
    Overloaded,
    /// The door panicked. Nothing is known of what the request did.
    Failed,
}

impl Refusal {
    /// The status of RFC 9110 and RFC 6585 that says it.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::MalformedBody => StatusCode::BAD_REQUEST,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A sentence for the client. It holds nothing of the request.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::BodyTooLarge { .. } => "request body too large",
            Self::TooManyHeaders => "too many header fields",
            Self::MalformedBody => "the request body ended too early or is malformed",
            Self::BodyTimeout => "the request body did not arrive in time",
            Self::Overloaded => "the server is overloaded, try again",
            Self::Failed => "internal error",
        }
    }
}

/// Without URI, header fields and body: each can hold a secret.
impl fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Incoming")
            .field("id", &self.id)
            .field("method", &self.head.method)
            .field("peer", &self.peer)
            .field("encrypted", &self.encrypted)
            .finish_non_exhaustive()
    }
}

impl Incoming {
    /// The request's path as the client sent it, percent-encoding included.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// The text after `?`, undecoded.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }
}
