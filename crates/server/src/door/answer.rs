//! What a door gives back: a whole body, or chunks that follow each other.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// Chunks of one answer that wait for a slow client: 64.
pub const CHUNKS_WAITING_MAX: usize = 64;

/// A status, header fields and a body. The listener adds `date` and the body's framing.
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
}

/// The body of an answer.
pub enum AnswerBody {
    /// Known in whole; empty for none.
    Full(Bytes),
    /// Made while it is sent, such as server-sent events. It ends when its [`Chunks`] is dropped.
    Stream(ChunkReceiver),
}

/// The end of a streamed body that is read by the connection.
pub struct ChunkReceiver(mpsc::Receiver<Bytes>);

/// Feeds a streamed body from any thread.
#[derive(Clone)]
pub struct Chunks(mpsc::Sender<Bytes>);

/// The client is gone, or takes [`CHUNKS_WAITING_MAX`] chunks too slowly: the stream is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client is gone or too slow")]
pub struct Gone;

impl Answer {
    /// An answer without header fields.
    #[must_use]
    pub fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: AnswerBody::Full(body.into()) }
    }

    /// An answer whose body is fed afterwards.
    #[must_use]
    pub fn stream(status: StatusCode) -> (Chunks, Self) {
        let (sender, receiver) = mpsc::channel(CHUNKS_WAITING_MAX);
        let body = AnswerBody::Stream(ChunkReceiver(receiver));
        (Chunks(sender), Self { status, headers: HeaderMap::new(), body })
    }
}

impl Chunks {
    /// Add a chunk, without waiting.
    ///
    /// # Errors
    /// [`Gone`] when nobody reads the stream, or nobody does fast enough. The caller drops the stream then, which
    /// ends the answer.
    pub fn send(&self, chunk: impl Into<Bytes>) -> Result<(), Gone> {
        self.0.try_send(chunk.into()).map_err(|_| Gone)
    }

    /// Whether the client is gone.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.0.is_closed()
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Full(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream(chunks) => {
                chunks.0.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
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

/// Without header fields and body: both can hold a secret.
impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut answer = formatter.debug_struct("Answer");
        answer.field("status", &self.status).field("body", &self.body).finish_non_exhaustive()
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(bytes) => write!(formatter, "Full({} bytes)", bytes.len()),
            Self::Stream(_) => formatter.write_str("Stream"),
        }
    }
}
