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

/// What one commit writes.
struct Shape {
    name: &'static str,
    rows: fn(usize) -> Vec<(String, usize)>,
    commits_each: usize,
}

const SHAPES: &[Shape] = &[
    Shape { name: "one record each", rows: one_record, commits_each: 200 },
    Shape { name: "a new secret each", rows: new_secret, commits_each: 100 },
];

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let mut figures: Vec<Figure> =
        SHAPES.iter().flat_map(|shape| at_the_store(arguments, shape)).collect();
    let (rate, grouped) = engine(if arguments.quick { 3 } else { 200 });
    figures.push(Figure::new("64 writers at the engine", rate, "secrets/s"));
    figures.push(
        Figure::new("changes that share one sync, 64 writers at the engine", grouped, "changes")
            .target(Target::AtLeast(30.0)),
    );
    figures
}

fn at_the_store(arguments: &Arguments, shape: &Shape) -> Vec<Figure> {
    let (rounds, each) = if arguments.quick { (1, 3) } else { (9, shape.commits_each) };
    let (mut ours, mut bare, mut shares, mut grouped, mut syncs) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let folder = TempDir::new().expect("a folder");
        let peer = bare_sqlite(&folder.path().join("bare.db"), shape.rows, each);
        let (rate, group) = store(&folder.path().join("store.db"), shape.rows, each);
        let sync = bare_syncs(&folder.path().join("bare"));
        if round > 0 {
            ours.push(rate);
            bare.push(peer);
            shares.push(rate / peer * 100.0);
            grouped.push(group);
            syncs.push(sync);
        }
    }
    let name = shape.name;
    vec![
        Figure::new(
            format!("64 writers at the store, {name}, of the rate of bare SQLite"),
            median(shares),
            "%",
        )
        .beside(
            "bare SQLite, the same rows of 64 in a transaction",
            median(bare),
            "commits' rows/s",
        )
        .target(Target::AtLeast(60.0)),
        Figure::new(format!("64 writers at the store, {name}"), median(ours), "commits/s").beside(
            "`write` and `fdatasync` alone",
            median(syncs),
            "a second",
        ),
        Figure::new(
            format!("commits that share one sync, 64 writers at the store, {name}"),
            median(grouped),
            "commits",
        )
        .target(Target::AtLeast(30.0)),
    ]
}

/// Keys and lengths of values.
fn one_record(at: usize) -> Vec<(String, usize)> {
    vec![(format!("secret/project{}/production/NAME_{at:07}", at % 100), 300)]
}

/// As the engine writes a new secret: its metadata, its value, its Azure name, its audit record, the log's position.
fn new_secret(at: usize) -> Vec<(String, usize)> {
    let id = (at as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    vec![
        (format!("alias/azure/{:032x}/project{}--prod--name-{at:07}", 1, at % 100), 80),
        (format!("secret/{:032x}/project{}/prod/NAME_{at:07}", 1, at % 100), 220),
        (format!("payload/{id:032x}/{:020}", 1), 60),
        (format!("sys/audit/outbox/{:032x}", id.rotate_left(64)), 350),
        ("sys/audit/head".to_owned(), 74),
    ]
}

/// Commits' rows a second.
fn bare_sqlite(path: &Path, rows: fn(usize) -> Vec<(String, usize)>, each: usize) -> f64 {
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
        for (key, bytes) in (0..WRITERS).flat_map(|writer| rows(writer * each + round)) {
            let mut statement = transaction
                .prepare_cached("INSERT OR REPLACE INTO rows VALUES (?1, ?2)")
                .expect("prepares");
            statement.execute((key, vec![1_u8; bytes])).expect("inserts");
        }
        transaction.commit().expect("commits");
    }
    per_second(WRITERS * each, started.elapsed())
}

/// Commits a second, and commits in a transaction.
fn store(path: &Path, rows: fn(usize) -> Vec<(String, usize)>, each: usize) -> (f64, f64) {
    let store = SqliteStore::create(path, &CreateOptions::default()).expect("a store");
    let batch = |at: usize| {
        let put = |(key, bytes)| Write::Put(Key::new(key).expect("a key"), vec![1; bytes].into());
        Batch { preconditions: Vec::new(), writes: rows(at).into_iter().map(put).collect() }
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
    // As in a server: records reach the disk in the background.
    let _flusher = engine.audit().start_flusher().expect("a thread");
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
