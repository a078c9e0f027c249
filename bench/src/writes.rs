//! Durable writes from 64 writers at once.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;
use strongroom_engine::operations::PutSecret;
use strongroom_engine::{Door, Principal, Request};
use strongroom_store::{Batch, Key, Store, Write};
use strongroom_store_sqlite::{CreateOptions, SqliteStore};
use tempfile::TempDir;

use crate::Arguments;
use crate::report::{Figure, Target};
use crate::setting::{SystemRandom, median, new_store, open, per_second, text};

const WRITERS: usize = 64;
const VALUE_BYTES: usize = 300;

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let (rounds, each) = if arguments.quick { (1, 3) } else { (7, 200) };
    let (mut ours, mut bare, mut shares, mut grouped, mut syncs) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let folder = TempDir::new().expect("a folder");
        let peer = bare_sqlite(&folder.path().join("bare.db"), each);
        let (rate, group) = store(&folder.path().join("store.db"), each);
        ours.push(rate);
        bare.push(peer);
        shares.push(rate / peer * 100.0);
        grouped.push(group);
        syncs.push(bare_syncs(&folder.path().join("bare")));
    }
    let (engine, engine_group) = engine(each);
    vec![
        Figure::new("64 writers at the store, of the rate of bare SQLite", median(shares), "%")
            .beside("bare SQLite, the same rows 64 a transaction", median(bare), "rows/s")
            .target(Target::AtLeast(60.0)),
        Figure::new("64 writers at the store", median(ours), "commits/s").beside(
            "`write` and `fdatasync` alone",
            median(syncs),
            "a second",
        ),
        Figure::new(
            "commits that share one sync, 64 writers at the store",
            median(grouped),
            "commits",
        )
        .target(Target::AtLeast(30.0)),
        Figure::new("64 writers at the engine", engine, "secrets/s"),
        Figure::new(
            "changes that share one sync, 64 writers at the engine",
            engine_group,
            "changes",
        )
        .target(Target::AtLeast(30.0)),
    ]
}

fn key(at: usize) -> String {
    format!("secret/project{}/production/NAME_{at:07}", at % 100)
}

fn bare_sqlite(path: &Path, each: usize) -> f64 {
    let mut connection = Connection::open(path).expect("opens");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE rows (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;",
        )
        .expect("a table");
    let started = Instant::now();
    for round in 0..each {
        let transaction = connection.transaction().expect("begins");
        for writer in 0..WRITERS {
            let mut statement = transaction
                .prepare_cached("INSERT OR REPLACE INTO rows VALUES (?1, ?2)")
                .expect("prepares");
            statement.execute((key(writer * each + round), &[1_u8; VALUE_BYTES])).expect("inserts");
        }
        transaction.commit().expect("commits");
    }
    per_second(WRITERS * each, started.elapsed())
}

/// Commits a second, and commits in a transaction.
fn store(path: &Path, each: usize) -> (f64, f64) {
    let store = SqliteStore::create(path, &CreateOptions::default()).expect("a store");
    let batch = |at: usize| Batch {
        preconditions: Vec::new(),
        writes: vec![Write::Put(Key::new(key(at)).expect("a key"), vec![1; VALUE_BYTES].into())],
    };
    store.commit(batch(0)).expect("commits");
    let before = store.transactions();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (store, batch) = (&store, &batch);
            scope.spawn(move || {
                for round in 0..each {
                    store.commit(batch(writer * each + round)).expect("commits");
                }
            });
        }
    });
    let taken = started.elapsed();
    let commits = WRITERS * each;
    (per_second(commits, taken), commits as f64 / (store.transactions() - before) as f64)
}

fn bare_syncs(path: &Path) -> f64 {
    let mut file = File::create(path).expect("a file");
    let started = Instant::now();
    for _ in 0..100 {
        file.write_all(&[1; 4_096]).expect("writes");
        file.sync_data().expect("syncs");
    }
    per_second(100, started.elapsed())
}

fn engine(each: usize) -> (f64, f64) {
    let folder = TempDir::new().expect("a folder");
    let key = new_store(folder.path());
    let (store, engine) = open(folder.path(), &key);
    let before = store.transactions();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let engine = &engine;
            scope.spawn(move || {
                for round in 0..each {
                    let owner = Principal::local_owner("owner");
                    let request = Request::new(owner, Door::Cli, &SystemRandom);
                    let path = format!("secret/project{writer}/prod/NAME_{round}");
                    engine.execute(&request, &PutSecret::new(path, text("value"))).expect("writes");
                }
            });
        }
    });
    let changes = WRITERS * each;
    let transactions = (store.transactions() - before) as f64;
    (per_second(changes, started.elapsed()), changes as f64 / transactions)
}
