//! A server on sockets of its own, a door that tests can steer, and clients.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{HeaderValue, StatusCode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use strongroom_core::random::Random;
use strongroom_core::time::{Clock, Timestamp};
use strongroom_server::config::{Authority, Certificate, Config, Listener, Protection};
use strongroom_server::door::{Answer, Chunks, Door, Incoming, Refusal};
use strongroom_server::limits::Limits;
use strongroom_server::metrics::Metrics;
use strongroom_server::tls::{TlsVersion, provider};
use strongroom_server::{Bound, Handle, Server, Surroundings, runtime};
use tempfile::TempDir;

/// No answer takes longer than this, however slow the machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// 2027-01-15.
const NOW: u64 = 1_800_000_000_000;

pub struct Room {
    pub plain: SocketAddr,
    pub tls: SocketAddr,
    pub handle: Handle,
    pub metrics: Arc<Metrics>,
    pub door: Arc<TestDoor>,
    pub clock: Arc<TestClock>,
    pub folder: TempDir,
    thread: Option<JoinHandle<io::Result<bool>>>,
}

pub struct TestClock(AtomicU64, Instant);

pub struct TestRandom(AtomicU64);

/// Answers by the path.
pub struct TestDoor {
    /// Told of each request that waits.
    waiting: Mutex<Sender<()>>,
    pub has_begun: Mutex<Receiver<()>>,
    /// Lets a request that waits end.
    pub release: Mutex<Sender<()>>,
    released: Mutex<Receiver<()>>,
    pub streams: Mutex<Vec<Chunks>>,
}

