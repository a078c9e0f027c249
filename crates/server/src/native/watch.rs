//! The change feed: secrets that changed, as server-sent events. Each watcher has a thread that waits for the store and
//! asks the engine, before it names anything, whether the caller may still know.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use strongroom_core::random::Random;
use strongroom_engine::operations::{Changes, ReportChanges, SecretWatch, WatchSecrets};
use strongroom_engine::{Engine, Error, Request};
use strongroom_wire as wire;
use strongroom_wire::{Change, EVENT_CHANGE, EVENT_GAP, HEARTBEAT_SECS, Kind};

use super::call::{Call, renewed};
use super::fault::Fault;
use crate::door::{Answer, Chunks, Gone, Incoming};

/// Watchers at a time: 128. A further one is refused with 503.
pub const WATCHERS_MAX: usize = 128;
/// How often a watcher hears something: 15 s.
pub const HEARTBEAT: Duration = Duration::from_secs(HEARTBEAT_SECS);
/// How long one watch lasts: 1 hour. Its client goes on from the last event's id with a new one, and shows its token
/// anew.
pub const WATCH_DURATION_MAX: Duration = Duration::from_secs(3_600);
/// How long a thread waits for the store before it looks whether its client is still there.
const LOOK: Duration = Duration::from_secs(1);
/// What a watcher's thread needs to live on.
const STACK_BYTES: usize = 512 * 1_024;

/// How many watchers there are.
pub struct Watchers {
    open: Arc<AtomicUsize>,
    max: usize,
}

/// One watcher's place, given back when it is dropped.
struct Place(Arc<AtomicUsize>);

impl Watchers {
    pub fn new(max: usize) -> Self {
        Self { open: Arc::default(), max }
    }

    fn enter(&self) -> Option<Place> {
        let place = Place(Arc::clone(&self.open));
        // The place is given back by its drop when there are too many.
        (self.open.fetch_add(1, Ordering::AcqRel) < self.max).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is watched, from the query: `path` and `prefix` as often as wanted, `after` or the field `Last-Event-ID`.
pub fn asked_by_query(incoming: &Incoming) -> Result<wire::WatchSecrets, Fault> {
    let mut asked = wire::WatchSecrets::default();
    let last = incoming.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let position = |text: &str| {
        text.parse().map(Some).map_err(|_| Fault::invalid("`after` is the id of an event"))
    };
    if let Some(last) = last {
        asked.after = position(last)?;
    }
    let pairs = incoming.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    for (name, value) in pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        let spaced = value.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8();
        let value = decoded.map_err(|_| Fault::invalid("the query is not UTF-8"))?.into_owned();
        match name {
            "path" => asked.paths.push(value),
            "prefix" => asked.folders.push(value),
            "after" => asked.after = position(&value)?,
            _ => return Err(Fault::invalid("a watch takes `path`, `prefix` and `after`")),
        }
    }
    Ok(asked)
}

/// Begin a watch and answer with its stream.
pub fn start(
    call: &Call<'_>,
    asked: wire::WatchSecrets,
    watchers: &Watchers,
    random: &Arc<dyn Random>,
) -> Result<Answer, Fault> {
    if asked.paths.is_empty() && asked.folders.is_empty() {
        return Err(Fault::invalid("a watch is of paths or of folders, and there is none"));
    }
    let first = asked.folders.first().or_else(|| asked.paths.first());
    let subject = first.filter(|_| asked.subject.is_empty()).cloned().unwrap_or(asked.subject);
    let wanted =
        WatchSecrets { subject, paths: asked.paths, folders: asked.folders, after: asked.after };
    let watch = call.ask(&wanted)?;
    let full = || {
        Fault::new(Kind::Unavailable, format!("there are {} watchers already", watchers.max))
            .hint("try again later, or watch more with one watch")
    };
    let place = watchers.enter().ok_or_else(full)?;
    let (chunks, mut answer) = Answer::stream(StatusCode::OK);
    answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let (engine, request) = call.detached();
    let follower =
        Follower { engine, request, wanted, chunks, random: Arc::clone(random), _place: place };
    let thread = std::thread::Builder::new().name("watch".to_owned()).stack_size(STACK_BYTES);
    thread
        .spawn(move || follower.follow(watch))
        .map_err(|_| Fault::new(Kind::Unavailable, "the system gives no thread for the watch"))?;
    Ok(answer)
}

/// Feeds one watcher, until it is gone, too slow, or no longer allowed.
struct Follower {
    engine: Arc<Engine>,
    request: Request,
    wanted: WatchSecrets,
    chunks: Chunks,
    random: Arc<dyn Random>,
    _place: Place,
}

/// Why a stream ends.
enum Ended {
    Client,
    Engine,
}

impl Follower {
    fn follow(self, mut watch: SecretWatch) {
        // Whoever is no longer told anything asks anew, and hears why then.
        let _ = self.feed(&mut watch);
    }

    fn feed(&self, watch: &mut SecretWatch) -> Result<(), Ended> {
        let started = Instant::now();
        // The client knows by this that nothing is missed from here on.
        self.chunks.send(": watching\n\n")?;
        let mut last = started;
        while started.elapsed() < WATCH_DURATION_MAX && !self.chunks.is_gone() {
            let changes = watch.next(LOOK)?;
            if !changes.is_empty() && self.report(&changes)? {
                last = Instant::now();
            } else if last.elapsed() >= HEARTBEAT {
                self.chunks.send(": still here\n\n")?;
                last = Instant::now();
            }
        }
        Ok(())
    }

    /// Whether something was told.
    fn report(&self, changes: &Changes) -> Result<bool, Ended> {
        let request = renewed(&self.request, &*self.random);
        let told =
            self.engine.execute(&request, &ReportChanges { watch: &self.wanted, changes })?;
        if changes.has_gap() {
            self.chunks.send(format!("event: {EVENT_GAP}\ndata: {{}}\n\n"))?;
        }
        for change in &told {
            let data = Change { path: change.path.clone(), erased: change.erased };
            // A path has no line end, and JSON writes none.
            let data = serde_json::to_string(&data).unwrap_or_default();
            let id = change.position;
            self.chunks.send(format!("id: {id}\nevent: {EVENT_CHANGE}\ndata: {data}\n\n"))?;
        }
        Ok(changes.has_gap() || !told.is_empty())
    }
}

impl From<Gone> for Ended {
    fn from(_: Gone) -> Self {
        Self::Client
    }
}

impl From<Error> for Ended {
    fn from(_: Error) -> Self {
        Self::Engine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_watchers_than_the_limit_and_places_are_given_back() {
        let watchers = Watchers::new(2);
        let (first, second) = (watchers.enter(), watchers.enter());
        assert!(first.is_some() && second.is_some() && watchers.enter().is_none());
        drop(first);
        assert!(watchers.enter().is_some());
    }
}
