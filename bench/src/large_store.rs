//! A store of one million secrets: opened, and read from.

use std::path::Path;
use std::time::Instant;

use strongroom_core::crypto::seal::UnsealKey;
use strongroom_core::model::Selector;
use strongroom_engine::operations::{PUT_SECRETS_MAX, PutSecrets, ReadSecret};
use strongroom_engine::{Door, Engine, Principal, Request};
use tempfile::TempDir;

use crate::Arguments;
use crate::report::{Figure, Target};
use crate::setting::{SystemRandom, median, new_store, open, text};

const FILLERS: usize = 64;
const READS: usize = 900;

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let large_count = if arguments.quick { 2_000 } else { 1_000_000 };
    let (small, large) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let small_key = filled(small.path(), 1_000);
    let started = Instant::now();
    let large_key = filled(large.path(), large_count);
    println!("  {large_count} secrets made in {:.0} s", started.elapsed().as_secs_f64());
    let opening = |folder: &TempDir, key: &UnsealKey| {
        let times = (0..21).map(|_| {
            let started = Instant::now();
            let opened = open(folder.path(), key);
            let taken = started.elapsed().as_secs_f64() * 1e3;
            drop(opened);
            taken
        });
        median(times.collect())
    };
    let (open_small, open_large) = (opening(&small, &small_key), opening(&large, &large_key));
    let (mut reads_small, mut reads_large) = (Vec::new(), Vec::new());
    for round in 0..5 {
        reads_small.push(first_reads(small.path(), &small_key, 1_000, round));
        reads_large.push(first_reads(large.path(), &large_key, large_count, round));
    }
    let (read_small, read_large) = (median(reads_small), median(reads_large));
    vec![
        Figure::new(format!("opening a store of {large_count} secrets"), open_large, "ms")
            .beside("one of 1,000", open_small, "ms")
            .target(Target::AtMost(100.0)),
        Figure::new(
            format!("a first read from {large_count} secrets, of one from 1,000"),
            read_large / read_small,
            "times",
        )
        .beside(format!("{read_large:.1} µs, and from 1,000"), read_small, "µs")
        .target(Target::AtMost(2.0)),
    ]
}

fn path(at: usize) -> String {
    format!("secret/project{:03}/prod/NAME_{at:07}", at % 1_000)
}

fn owner() -> Request {
    Request::new(Principal::local_owner("owner"), Door::Cli, &SystemRandom)
}

fn filled(folder: &Path, count: usize) -> UnsealKey {
    let key = new_store(folder);
    let (_store, engine) = open(folder, &key);
    let _flusher = engine.audit().start_flusher().expect("a thread");
    std::thread::scope(|scope| {
        for filler in 0..FILLERS {
            let engine = &engine;
            scope.spawn(move || fill(engine, (filler..count).step_by(FILLERS).collect()));
        }
    });
    key
}

fn fill(engine: &Engine, all: Vec<usize>) {
    for chunk in all.chunks(PUT_SECRETS_MAX) {
        let secrets =
            chunk.iter().map(|&at| (path(at), text("value-of-a-key-0123456789"))).collect();
        let operation = PutSecrets { subject: "secret/".to_owned(), secrets };
        engine.execute(&owner(), &operation).expect("writes");
    }
}

/// Microseconds for a read of a secret that this process has not read before, spread over the whole store.
fn first_reads(folder: &Path, key: &UnsealKey, count: usize, round: usize) -> f64 {
    let (_store, engine) = open(folder, key);
    let step = (count / READS).max(1);
    let times = (0..READS).map(|index| {
        // A stride that is prime to the count visits the store in no order.
        let at = (index * 7_919 * step + round * 31) % count;
        let read = ReadSecret::new(path(at), Selector::Current);
        let request = owner();
        let started = Instant::now();
        let answer = engine.execute(&request, &read).expect("reads");
        let taken = started.elapsed().as_secs_f64() * 1e6;
        drop(answer);
        taken
    });
    median(times.collect())
}