impl Room {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Limits)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut limits = Limits::default();
        change(&mut limits);
        let address = "127.0.0.1:0".parse().unwrap();
        let (certificate, oldest) = (Certificate::Local, TlsVersion::Tls12);
        let listeners = vec![
            Listener { address, protection: Protection::Plain },
            Listener { address, protection: Protection::Tls { certificate, oldest } },
        ];
        let authority = Authority { folder: Some(folder.path().into()), names: Vec::new() };
        Self::start(folder, &config(listeners, authority, limits))
    }

    pub fn start(folder: TempDir, config: &Config) -> Self {
        let (door, clock, metrics) = (TestDoor::new(), TestClock::new(), Arc::new(Metrics::new()));
        let surroundings = Surroundings {
            clock: Arc::<TestClock>::clone(&clock),
            random: Arc::new(TestRandom(AtomicU64::new(1))),
            metrics: Arc::clone(&metrics),
        };
        let doors: Vec<Arc<dyn Door>> = vec![Arc::<TestDoor>::clone(&door)];
        let bound = Server::bind(config, doors, surroundings).unwrap();
        let addresses = bound.addresses();
        let at = |encrypted| {
            let found = addresses.iter().find(|address| address.encrypted == encrypted);
            found.map_or(addresses[0].socket, |address| address.socket)
        };
        let (plain, tls, handle) = (at(false), at(true), bound.handle());
        let thread = Some(std::thread::spawn(move || run(bound)));
        Self { plain, tls, handle, metrics, door, clock, folder, thread }
    }

    /// Stops the server, and answers whether every request ended in time.
    pub fn stop(&mut self) -> bool {
        self.handle.stop();
        self.thread.take().is_none_or(|thread| thread.join().unwrap().unwrap())
    }

    pub fn connect(&self) -> TcpStream {
        connect(self.plain)
    }

    pub fn connect_tls(&self, alpn: &[&str]) -> StreamOwned<ClientConnection, TcpStream> {
        let config = self.tls_client(alpn);
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        StreamOwned::new(connection, connect(self.tls))
    }

    /// A client that trusts the room's authority and nobody else.
    pub fn tls_client(&self, alpn: &[&str]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let pem = std::fs::read(self.folder.path().join("ca.pem")).unwrap();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        let time = Arc::new(AtClock(Arc::clone(&self.clock)));
        let mut config = ClientConfig::builder_with_details(Arc::clone(provider()), time)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.handle.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub fn config(listeners: Vec<Listener>, authority: Authority, limits: Limits) -> Config {
    Config { limits, ..Config::in_memory(listeners, authority) }
}

fn run(bound: Bound) -> io::Result<bool> {
    let runtime = runtime()?;
    let ended = runtime.block_on(bound.run(std::future::pending()));
    runtime.shutdown_background();
    ended
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Status and body of the next answer on the connection, whose length is declared.
pub fn read_answer(stream: &mut impl Read) -> (u16, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    (status, String::from_utf8(body).unwrap())
}

/// One request with a body, and its answer.
pub fn ask(
    stream: &mut (impl Read + Write),
    method: &str,
    path: &str,
    body: &str,
) -> (u16, String) {
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    read_answer(stream)
}

/// What is left until the server closes the connection.
pub fn read_to_end(stream: &mut impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => bytes,
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => bytes,
        Err(error) => panic!("{error}"),
    }
}

impl TestDoor {
    fn new() -> Arc<Self> {
        let (waiting, has_begun) = channel();
        let (release, released) = channel();
        Arc::new(Self {
            waiting: Mutex::new(waiting),
            has_begun: Mutex::new(has_begun),
            release: Mutex::new(release),
            released: Mutex::new(released),
            streams: Mutex::default(),
        })
    }

    pub fn until_begun(&self) {
        self.has_begun.lock().unwrap().recv_timeout(PATIENCE).unwrap();
    }

    pub fn let_go(&self) {
        self.release.lock().unwrap().send(()).unwrap();
    }

    fn wait(&self) -> Answer {
        self.waiting.lock().unwrap().send(()).unwrap();
        self.released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        Answer::new(StatusCode::OK, "waited")
    }
}

impl Door for TestDoor {
    fn name(&self) -> &'static str {
        "test"
    }

    fn serves(&self, head: &Parts) -> bool {
        assert_ne!(head.uri.path(), "/panic/serves");
        head.uri.path() != "/elsewhere"
    }

    fn body_bytes_max(&self, head: &Parts) -> Option<usize> {
        assert_ne!(head.uri.path(), "/panic/body");
        (head.uri.path() == "/small").then_some(4)
    }

    fn may_wait(&self, request: &Incoming) -> bool {
        assert_ne!(request.path(), "/panic/may-wait");
        request.path().contains("wait")
    }

    fn answer(&self, request: Incoming) -> Answer {
        match request.path() {
            "/wait" => self.wait(),
            "/panic" | "/panic/wait" => panic!("{request:?}"),
            "/stream" => {
                let (chunks, mut answer) = Answer::stream(StatusCode::OK);
                chunks.send("first").unwrap();
                self.streams.lock().unwrap().push(chunks);
                let kind = HeaderValue::from_static("text/event-stream");
                answer.headers.insert(http::header::CONTENT_TYPE, kind);
                answer
            }
            _ => {
                let thread = std::thread::current();
                let described = format!(
                    "{} {} {} tls={} {} bytes on {}",
                    request.head.method,
                    request.path(),
                    request.query().unwrap_or("-"),
                    request.encrypted,
                    request.body.len(),
                    thread.name().unwrap_or("-"),
                );
                Answer::new(StatusCode::OK, described)
            }
        }
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        Answer::new(refusal.status(), format!("the door says: {}", refusal.message()))
    }
}

impl TestClock {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(NOW), Instant::now()))
    }

    pub fn move_days(&self, days: u64) {
        self.0.fetch_add(days * 86_400_000, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn elapsed_micros(&self) -> u64 {
        u64::try_from(self.1.elapsed().as_micros()).unwrap()
    }
}

#[derive(Debug)]
struct AtClock(Arc<TestClock>);

impl std::fmt::Debug for TestClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "TestClock({})", self.0.load(Ordering::Relaxed))
    }
}

impl rustls::time_provider::TimeProvider for AtClock {
    fn current_time(&self) -> Option<rustls::pki_types::UnixTime> {
        let since = Duration::from_millis(self.0.now().0);
        Some(rustls::pki_types::UnixTime::since_unix_epoch(since))
    }
}

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            *byte = (next ^ (next >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9).to_be_bytes()[0];
        }
    }
}
