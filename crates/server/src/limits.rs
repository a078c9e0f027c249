//! What a client can make large, and how large.
//!
//! Settings are in [`Limits`]; what no operator needs to change is a constant.

use std::time::Duration;

/// Header fields of a request: 100, which is what hyper reads without an allocation.
pub const HEADERS_MAX: usize = 100;
/// Streams at a time on one HTTP/2 connection (RFC 9113, section 6.5.2): 100.
pub const HTTP2_STREAMS_MAX: u32 = 100;
/// Streams that a client resets before the server has begun them, on one HTTP/2 connection: 20. More closes it
/// (CVE-2023-44487).
pub const HTTP2_RESET_STREAMS_MAX: usize = 20;
/// Threads for requests that may wait for the disk or the network: 128. More requests than that wait for a thread.
pub const WAITING_THREADS_MAX: usize = 128;
/// Connections that the kernel holds until they are accepted, on one listener: 1024.
pub const ACCEPT_BACKLOG: u32 = 1_024;
/// Listeners of one server: 16.
pub const LISTENERS_MAX: usize = 16;
/// How long the listener rests after the system refused it a connection (no file descriptors left): 100 ms.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The limits that are settings, under `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time. A further one is closed when it comes. 4,096.
    pub connections_max: usize,
    /// Requests that are answered at a time. A further one is refused with 503. 1,024.
    pub requests_running_max: usize,
    /// Answers that are streamed at a time. A further one is refused with 503. 1,024.
    pub streams_open_max: usize,
    /// Bytes of a request's line and header fields; at least 8,192. 65,536.
    pub request_head_bytes_max: usize,
    /// Bytes of a request's body. 32 MiB, as Vault's `max_request_size`.
    pub request_body_bytes_max: usize,
    /// Bytes of all bodies that are held at a time. 256 MiB.
    pub held_bodies_bytes_max: usize,
    /// From the first byte of a request's head to its last, and for a TLS handshake. 10 s. It is looked at twice in
    /// this time, so that a connection ends at the latest after one and a half of it.
    pub head_timeout: Duration,
    /// From a request's head to the last byte of its body. 30 s.
    pub body_timeout: Duration,
    /// How long a connection may rest: no request runs, and the client takes nothing of an answer. 5 min, as Vault's
    /// `http_idle_timeout`.
    pub idle_timeout: Duration,
    /// How long running requests have to end once the server stops. 30 s.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            requests_running_max: 1_024,
            streams_open_max: 1_024,
            request_head_bytes_max: 64 * 1_024,
            request_body_bytes_max: 32 * 1_024 * 1_024,
            held_bodies_bytes_max: 256 * 1_024 * 1_024,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(300),
            stop_timeout: Duration::from_secs(30),
        }
    }
}
