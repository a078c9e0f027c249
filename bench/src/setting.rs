//! What the benchmarks share: clocks, randomness, engines, medians.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strongroom::system::SystemClock;
pub use strongroom::system::SystemRandom;
use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_core::model::{Payload, PayloadKind};
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Clock;
use strongroom_core::token::TtlLimits;
use strongroom_engine::audit::AuditOptions;
use strongroom_engine::{DATA_KEY_COMMITS_MAX, Engine, Parts, initialise};
use strongroom_store::Store;
use strongroom_store_sqlite::{CreateOptions, OpenOptions, SqliteStore};

/// A new store in a folder, with its key.
pub fn new_store(folder: &Path) -> UnsealKey {
    let store =
        SqliteStore::create(folder.join("store.db"), &CreateOptions::default()).expect("a store");
    let key = UnsealKey::generate(&SystemRandom);
    let clock = SystemClock::start();
    initialise(&store, SealMethod::Keyfile, &key, &clock, &SystemRandom).expect("initialises");
    key
}

/// The store and an engine on it.
pub fn open(folder: &Path, key: &UnsealKey) -> (Arc<SqliteStore>, Engine) {
    let options = OpenOptions::default();
    let store = Arc::new(SqliteStore::open(folder.join("store.db"), &options).expect("opens"));
    let clock = Arc::new(SystemClock::start());
    let audit_clock = Arc::clone(&clock);
    let parts = Parts {
        store: Arc::clone(&store) as Arc<dyn Store>,
        audit_directory: &folder.join("audit"),
        audit_options: AuditOptions::new(Arc::new(move || audit_clock.now().0)),
        clock,
        random: Arc::new(SystemRandom),
        data_key_commits_max: DATA_KEY_COMMITS_MAX,
        ttl_limits: TtlLimits::DEFAULT,
    };
    let engine = Engine::open(parts, key).expect("the engine opens");
    (store, engine)
}

pub fn text(value: &str) -> Payload {
    Payload::new(PayloadKind::Text, SecretValue::new(value.as_bytes().to_vec())).expect("fits")
}

/// Microseconds of each call: medians of `rounds`, in each of which every call is made `count` times, one kind after
/// the other, so that what disturbs the machine disturbs all alike. A round before the first warms up.
pub fn interleaved<const N: usize>(
    rounds: usize,
    count: usize,
    calls: &mut [&mut dyn FnMut(); N],
) -> [f64; N] {
    let mut all = [const { Vec::new() }; N];
    for round in 0..=rounds {
        for (call, times) in calls.iter_mut().zip(&mut all) {
            let started = Instant::now();
            (0..count).for_each(|_| call());
            if round > 0 {
                times.push(started.elapsed().as_secs_f64() * 1e6 / count as f64);
            }
        }
    }
    all.map(median)
}

pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

pub fn per_second(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64()
}
