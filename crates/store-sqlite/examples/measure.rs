//! What the store costs, each figure beside the machine's own: `cargo run --release --example measure [directory]`.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program that prints measurements")]

use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use strongroom_store::{Batch, Key, Range, Store, Write};
use strongroom_store_sqlite::{CreateOptions, OpenOptions, SqliteStore};

const RECORDS: usize = 1_000_000;
const VALUE_BYTES: usize = 300;
const WRITERS: usize = 64;
const COMMITS_EACH: usize = 300;

fn main() {
    let directory = match std::env::args_os().nth(1) {
        Some(directory) => tempfile::tempdir_in(directory),
        None => tempfile::tempdir(),
    }
    .unwrap();
    let path = |name: &str| directory.path().join(name);
    for round in 1..=3 {
        println!("round {round}");
        let syncs = bare_syncs(&path(&format!("bare{round}")));
        println!("  bare write and fdatasync: {syncs:.0}/s");
        let bare = bare_sqlite(&path(&format!("bare{round}.db")));
        println!("  bare SQLite, 64 rows a transaction: {bare:.0} rows/s");
        let (grouped, lone) = commits(&path(&format!("store{round}.db")));
        println!(
            "  64 writers through commit: {grouped:.0}/s, {:.0} % of bare SQLite",
            grouped / bare * 100.0
        );
        println!("  one writer through commit: {lone:.0}/s");
    }
    let small = filled(&path("small.db"), 1_000);
    let large = filled(&path("large.db"), RECORDS);
    reads("1,000 records", &small, 1_000);
    reads("1,000,000 records", &large, RECORDS);
}

fn key(at: usize) -> Key {
    Key::new(format!("secret/project{}/production/NAME_{at:07}", at % 100)).unwrap()
}

fn batch(at: usize) -> Batch {
    let value = vec![at as u8; VALUE_BYTES];
    Batch { preconditions: Vec::new(), writes: vec![Write::Put(key(at), value.into())] }
}

fn per_second(count: usize, taken: Duration) -> f64 {
    count as f64 / taken.as_secs_f64()
}

fn bare_syncs(path: &Path) -> f64 {
    let mut file = File::create(path).unwrap();
    let started = Instant::now();
    for _ in 0..200 {
        file.write_all(&[1; 4_096]).unwrap();
        file.sync_data().unwrap();
    }
    per_second(200, started.elapsed())
}

fn bare_sqlite(path: &Path) -> f64 {
    let mut connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;",
        )
        .unwrap();
    let started = Instant::now();
    for round in 0..COMMITS_EACH {
        let transaction = connection.transaction().unwrap();
        for writer in 0..WRITERS {
            let at = writer * COMMITS_EACH + round;
            transaction
                .prepare_cached("INSERT OR REPLACE INTO rows VALUES (?1, ?2)")
                .unwrap()
                .execute((key(at).as_str(), &[at as u8; VALUE_BYTES]))
                .unwrap();
        }
        transaction.commit().unwrap();
    }
    per_second(WRITERS * COMMITS_EACH, started.elapsed())
}

fn commits(path: &Path) -> (f64, f64) {
    let store = SqliteStore::create(path, &CreateOptions::default()).unwrap();
    store.commit(batch(0)).unwrap();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let store = &store;
            scope.spawn(move || {
                for round in 0..COMMITS_EACH {
                    store.commit(batch(writer * COMMITS_EACH + round)).unwrap();
                }
            });
        }
    });
    let grouped = per_second(WRITERS * COMMITS_EACH, started.elapsed());
    let commits = (WRITERS * COMMITS_EACH + 1) as f64;
    println!("  commits in a transaction: {:.1}", commits / store.transactions() as f64);
    let started = Instant::now();
    for at in 0..200 {
        store.commit(batch(at)).unwrap();
    }
    (grouped, per_second(200, started.elapsed()))
}

fn filled(path: &Path, records: usize) -> PathBuf {
    let store = SqliteStore::create(path, &CreateOptions::default()).unwrap();
    let all: Vec<usize> = (0..records).collect();
    for chunk in all.chunks(128) {
        let writes = chunk.iter().flat_map(|at| batch(*at).writes).collect();
        store.commit(Batch { preconditions: Vec::new(), writes }).unwrap();
    }
    path.to_owned()
}

fn reads(title: &str, path: &Path, records: usize) {
    let started = Instant::now();
    let store = SqliteStore::open(path, &OpenOptions::default()).unwrap();
    let opened = started.elapsed();
    let keys: Vec<Key> = (0..200_000).map(|at| key(at * 7_919 % records)).collect();
    let each = |keys: &[Key]| {
        let started = Instant::now();
        for key in keys {
            black_box(store.get(key).unwrap().unwrap());
        }
        started.elapsed().as_secs_f64() * 1e6 / keys.len() as f64
    };
    let cold = each(&keys);
    let few = keys.get(..500).unwrap();
    each(few);
    let cached = (0..200).map(|_| each(few)).fold(f64::MAX, f64::min);
    let started = Instant::now();
    for project in 0..100 {
        let range = Range { limit: 100, ..Range::prefix(format!("secret/project{project}/")) };
        black_box(store.list(&range).unwrap());
    }
    let listed = started.elapsed() / 100;
    println!(
        "{title}: open {opened:?}, 200,000 gets after opening {cold:.2} µs each, get cached {cached:.2} µs, list of 100 {listed:?}"
    );
}
