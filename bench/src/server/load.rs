//! Requests over connections that are kept open, each asked by a thread of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::time::Instant;

use super::process::Process;

/// So many connections, so many requests on each.
pub struct Load<'a> {
    pub connections: usize,
    pub requests: usize,
    /// Whether the server commits something durable for each.
    pub commits: bool,
    pub request: &'a (dyn Fn(usize) -> Vec<u8> + Sync),
}

/// What a load came to.
pub struct Measured {
    /// The server's processor time for one request.
    pub cpu_micros: f64,
    pub p50_millis: f64,
    pub p99_millis: f64,
    pub per_second: f64,
    /// How many requests share a sync of the store; infinite where nothing was written.
    pub per_sync: f64,
}

impl Load<'_> {
    pub fn put_on(&self, server: &Process) -> Measured {
        let barrier = Barrier::new(self.connections + 1);
        let transactions = self.commits.then(|| server.transactions());
        let (before, started) = (server.cpu_nanos(), Instant::now());
        let mut taken: Vec<f64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.connections)
                .map(|connection| {
                    let barrier = &barrier;
                    scope.spawn(move || self.ask(server.address, connection, barrier))
                })
                .collect();
            barrier.wait();
            threads.into_iter().flat_map(|thread| thread.join().expect("it asks")).collect()
        });
        let (elapsed, cpu) = (started.elapsed(), server.cpu_nanos() - before);
        let synced = transactions.map(|before| server.transactions().wrapping_sub(before));
        taken.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let index = (taken.len() as f64 * part) as usize;
            taken.get(index.min(taken.len() - 1)).copied().unwrap_or(f64::NAN) * 1e3
        };
        Measured {
            cpu_micros: cpu as f64 / 1e3 / taken.len() as f64,
            p50_millis: at(0.5),
            p99_millis: at(0.99),
            per_second: taken.len() as f64 / elapsed.as_secs_f64(),
            per_sync: synced.map_or(f64::INFINITY, |synced| taken.len() as f64 / f64::from(synced)),
        }
    }

    /// How long each request of one connection took, in seconds.
    fn ask(&self, address: SocketAddr, connection: usize, barrier: &Barrier) -> Vec<f64> {
        let first = connection * self.requests;
        let requests: Vec<_> =
            (first..first + self.requests).map(|number| (self.request)(number)).collect();
        let mut stream = Connection::open(address);
        barrier.wait();
        let asked = requests.iter().map(|request| {
            let started = Instant::now();
            stream.ask(request);
            started.elapsed().as_secs_f64()
        });
        asked.collect()
    }
}

/// The body of the answer to one request.
pub fn ask_once(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    Connection::open(address).ask(request)
}

/// A request as bytes.
pub fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&serde_json::Value>,
) -> Vec<u8> {
    let body = body.map(ToString::to_string).unwrap_or_default();
    let token = token.map(|token| format!("X-Vault-Token: {token}\r\n")).unwrap_or_default();
    let length = body.len();
    format!("{method} /v1/{path} HTTP/1.1\r\nHost: bench\r\n{token}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("connects");
        stream.set_nodelay(true).expect("sets");
        Self(BufReader::with_capacity(65_536, stream))
    }

    fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        self.0.get_mut().write_all(request).expect("writes");
        let (mut length, mut line, mut first) = (0, String::new(), true);
        loop {
            line.clear();
            self.0.read_line(&mut line).expect("reads");
            if first {
                assert!(line.starts_with("HTTP/1.1 2"), "{line}");
                first = false;
            }
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("reads");
        body
    }
}
