//! Bodies: a request's is read whole within limits, an answer's is sent as it comes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context as TaskContext, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::futures::OwnedNotified;
use tokio::time::timeout;

use super::pulse::Beat;
use super::service::Context;
use crate::door::{AnswerBody, Refusal};

/// Bytes that are reserved before the first of them has come.
const RESERVED_AHEAD_MAX: usize = 64 * 1_024;

/// Bytes of bodies that are held, given back when this is dropped.
pub(super) struct Held {
    context: Arc<Context>,
    bytes: usize,
}

impl Held {
    pub fn nothing(context: &Arc<Context>) -> Self {
        Self { context: Arc::clone(context), bytes: 0 }
    }

    fn more(&mut self, bytes: usize) -> Result<(), Refusal> {
        let held = &self.context.metrics.held_bodies_bytes;
        if !take(held, bytes, self.context.limits.held_bodies_bytes_max) {
            return Err(Refusal::Overloaded);
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.context.metrics.held_bodies_bytes.fetch_sub(self.bytes, Relaxed);
        }
    }
}

/// Adds to a counter unless it would go over `max`.
pub(super) fn take(counter: &AtomicUsize, count: usize, max: usize) -> bool {
    let before = counter.fetch_add(count, Relaxed);
    let fits = before.checked_add(count).is_some_and(|after| after <= max);
    if !fits {
        counter.fetch_sub(count, Relaxed);
    }
    fits
}

/// The whole body, at most `bytes_max` long, within `limits.body_timeout`.
pub(super) async fn read(
    body: Incoming,
    bytes_max: usize,
    expects_to_continue: bool,
    held: &mut Held,
) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let limit = held.context.limits.body_timeout;
    let mut body = body;
    let read = async {
        let too_large = Refusal::BodyTooLarge { bytes_max };
        let declared = body.size_hint().lower();
        let result = if declared > bytes_max as u64 {
            Err(too_large)
        } else {
            collect(&mut body, bytes_max, held).await
        };
        // A client that is still sending would see a broken connection instead of the answer.
        if result == Err(too_large) && !(declared > bytes_max as u64 && expects_to_continue) {
            discard(&mut body, held.context.limits.request_body_bytes_max).await;
        }
        result
    };
    timeout(limit, read).await.unwrap_or(Err(Refusal::BodyTimeout))
}

async fn collect(body: &mut Incoming, bytes_max: usize, held: &mut Held) -> Result<Bytes, Refusal> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(data) = next(body).await? {
        if first.len() + all.len() + data.len() > bytes_max {
            return Err(Refusal::BodyTooLarge { bytes_max });
        }
        held.more(data.len())?;
        // Most bodies come in one piece, which is passed on as it is.
        if first.is_empty() && all.is_empty() {
            first = data;
            if body.is_end_stream() {
                return Ok(first);
            }
            continue;
        }
        if all.is_empty() {
            let left = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
            all.reserve(first.len() + data.len() + left.min(RESERVED_AHEAD_MAX));
            all.extend_from_slice(&first);
            first = Bytes::new();
        }
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

async fn discard(body: &mut Incoming, bytes_max: usize) {
    let mut left = bytes_max;
    while let Ok(Some(data)) = next(body).await {
        match left.checked_sub(data.len()) {
            Some(less) => left = less,
            None => return,
        }
    }
}

/// The next piece of data; trailers are left out.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Refusal> {
    loop {
        match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await {
            None => return Ok(None),
            Some(Err(_)) => return Err(Refusal::MalformedBody),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// An answer's body on its way.
pub(super) enum Sent {
    Full(Bytes),
    Stream(Box<Stream>),
}

/// A body that is made while it is sent. It ends with the server.
pub(super) struct Stream {
    body: AnswerBody,
    context: Arc<Context>,
    stop: Pin<Box<OwnedNotified>>,
    _beat: Beat,
}

impl Stream {
    /// `None` when as many streams are open as may be.
    pub fn open(body: AnswerBody, context: &Arc<Context>, beat: Beat) -> Option<Self> {
        if !take(&context.metrics.streams_open, 1, context.limits.streams_open_max) {
            return None;
        }
        let mut stop = Box::pin(context.control.next_change());
        stop.as_mut().enable();
        Some(Self { body, context: Arc::clone(context), stop, _beat: beat })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.context.metrics.streams_open.fetch_sub(1, Relaxed);
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream(stream) => {
                let stops = stream.stop.as_mut().poll(context).is_ready();
                if stops || stream.context.control.is_stopping() {
                    return Poll::Ready(None);
                }
                let frame = Pin::new(&mut stream.body).poll_frame(context);
                if let Poll::Ready(Some(Ok(frame))) = &frame {
                    let bytes = frame.data_ref().map_or(0, Bytes::len);
                    stream.context.metrics.streamed(bytes);
                }
                frame
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Full(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}
