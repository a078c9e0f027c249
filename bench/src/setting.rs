//! What the benchmarks share: clocks, randomness, engines, medians.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_core::model::{Payload, PayloadKind};
use strongroom_core::random::Random;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::{Clock, Timestamp};
use strongroom_engine::audit::AuditOptions;
use strongroom_engine::{Engine, Parts, initialise};
use strongroom_store::Store;
use strongroom_store_sqlite::{CreateOptions, OpenOptions, SqliteStore};

pub struct SystemRandom;

pub struct SystemClock(Instant);

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("random bytes");
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that is passed on")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since.as_millis().try_into().unwrap_or(u64::MAX))
    }

    fn elapsed_micros(&self) -> u64 {
        self.0.elapsed().as_micros().try_into().unwrap_or(u64::MAX)
    }
}

/// A new store in a folder, with its key.
pub fn new_store(folder: &Path) -> UnsealKey {
    let store =
        SqliteStore::create(folder.join("store.db"), &CreateOptions::default()).expect("a store");
    let key = UnsealKey::generate(&SystemRandom);
    let clock = SystemClock(Instant::now());
    initialise(&store, SealMethod::Keyfile, &key, &clock, &SystemRandom).expect("initialises");
    key
}

/// The store and an engine on it.
pub fn open(folder: &Path, key: &UnsealKey) -> (Arc<SqliteStore>, Engine) {
    let options = OpenOptions::default();
    let store = Arc::new(SqliteStore::open(folder.join("store.db"), &options).expect("opens"));
    let clock = Arc::new(SystemClock(Instant::now()));
    let audit_clock = Arc::clone(&clock);
    let parts = Parts {
        store: Arc::clone(&store) as Arc<dyn Store>,
        audit_directory: &folder.join("audit"),
        audit_options: AuditOptions::new(Arc::new(move || audit_clock.now().0)),
        clock,
        random: Arc::new(SystemRandom),
    };
    let engine = Engine::open(parts, key).expect("the engine opens");
    (store, engine)
}

pub fn text(value: &str) -> Payload {
    Payload::new(PayloadKind::Text, SecretValue::new(value.as_bytes().to_vec())).expect("fits")
}

/// How long `count` calls took, divided by their number: the median of `rounds`.
pub fn micros_each(rounds: usize, count: usize, mut call: impl FnMut(usize)) -> f64 {
    let mut all = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let started = Instant::now();
        for index in 0..count {
            call(round * count + index);
        }
        all.push(started.elapsed().as_secs_f64() * 1e6 / count as f64);
    }
    median(all)
}

pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn per_second(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64()
}
