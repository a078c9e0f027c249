//! Counters, gauges and histograms, as Prometheus reads them (text format 0.0.4).
//!
//! [`FAMILIES`] is the one list of what the server counts: the page and its documentation follow from it. Counting is
//! a few relaxed additions without a lock. What other parts count comes in through a [`Source`].

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{OnceLock, PoisonError, RwLock};

use http::{Method, StatusCode};

mod table;

pub(crate) use table::method_label;
pub use table::{BUCKET_MICROS, FAMILIES, Family, Kind};
use table::{Bucket, METHODS, STATUSES};

/// The type of the page, for `Content-Type`.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Doors of one server.
pub const DOORS_MAX: usize = 8;
/// The door of what no door answers.
const NO_DOOR: usize = DOORS_MAX;

/// What one server counts.
#[derive(Default)]
pub struct Metrics {
    /// Requests that are answered now.
    pub(crate) requests_running: AtomicUsize,
    /// Answers that are streamed now.
    pub(crate) streams_open: AtomicUsize,
    /// Bytes of bodies that are held now.
    pub(crate) held_bodies_bytes: AtomicUsize,
    pub(crate) connections_open: AtomicUsize,
    connections: [AtomicU64; 2],
    connections_refused: AtomicU64,
    handshakes_failed: AtomicU64,
    received_bytes: AtomicU64,
    sent_bytes: AtomicU64,
    certificate_reloads_failed: AtomicU64,
    doors: [OnceLock<Box<OfDoor>>; DOORS_MAX + 1],
    sources: RwLock<Vec<Box<dyn Source>>>,
}

/// Another part's numbers on the same page.
pub trait Source: Send + Sync {
    /// What it counts.
    fn families(&self) -> &'static [Family];

    /// Writes a sample for each combination of labels of the family, with [`Page::sample`].
    fn write(&self, family: &'static Family, page: &mut Page);
}

/// The page while it is written.
pub struct Page {
    text: String,
    /// The samples beside their text, where they are wanted so.
    samples: Option<Vec<Sample>>,
}

/// One number of a family, or of a histogram the two that stand for all of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub name: &'static str,
    pub kind: Kind,
    pub labels: Vec<(&'static str, String)>,
    /// How many there were.
    pub count: u64,
    /// What they come to; of a histogram of durations, in seconds.
    pub sum: f64,
}

struct OfDoor {
    name: &'static str,
    requests: [[AtomicU64; STATUSES.len() + 1]; METHODS.len() + 1],
    buckets: [AtomicU64; BUCKET_MICROS.len() + 1],
    micros: AtomicU64,
}

/// One request that was answered.
pub(crate) struct Answered<'a> {
    /// The place of its door among the server's; `None` when no door answers it.
    pub door: Option<usize>,
    pub method: &'a Method,
    pub status: StatusCode,
    pub micros: u64,
    pub received_bytes: usize,
    pub sent_bytes: usize,
}

impl Metrics {
    /// Everything at zero.
    #[must_use]
    pub fn new() -> Self {
        let metrics = Self::default();
        metrics.name_door(NO_DOOR, "none");
        metrics
    }

    /// Adds another part's numbers to the page.
    pub fn add(&self, source: Box<dyn Source>) {
        self.sources.write().unwrap_or_else(PoisonError::into_inner).push(source);
    }

    /// The page.
    #[must_use]
    pub fn render(&self) -> String {
        let text = String::with_capacity(8 * 1_024);
        self.write_all(Page { text, samples: None }).text
    }

