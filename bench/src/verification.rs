//! How fast an audit log is verified.

use std::time::Instant;

use aws_lc_rs::digest::{SHA256, digest};
use strongroom_core::model::Selector;
use strongroom_engine::audit::verify;
use strongroom_engine::operations::{PutSecret, ReadSecret};
use strongroom_engine::{Door, Principal, Request};
use tempfile::TempDir;

use crate::Arguments;
use crate::report::Figure;
use crate::setting::{SystemRandom, interleaved, new_store, open, text};

const PATH: &str = "secret/weather/prod/API_KEY";

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let (rounds, records) = if arguments.quick { (1, 300) } else { (9, 200_000) };
    let folder = TempDir::new().expect("a folder");
    let key = new_store(folder.path());
    let (_store, engine) = open(folder.path(), &key);
    let _flusher = engine.audit().start_flusher().expect("a thread");
    let request = || Request::new(Principal::local_owner("owner"), Door::Cli, &SystemRandom);
    engine.execute(&request(), &PutSecret::new(PATH, text("value"))).expect("writes");
    let read = ReadSecret::new(PATH, Selector::Current);
    let started = Instant::now();
    for _ in 0..records {
        engine.execute(&request(), &read).expect("reads");
    }
    println!("  {records} reads in {:.1} s", started.elapsed().as_secs_f64());
    let anchors = engine.anchors().expect("anchors");
    let directory = engine.audit().directory();
    let whole = verify(directory, &anchors.expectations()).expect("verifies");
    let bytes = vec![b'x'; usize::try_from(whole.bytes).expect("fits")];
    let [verified, hashed] = interleaved(
        rounds,
        1,
        &mut [
            &mut || _ = verify(directory, &anchors.expectations()).expect("verifies"),
            &mut || _ = std::hint::black_box(digest(&SHA256, &bytes)),
        ],
    );
    let per_second = |micros: f64| whole.bytes as f64 / micros;
    vec![
        Figure::new(
            format!("verifying an audit log of {} lines", whole.summary.lines),
            per_second(verified),
            "MB/s",
        )
        .beside("SHA-256 of as many bytes", per_second(hashed), "MB/s"),
    ]
}
