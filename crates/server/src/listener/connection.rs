//! One connection, from its first byte to its end.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::nudge::Nudge;
use super::pulse::{Beating, Pulse, Rest, Verdict, Watch};
use super::service::{Context, Served};
use crate::limits::{HTTP2_RESET_STREAMS_MAX, HTTP2_STREAMS_MAX};

/// The first bytes of an HTTP/2 connection (RFC 9113, section 3.4). No method of HTTP/1.1 begins so.
const HTTP2_BEGINS: &[u8; 3] = b"PRI";

/// The shortest time between two looks at a connection, whatever its limits.
const STEP_MIN: Duration = Duration::from_millis(1);

/// One of the connections that may be open at a time.
struct Open {
    context: Arc<Context>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

/// Serves an accepted connection in a task of its own, or closes it when there are too many.
pub(super) fn start(
    context: &Arc<Context>,
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
) {
    let Ok(permit) = Arc::clone(&context.connections).try_acquire_owned() else {
        context.metrics.connection_refused();
        return;
    };
    context.metrics.connected(acceptor.is_some());
    context.metrics.connections_open.fetch_add(1, Relaxed);
    let open = Open { context: Arc::clone(context), _permit: permit };
    tokio::spawn(async move {
        // Answers are small, and are written whole: nothing is gained by waiting for more of them.
        let _ = stream.set_nodelay(true);
        match acceptor {
            Some(acceptor) => serve_tls(&open.context, stream, peer, &acceptor).await,
            None => serve_plain(&open.context, stream, peer).await,
        }
    });
}

impl Drop for Open {
    fn drop(&mut self) {
        self.context.metrics.connections_open.fetch_sub(1, Relaxed);
    }
}

async fn serve_plain(context: &Arc<Context>, stream: TcpStream, peer: SocketAddr) {
    let mut begin = [0; HTTP2_BEGINS.len()];
    // A client that sends less than three bytes in its first packet is served as HTTP/1.1.
    let peeked = async {
        tokio::select! {
            biased;
            () = context.control.stopped() => Ok(0),
            peeked = stream.peek(&mut begin) => peeked,
        }
    };
    let Ok(Ok(1..)) = timeout(context.limits.head_timeout, peeked).await else { return };
    let protocol = if begin == *HTTP2_BEGINS { Protocol::Http2 } else { Protocol::Http1 };
    serve(context, stream, peer, false, protocol).await;
}

async fn serve_tls(
    context: &Arc<Context>,
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: &TlsAcceptor,
) {
    let handshake = async {
        tokio::select! {
            biased;
            () = context.control.stopped() => None,
            stream = acceptor.accept(stream) => Some(stream),
        }
    };
    let stream = match timeout(context.limits.head_timeout, handshake).await {
        Ok(None) => return,
        Ok(Some(Ok(stream))) => stream,
        Ok(Some(Err(error))) => {
            context.metrics.handshake_failed();
            tracing::debug!(%peer, %error, "TLS handshake failed");
            return;
        }
        Err(_) => {
            context.metrics.handshake_failed();
            tracing::debug!(%peer, "TLS handshake took too long");
            return;
        }
    };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let protocol = if is_http2 { Protocol::Http2 } else { Protocol::Http1 };
    serve(context, stream, peer, true, protocol).await;
}

async fn serve<T>(
    context: &Arc<Context>,
    stream: T,
    peer: SocketAddr,
    encrypted: bool,
    protocol: Protocol,
) where
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let pulse = Pulse::new();
    let stream = Beating::new(TokioIo::new(stream), Arc::clone(&pulse));
    let served = Arc::new(Served { peer, encrypted, pulse: Arc::clone(&pulse) });
    match protocol {
        Protocol::Http1 => drive(context, http1(context, stream, served), &pulse, protocol).await,
        Protocol::Http2 => drive(context, http2(context, stream, served), &pulse, protocol).await,
    }
}

fn http1<T>(context: &Arc<Context>, stream: T, served: Arc<Served>) -> impl Graceful
where
    T: Read + Write + Unpin + Send + 'static,
{
    let head_bytes_max = context.limits.request_head_bytes_max;
    let mut builder = http1::Builder::new();
    // The pulse watches over heads without a timer for each; a buffer that is full ends the head with 431.
    builder.header_read_timeout(None).max_buf_size(head_bytes_max).max_header_size(head_bytes_max);
    let context = Arc::clone(context);
    let service =
        service_fn(move |request| Arc::clone(&context).serve(Arc::clone(&served), request));
    builder.serve_connection(stream, service)
}

fn http2<T>(context: &Arc<Context>, stream: T, served: Arc<Served>) -> impl Graceful
where
    T: Read + Write + Unpin + Send + 'static,
{
    let head_bytes_max = u32::try_from(context.limits.request_head_bytes_max).unwrap_or(u32::MAX);
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_pending_accept_reset_streams(HTTP2_RESET_STREAMS_MAX)
        .max_header_list_size(head_bytes_max);
    let context = Arc::clone(context);
    let service =
        service_fn(move |request| Arc::clone(&context).serve(Arc::clone(&served), request));
    builder.serve_connection(stream, service)
}

/// A connection of either protocol.
trait Graceful: Future<Output = hyper::Result<()>> {
    /// Answer what has been asked, then end.
    fn end_gracefully(self: Pin<&mut Self>);
}

impl<I, B, S> Graceful for http1::Connection<I, S>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: Read + Write + Unpin,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn end_gracefully(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, B, S, E> Graceful for http2::Connection<I, S, E>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: Read + Write + Unpin,
    B: http_body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    E: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    fn end_gracefully(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Runs a connection until it ends, hangs, or the server does.
async fn drive(context: &Context, connection: impl Graceful, pulse: &Pulse, protocol: Protocol) {
    let limits = &context.limits;
    let step = (limits.head_timeout / 2).min(limits.idle_timeout).max(STEP_MIN);
    let head = (protocol == Protocol::Http1).then_some(limits.head_timeout);
    let mut watch = Watch::new(Rest { head, idle: limits.idle_timeout, step });
    let mut connection = pin!(connection);
    let mut look = pin!(sleep(step));
    let mut change = pin!(context.control.next_change());
    change.as_mut().enable();
    let mut is_ending = false;
    let mut nudge = Nudge::new();
    poll_fn(|task| {
        loop {
            if connection.as_mut().poll(task).is_ready() {
                return Poll::Ready(());
            }
            // A request is no reason to look at the stage and the time: both call for it.
            if !nudge.take(task) {
                return Poll::Pending;
            }
            let mut own = nudge.context();
            if change.as_mut().poll(&mut own).is_ready() {
                change.set(context.control.next_change());
                change.as_mut().enable();
                nudge.again();
            }
            if context.control.is_ended() {
                return Poll::Ready(());
            }
            if context.control.is_stopping() && !is_ending {
                is_ending = true;
                connection.as_mut().end_gracefully();
                nudge.again();
                continue;
            }
            if look.as_mut().poll(&mut own).is_pending() {
                continue;
            }
            look.as_mut().reset(Instant::now() + step);
            nudge.again();
            match watch.look(pulse) {
                Verdict::Keep => {}
                Verdict::Hangs => return Poll::Ready(()),
                Verdict::Rests => connection.as_mut().end_gracefully(),
            }
        }
    })
    .await;
}