    /// What is on the page, apart from buckets, each number by itself.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let page = Page { text: String::new(), samples: Some(Vec::new()) };
        self.write_all(page).samples.unwrap_or_default()
    }

    fn write_all(&self, mut page: Page) -> Page {
        for family in FAMILIES {
            page.head(family);
            self.write(family, &mut page);
        }
        for source in self.sources.read().unwrap_or_else(PoisonError::into_inner).iter() {
            for family in source.families() {
                page.head(family);
                source.write(family, &mut page);
            }
        }
        page
    }

    /// Names the door at a place among the server's.
    pub(crate) fn name_door(&self, place: usize, name: &'static str) {
        if let Some(door) = self.doors.get(place) {
            door.get_or_init(|| Box::new(OfDoor::new(name)));
        }
    }

    pub(crate) fn answered(&self, request: &Answered<'_>) {
        add(&self.received_bytes, request.received_bytes);
        add(&self.sent_bytes, request.sent_bytes);
        let Some(door) = self.doors.get(request.door.unwrap_or(NO_DOOR)).and_then(OnceLock::get)
        else {
            return;
        };
        let status = table::place_of_status(request.status);
        let method = table::place_of_method(request.method);
        if let Some(count) = door.requests.get(method).and_then(|row| row.get(status)) {
            count.fetch_add(1, Relaxed);
        }
        if let Some(bucket) = door.buckets.get(table::place_of_micros(request.micros)) {
            bucket.fetch_add(1, Relaxed);
        }
        door.micros.fetch_add(request.micros, Relaxed);
    }

    pub(crate) fn streamed(&self, bytes: usize) {
        add(&self.sent_bytes, bytes);
    }

    pub(crate) fn connected(&self, encrypted: bool) {
        let [plain, tls] = &self.connections;
        if encrypted { tls } else { plain }.fetch_add(1, Relaxed);
    }

    pub(crate) fn connection_refused(&self) {
        self.connections_refused.fetch_add(1, Relaxed);
    }

    pub(crate) fn handshake_failed(&self) {
        self.handshakes_failed.fetch_add(1, Relaxed);
    }

    pub(crate) fn certificate_reload_failed(&self) {
        self.certificate_reloads_failed.fetch_add(1, Relaxed);
    }

    fn write(&self, family: &'static Family, page: &mut Page) {
        let gauge = |value: &AtomicUsize| value.load(Relaxed) as u64;
        let named = || self.doors.iter().filter_map(OnceLock::get);
        match family.name {
            "strongroom_http_requests_total" => named().for_each(|door| door.write(family, page)),
            "strongroom_http_request_duration_seconds" => {
                named().for_each(|door| door.write_durations(family, page));
            }
            "strongroom_http_requests_running" => {
                page.sample(family, &[], gauge(&self.requests_running));
            }
            "strongroom_http_streams_open" => page.sample(family, &[], gauge(&self.streams_open)),
            "strongroom_http_held_bodies_bytes" => {
                page.sample(family, &[], gauge(&self.held_bodies_bytes));
            }
            "strongroom_connections_open" => {
                page.sample(family, &[], gauge(&self.connections_open))
            }
            "strongroom_connections_total" => {
                let [plain, tls] = &self.connections;
                page.sample(family, &["false"], plain.load(Relaxed));
                page.sample(family, &["true"], tls.load(Relaxed));
            }
            _ => {
                if let Some(counter) = self.counter(family.name) {
                    page.sample(family, &[], counter.load(Relaxed));
                }
            }
        }
    }

    fn counter(&self, name: &str) -> Option<&AtomicU64> {
        Some(match name {
            "strongroom_connections_refused_total" => &self.connections_refused,
            "strongroom_tls_handshakes_failed_total" => &self.handshakes_failed,
            "strongroom_tls_certificate_reloads_failed_total" => &self.certificate_reloads_failed,
            "strongroom_http_received_bytes_total" => &self.received_bytes,
            "strongroom_http_sent_bytes_total" => &self.sent_bytes,
            _ => return None,
        })
    }
}

impl Page {
    /// A sample of a counter or a gauge. `labels` are the values of the family's labels, in its order.
    pub fn sample(&mut self, family: &Family, labels: &[&str], value: u64) {
        self.line(family, "", labels, None, |text| write!(text, "{value}"));
        #[expect(clippy::cast_precision_loss, reason = "JSON's numbers have no more than 53 bits")]
        self.note(family, labels, value, value as f64);
    }

    fn note(&mut self, family: &Family, labels: &[&str], count: u64, sum: f64) {
        if let Some(samples) = &mut self.samples {
            let names = family.labels.iter().copied();
            let labels = names.zip(labels.iter().map(|label| (*label).to_owned())).collect();
            samples.push(Sample { name: family.name, kind: family.kind, labels, count, sum });
        }
    }

    fn head(&mut self, family: &Family) {
        let Family { name, kind, help, .. } = family;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {}", kind.as_str());
    }

    fn line(
        &mut self,
        family: &Family,
        suffix: &str,
        labels: &[&str],
        bucket: Option<Bucket>,
        value: impl FnOnce(&mut String) -> std::fmt::Result,
    ) {
        self.text.push_str(family.name);
        self.text.push_str(suffix);
        let mut opened = false;
        let mut label = |text: &mut String, name: &str| {
            text.push(if opened { ',' } else { '{' });
            opened = true;
            text.push_str(name);
            text.push_str("=\"");
        };
        for (name, value) in family.labels.iter().zip(labels) {
            label(&mut self.text, name);
            for character in value.chars() {
                match character {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    other => self.text.push(other),
                }
            }
            self.text.push('"');
        }
        if let Some(bucket) = bucket {
            label(&mut self.text, "le");
            // Writing to a string does not fail.
            let _ = write!(self.text, "{bucket}\"");
        }
        if opened {
            self.text.push('}');
        }
        self.text.push(' ');
        let _ = value(&mut self.text);
        self.text.push('\n');
    }
}

