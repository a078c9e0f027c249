//! From a request to its door and back.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, header};
use strongroom_core::audit::RequestId;
use strongroom_core::random::{self, Random};
use strongroom_core::time::Clock;
use tokio::sync::Semaphore;

use super::Control;
use super::body::{self, Held, Sent, Stream, take};
use super::pulse::Pulse;
use crate::door::{Answer, AnswerBody, Door, Incoming, Refusal};
use crate::limits::{CONNECTIONS_MAX, HEAD_BYTES_MIN, HEADERS_MAX, Limits};
use crate::metrics::{Answered, Metrics, method_label};

/// What every connection of a server shares.
pub(crate) struct Context {
    pub doors: Vec<Arc<dyn Door>>,
    pub limits: Limits,
    pub metrics: Arc<Metrics>,
    pub clock: Arc<dyn Clock>,
    pub control: Arc<Control>,
    pub(super) connections: Arc<Semaphore>,
    numbers: Numbers,
}

/// The other end of a connection, and its pulse.
pub(crate) struct Served {
    pub(super) peer: SocketAddr,
    pub(super) encrypted: bool,
    pub(super) pulse: Arc<Pulse>,
}

/// Numbers of requests: 64 random bits of the server's start, and a count.
struct Numbers {
    start: u64,
    next: AtomicU64,
}

/// One of the requests that may run at a time.
struct Slot<'a>(&'a Metrics);

