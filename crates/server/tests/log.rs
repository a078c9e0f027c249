//! No secret in the log, whatever a client sends and wherever. Alone in its program, since a process has one log.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use http::request::Parts;
use strongroom_core::random::Random;
use strongroom_core::time::{Clock, Timestamp};
use strongroom_server::config::{Authority, Config, Listener, Protection};
use strongroom_server::door::{Answer, Door, Incoming, Refusal};
use strongroom_server::limits::Limits;
use strongroom_server::log::{self, Format, Level};
use strongroom_server::metrics::Metrics;
use strongroom_server::{Server, Surroundings, runtime};

const CANARY: &str = "hvs.canary-7f3a";

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(0)
    }

    fn elapsed_micros(&self) -> u64 {
        0
    }
}

impl Random for Still {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Panics with everything that it was given, where it is asked to.
struct Careless;

impl Door for Careless {
    fn name(&self) -> &'static str {
        "careless"
    }

    fn serves(&self, _: &Parts) -> bool {
        true
    }

    fn may_wait(&self, request: &Incoming) -> bool {
        request.path().starts_with("/wait")
    }

    fn answer(&self, request: Incoming) -> Answer {
        let Incoming { head, body, .. } = &request;
        if head.uri.path().ends_with("panic") {
            panic!("{head:?} {body:?}");
        }
        tracing::warn!(target: "strongroom_door", ?request, "told in full");
        Answer::new(StatusCode::OK, body.clone())
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        Answer::new(refusal.status(), refusal.message())
    }
}

fn answer(stream: &mut TcpStream, request: &str) -> Vec<u8> {
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset had its answer or was owed none.
    let _ = stream.read_to_end(&mut answer);
    answer
}

#[test]
fn nothing_that_a_client_sends_is_in_the_log() {
    let sink = Sink::default();
    log::start(Level::Trace, Format::Json, Arc::new(Still), Box::new(sink.clone())).unwrap();
    let address = "127.0.0.1:0".parse().unwrap();
    let listeners = vec![Listener { address, protection: Protection::Plain }];
    let config = Config {
        limits: Limits { request_body_bytes_max: 100, ..Limits::default() },
        ..Config::in_memory(listeners, Authority::default())
    };
    let metrics = Arc::new(Metrics::new());
    let surroundings = Surroundings {
        clock: Arc::new(Still),
        random: Arc::new(Still),
        metrics: Arc::clone(&metrics),
    };
    let bound = Server::bind(&config, vec![Arc::new(Careless)], surroundings).unwrap();
    let (address, handle) = (bound.addresses()[0].socket, bound.handle());
    let server =
        std::thread::spawn(move || runtime().unwrap().block_on(bound.run(std::future::pending())));

    let long = CANARY.repeat(10);
    let requests = [
        ("GET", "/v1", CANARY),
        ("GET", "/panic", CANARY),
        ("GET", "/wait/panic", CANARY),
        ("PUT", "/wait", &long),
        (CANARY, "/v1", CANARY),
    ];
    let mut heard = 0;
    for (method, path, body) in requests {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let request = format!(
            "{method} /{CANARY}{path}?token={CANARY} HTTP/1.1\r\nhost: {CANARY}\r\n\
             x-vault-token: {CANARY}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        heard += usize::from(answer(&mut stream, &request).starts_with(b"HTTP/1.1 "));
    }
    for broken in [format!("{CANARY}\r\n\r\n"), format!("GET / HTTP/1.1\r\n{CANARY}\r\n\r\n")] {
        answer(&mut TcpStream::connect(address).unwrap(), &broken);
    }
    // HTTP/2 with a frame that is none, which its library has words for.
    let preface = format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{CANARY}{CANARY}");
    answer(&mut TcpStream::connect(address).unwrap(), &preface);
    handle.stop();
    server.join().unwrap().unwrap();

    // What this test itself has to say is for the terminal again.
    drop(std::panic::take_hook());
    let log = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    assert_eq!(heard, requests.len(), "{log}");
    assert!(log.contains("\"answered\"") && log.contains("a thread panicked"), "{log}");
    assert!(log.contains("told in full"), "{log}");
    assert!(!log.contains("canary"), "{log}");
    assert!(!metrics.render().contains("canary"));
}
