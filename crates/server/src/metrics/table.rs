//! What is counted, and the fixed places of labels.

use std::fmt;

use http::{Method, StatusCode};

/// A metric: its name, what it says, and by what it is divided.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// Begins with `strongroom_`; its unit is last, `_total` after it for counters.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// One sentence.
    pub help: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size, with [`BUCKET_MICROS`] as bounds.
    Histogram,
}

/// What the server itself counts.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "strongroom_http_requests_total",
        kind: Kind::Counter,
        help: "Requests that were answered; the door `none` is for those that no door serves.",
        labels: &["door", "method", "status"],
    },
    Family {
        name: "strongroom_http_request_duration_seconds",
        kind: Kind::Histogram,
        help: "Time from a request's head to its answer.",
        labels: &["door"],
    },
    gauge("strongroom_http_requests_running", "Requests that are being answered."),
    gauge("strongroom_http_streams_open", "Answers that are being streamed."),
    gauge("strongroom_http_held_bodies_bytes", "Bytes of request bodies that are held."),
    counter("strongroom_http_received_bytes_total", "Bytes of request bodies."),
    counter("strongroom_http_sent_bytes_total", "Bytes of answers' bodies."),
    gauge("strongroom_connections_open", "Connections that are open."),
    Family {
        name: "strongroom_connections_total",
        kind: Kind::Counter,
        help: "Connections that were accepted.",
        labels: &["tls"],
    },
    counter("strongroom_connections_refused_total", "Connections beyond the limit."),
    counter("strongroom_tls_handshakes_failed_total", "TLS handshakes that failed."),
    counter(
        "strongroom_tls_certificate_reloads_failed_total",
        "Certificates that were broken when they were read anew.",
    ),
];

/// Methods with a label of their own. Others are `other`: a client must not make labels.
pub const METHODS: [&str; 9] =
    ["GET", "POST", "PUT", "PATCH", "DELETE", "LIST", "SCAN", "HEAD", "OPTIONS"];
/// Statuses with a label of their own, ascending.
pub const STATUSES: [u16; 25] = [
    200, 201, 202, 204, 301, 302, 307, 400, 401, 403, 404, 405, 408, 409, 412, 413, 429, 431, 472,
    473, 500, 501, 502, 503, 504,
];
/// The upper bounds of the buckets of durations, in microseconds.
pub const BUCKET_MICROS: [u64; 14] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000,
    10_000_000,
];

/// The upper bound of a bucket, as a label: seconds.
#[derive(Clone, Copy)]
pub struct Bucket(Option<u64>);

const fn gauge(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, help, labels: &[] }
}

const fn counter(name: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, help, labels: &[] }
}

impl Kind {
    /// The word of the text format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The label of a method.
pub fn method_label(method: &Method) -> &'static str {
    METHODS.get(place_of_method(method)).copied().unwrap_or("other")
}

pub fn place_of_method(method: &Method) -> usize {
    METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(METHODS.len())
}

pub fn place_of_status(status: StatusCode) -> usize {
    STATUSES.binary_search(&status.as_u16()).unwrap_or(STATUSES.len())
}

pub fn place_of_micros(micros: u64) -> usize {
    BUCKET_MICROS.iter().position(|bound| micros <= *bound).unwrap_or(BUCKET_MICROS.len())
}

pub fn method_labels() -> impl Iterator<Item = &'static str> {
    METHODS.into_iter().chain(["other"])
}

pub fn status_labels() -> impl Iterator<Item = String> {
    STATUSES.into_iter().map(|status| status.to_string()).chain(["other".to_owned()])
}

pub fn buckets() -> impl Iterator<Item = Bucket> {
    BUCKET_MICROS.into_iter().map(Some).chain([None]).map(Bucket)
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(micros) = self.0 else { return formatter.write_str("+Inf") };
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        match rest {
            0 => write!(formatter, "{seconds}"),
            _ => {
                let digits = format!("{rest:06}");
                write!(formatter, "{seconds}.{}", digits.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_statuses_ascend() {
        assert!(STATUSES.is_sorted());
        assert!(BUCKET_MICROS.is_sorted());
    }

    #[test]
    fn every_name_ends_as_its_kind_does() {
        for family in FAMILIES {
            let is_total = family.name.ends_with("_total");
            assert_eq!(is_total, family.kind == Kind::Counter, "{}", family.name);
            assert!(family.name.starts_with("strongroom_") && family.help.ends_with('.'));
        }
    }
}