impl OfDoor {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            requests: Default::default(),
            buckets: Default::default(),
            micros: AtomicU64::new(0),
        }
    }

    fn write(&self, family: &Family, page: &mut Page) {
        for (row, method) in self.requests.iter().zip(table::method_labels()) {
            for (count, status) in row.iter().zip(table::status_labels()) {
                let count = count.load(Relaxed);
                if count > 0 {
                    page.sample(family, &[self.name, method, &status], count);
                }
            }
        }
    }

    fn write_durations(&self, family: &Family, page: &mut Page) {
        let mut count = 0;
        for (bucket, bound) in self.buckets.iter().zip(table::buckets()) {
            count += bucket.load(Relaxed);
            page.line(family, "_bucket", &[self.name], Some(bound), |text| write!(text, "{count}"));
        }
        let micros = self.micros.load(Relaxed);
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        page.line(family, "_sum", &[self.name], None, |text| write!(text, "{seconds}.{rest:06}"));
        page.line(family, "_count", &[self.name], None, |text| write!(text, "{count}"));
        #[expect(clippy::cast_precision_loss, reason = "JSON's numbers have no more than 53 bits")]
        page.note(family, &[self.name], count, micros as f64 / 1e6);
    }
}

fn add(counter: &AtomicU64, bytes: usize) {
    if bytes > 0 {
        counter.fetch_add(bytes as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(metrics: &Metrics, door: Option<usize>, method: &str, status: u16, micros: u64) {
        let method = &Method::from_bytes(method.as_bytes()).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        let (received_bytes, sent_bytes) = (10, 20);
        let request = Answered { door, method, status, micros, received_bytes, sent_bytes };
        metrics.answered(&request);
    }

    #[test]
    fn requests_are_counted_by_door_method_and_status() {
        let metrics = Metrics::new();
        metrics.name_door(0, "vault");
        answered(&metrics, Some(0), "LIST", 200, 90);
        answered(&metrics, Some(0), "LIST", 200, 100);
        answered(&metrics, Some(0), "BREW", 418, 101);
        answered(&metrics, None, "GET", 404, 20_000_000);
        let page = metrics.render();
        for line in [
            "strongroom_http_requests_total{door=\"vault\",method=\"LIST\",status=\"200\"} 2\n",
            "strongroom_http_requests_total{door=\"vault\",method=\"other\",status=\"other\"} 1\n",
            "strongroom_http_requests_total{door=\"none\",method=\"GET\",status=\"404\"} 1\n",
            "strongroom_http_request_duration_seconds_bucket{door=\"vault\",le=\"0.0001\"} 2\n",
            "strongroom_http_request_duration_seconds_bucket{door=\"vault\",le=\"+Inf\"} 3\n",
            "strongroom_http_request_duration_seconds_bucket{door=\"none\",le=\"10\"} 0\n",
            "strongroom_http_request_duration_seconds_sum{door=\"none\"} 20.000000\n",
            "strongroom_http_request_duration_seconds_count{door=\"vault\"} 3\n",
            "strongroom_http_sent_bytes_total 80\n",
        ] {
            assert!(page.contains(line), "{line}{page}");
        }
    }

    #[test]
    fn every_family_is_on_the_page_with_a_sample() {
        let metrics = Metrics::new();
        answered(&metrics, None, "GET", 404, 1);
        let page = metrics.render();
        for family in FAMILIES {
            assert!(page.contains(&format!("# TYPE {} ", family.name)), "{}", family.name);
            let sample = |line: &str| line.starts_with(family.name);
            assert!(page.lines().any(sample), "{}", family.name);
        }
    }

    #[test]
    fn another_parts_numbers_follow_with_their_labels_escaped() {
        const LOOK: Family =
            Family { name: "look", kind: Kind::Gauge, help: "A look.", labels: &["at"] };
        struct Other;
        impl Source for Other {
            fn families(&self) -> &'static [Family] {
                &[LOOK]
            }
            fn write(&self, family: &'static Family, page: &mut Page) {
                page.sample(family, &["a\"b\\c\nd"], 7);
            }
        }
        let metrics = Metrics::new();
        metrics.add(Box::new(Other));
        let page = metrics.render();
        let wanted = "# HELP look A look.\n# TYPE look gauge\nlook{at=\"a\\\"b\\\\c\\nd\"} 7\n";
        assert!(page.ends_with(wanted), "{page}");
    }
}