impl Context {
    pub fn new(
        doors: Vec<Arc<dyn Door>>,
        limits: Limits,
        metrics: Arc<Metrics>,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> Self {
        let start = u64::from_be_bytes(random::array(random));
        let numbers = Numbers { start, next: AtomicU64::new(0) };
        // What tokio and hyper take without a panic.
        let limits = Limits {
            connections_max: limits.connections_max.min(CONNECTIONS_MAX),
            request_head_bytes_max: limits.request_head_bytes_max.max(HEAD_BYTES_MIN),
            ..limits
        };
        let connections = Arc::new(Semaphore::new(limits.connections_max));
        Self { doors, limits, metrics, clock, control: Arc::default(), connections, numbers }
    }

    /// Waits until no connection is open.
    pub async fn until_idle(&self) {
        let all = u32::try_from(self.limits.connections_max).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let _ = self.connections.acquire_many(all).await;
    }

    /// Answers a request, and counts it.
    pub(super) async fn serve(
        self: Arc<Self>,
        served: Arc<Served>,
        request: Request<hyper::body::Incoming>,
    ) -> Result<Response<Sent>, Infallible> {
        let beat = served.pulse.begin();
        let arrived_micros = self.clock.elapsed_micros();
        let id = self.numbers.next();
        let method = request.method().clone();
        let (head, body) = request.into_parts();
        let door = guarded(|| self.doors.iter().position(|door| door.serves(&head)));
        let door = door.and_then(|place| Some((place?, self.doors.get(place?)?)));
        let mut received_bytes = 0;
        let answer = match door {
            None => Answer::new(StatusCode::NOT_FOUND, "no door serves this path\n"),
            Some((_, door)) => {
                let request = Unread { id, arrived_micros, head, body };
                self.ask(door, &served, request, &mut received_bytes).await
            }
        };
        let mut sent_bytes = 0;
        let status = answer.status;
        let response = match answer.body {
            AnswerBody::Full(bytes) => {
                sent_bytes = bytes.len();
                response(status, answer.headers, Sent::Full(bytes))
            }
            stream @ AnswerBody::Stream(_) => match Stream::open(stream, &self, beat) {
                Some(stream) => response(status, answer.headers, Sent::Stream(Box::new(stream))),
                None => {
                    let refused = refuse(door.map(|(_, door)| door), Refusal::Overloaded);
                    response(refused.status, refused.headers, whole(refused.body))
                }
            },
        };
        let micros = self.clock.elapsed_micros().saturating_sub(arrived_micros);
        let (door, status) = (door.map(|(place, _)| place), response.status());
        let answered =
            Answered { door, method: &method, status, micros, received_bytes, sent_bytes };
        self.metrics.answered(&answered);
        self.log(&answered, id);
        Ok(response)
    }

    async fn ask(
        self: &Arc<Self>,
        door: &Arc<dyn Door>,
        served: &Served,
        request: Unread,
        received_bytes: &mut usize,
    ) -> Answer {
        let Unread { id, arrived_micros, head, body } = request;
        if head.headers.len() > HEADERS_MAX {
            return refuse(Some(door), Refusal::TooManyHeaders);
        }
        let arrived = self.clock.now();
        let Some(bytes_max) = guarded(|| door.body_bytes_max(&head)) else {
            return refuse(Some(door), Refusal::Failed);
        };
        let bytes_max = bytes_max.unwrap_or(usize::MAX).min(self.limits.request_body_bytes_max);
        let mut held = Held::nothing(self);
        let expects = head.headers.contains_key(header::EXPECT);
        let body = match body::read(body, bytes_max, expects, &mut held).await {
            Ok(body) => body,
            Err(refusal) => return refuse(Some(door), refusal),
        };
        *received_bytes = body.len();
        // Not before: bodies that come slowly must not take the places of requests that can be answered.
        let Some(_slot) = Slot::take(self) else {
            return refuse(Some(door), Refusal::Overloaded);
        };
        let Served { peer, encrypted, .. } = *served;
        let incoming = Incoming { head, body, peer, encrypted, id, arrived, arrived_micros };
        match guarded(|| door.may_wait(&incoming)) {
            None => refuse(Some(door), Refusal::Failed),
            Some(false) => answer(door, incoming),
            Some(true) => {
                let waiting = Arc::clone(door);
                let answer = move || (answer(&waiting, incoming), held);
                match tokio::task::spawn_blocking(answer).await {
                    Ok((answer, _held)) => answer,
                    Err(_) => refuse(Some(door), Refusal::Failed),
                }
            }
        }
    }

    /// Neither path nor query: both can hold a secret.
    fn log(&self, answered: &Answered<'_>, id: RequestId) {
        tracing::debug!(
            request = %id,
            door = answered.door.and_then(|place| self.doors.get(place)).map(|door| door.name()),
            method = method_label(answered.method),
            status = answered.status.as_u16(),
            micros = answered.micros,
            "answered"
        );
    }
}

struct Unread {
    id: RequestId,
    arrived_micros: u64,
    head: Parts,
    body: hyper::body::Incoming,
}

impl<'a> Slot<'a> {
    fn take(context: &'a Context) -> Option<Self> {
        let metrics = &context.metrics;
        let max = context.limits.requests_running_max;
        take(&metrics.requests_running, 1, max).then(|| Self(metrics))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.requests_running.fetch_sub(1, Relaxed);
    }
}

impl Numbers {
    fn next(&self) -> RequestId {
        let count = self.next.fetch_add(1, Relaxed);
        RequestId(u128::from(self.start) << 64 | u128::from(count))
    }
}

fn answer(door: &Arc<dyn Door>, incoming: Incoming) -> Answer {
    guarded(|| door.answer(incoming)).unwrap_or_else(|| refuse(Some(door), Refusal::Failed))
}

fn refuse(door: Option<&Arc<dyn Door>>, refusal: Refusal) -> Answer {
    let own = door.and_then(|door| guarded(|| door.refuse(refusal)));
    own.unwrap_or_else(|| Answer::new(refusal.status(), refusal.message()))
}

/// What a door does, or `None` when it panics. A door keeps no lock over a panic that others need: the engine's own
/// state is guarded by the engine.
fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

fn whole(body: AnswerBody) -> Sent {
    match body {
        AnswerBody::Full(bytes) => Sent::Full(bytes),
        AnswerBody::Stream(_) => Sent::Full(bytes::Bytes::new()),
    }
}

fn response(
    status: StatusCode,
    headers: http::HeaderMap<HeaderValue>,
    body: Sent,
) -> Response<Sent> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
