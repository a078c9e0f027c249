//! The process's signals and systemd's notices. Alone in its program, since it sends signals to itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;
use rustix::process::{Signal, getpid, kill_process};
use strongroom_core::random::Random;
use strongroom_core::time::{Clock, Timestamp};
use strongroom_server::config::{Authority, Certificate, Config, Listener, Protection};
use strongroom_server::door::{Answer, Door, Incoming, Refusal};
use strongroom_server::metrics::Metrics;
use strongroom_server::signals::Signals;
use strongroom_server::systemd::{NOTIFY_SOCKET, Notifier, WATCHDOG_USEC};
use strongroom_server::tls::TlsVersion;
use strongroom_server::{Server, Surroundings, runtime};
use tempfile::TempDir;

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000)
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

struct Silent;

impl Door for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }

    fn serves(&self, _: &Parts) -> bool {
        false
    }

    fn may_wait(&self, _: &Incoming) -> bool {
        false
    }

    fn answer(&self, _: Incoming) -> Answer {
        self.refuse(Refusal::Failed)
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        Answer::new(refusal.status(), refusal.message())
    }
}

/// The next notice that is not the watchdog's, and how many of the watchdog's came before it.
fn heard(socket: &UnixDatagram) -> (String, usize) {
    let mut watchdogs = 0;
    loop {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        let text = String::from_utf8_lossy(buffer.get(..length).unwrap()).into_owned();
        if text != "WATCHDOG=1" {
            return (text, watchdogs);
        }
        watchdogs += 1;
    }
}

#[test]
fn hangup_reloads_certificates_and_terminate_stops_and_systemd_is_told() {
    let room = TempDir::new().unwrap();
    let path = room.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let variable = |name: &str| match name {
        NOTIFY_SOCKET => Some(path.clone().into_os_string()),
        WATCHDOG_USEC => Some("20000".into()),
        _ => None,
    };
    let notifier = Arc::new(Notifier::from_environment(variable, 1).unwrap());
    let folder = room.path().join("tls");
    let (address, oldest) = ("127.0.0.1:0".parse().unwrap(), TlsVersion::Tls13);
    let protection = Protection::Tls { certificate: Certificate::Local, oldest };
    let authority = Authority { folder: Some(folder.clone()), names: Vec::new() };
    let config = Config::in_memory(vec![Listener { address, protection }], authority);
    let surroundings = Surroundings {
        clock: Arc::new(Still),
        random: Arc::new(Still),
        metrics: Arc::new(Metrics::new()),
    };
    let bound = Server::bind(&config, vec![Arc::new(Silent)], surroundings).unwrap();
    let server = std::thread::spawn(move || {
        runtime().unwrap().block_on(async {
            let stop = Signals::catch().unwrap().until_stop(bound.handle(), notifier);
            bound.run(stop).await
        })
    });
    assert_eq!(heard(&socket).0, "READY=1");

    std::fs::remove_file(folder.join("server.pem")).unwrap();
    kill_process(getpid(), Signal::HUP).unwrap();
    assert!(heard(&socket).0.starts_with("RELOADING=1\nMONOTONIC_USEC="));
    assert_eq!(heard(&socket).0, "READY=1");
    assert!(folder.join("server.pem").exists(), "the certificate was made anew");

    let begun = Instant::now();
    let mut buffer = [0; 256];
    let length = socket.recv(&mut buffer).unwrap();
    assert_eq!(buffer.get(..length), Some(b"WATCHDOG=1".as_slice()), "{:?}", begun.elapsed());
    kill_process(getpid(), Signal::TERM).unwrap();
    assert_eq!(heard(&socket).0, "STOPPING=1");
    assert!(server.join().unwrap().unwrap());
}
