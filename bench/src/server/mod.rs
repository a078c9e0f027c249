//! The server, beside a bare hyper server that answers the same bytes, in processes of their own.
//!
//! Both are asked by the same threads over the same number of connections that are kept open. What is compared is the
//! time that the server's process used the processors for, since the asking threads use the same ones.

mod bare;
mod load;
mod process;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use tempfile::TempDir;

pub use self::bare::serve as serve_bare;
use self::load::{Load, Measured};
use self::process::{Memory, Process};
use crate::Arguments;
use crate::report::{Figure, Target};
use crate::setting::median;

const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// The secrets whose memory is measured.
const SECRETS: usize = 100_000;

/// One kind of request.
struct Kind {
    /// What the rows of it are called on the command line, each with `/` and its connections.
    row: &'static str,
    name: &'static str,
    request: Box<dyn Fn(usize) -> Vec<u8> + Sync>,
    target: Target,
    /// Whether each is a durable commit.
    commits: bool,
}

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let folder = TempDir::new().expect("a folder");
    let server = Process::strongroom(&arguments.program, folder.path());
    let idle = server.memory();
    prepare(&server);
    let kinds = kinds(&server);
    let mut figures = Vec::new();
    for kind in &kinds {
        for connections in CONNECTIONS {
            if arguments.wants(&format!("{}/{connections}", kind.row)) {
                figures.extend(compare(arguments, &server, kind, connections));
            }
        }
    }
    if arguments.wants("memory") {
        figures.extend(memory(arguments, &server, &idle));
    }
    if arguments.wants("restart") {
        figures.extend(restart(arguments, server, folder.path()));
    }
    figures
}

impl Arguments {
    fn wants(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|wanted| row.starts_with(wanted.as_str()))
    }
}

/// What the server keeps in memory, at rest and with many secrets, each beside what of it are the process's own pages
/// and not those of files, which the system takes back when it needs them.
fn memory(arguments: &Arguments, server: &Process, idle: &Memory) -> Vec<Figure> {
    let secrets = if arguments.quick { 500 } else { SECRETS };
    fill(server, secrets);
    let full = server.memory();
    let figure = |what: String, memory: &Memory, most: f64| {
        Figure::new(what, memory.resident_mebibytes, "MiB")
            .beside("of it no file's", memory.anonymous_mebibytes, "MiB")
            .target(Target::AtMost(most))
    };
    vec![
        figure("memory of the server at rest".to_owned(), idle, 30.0),
        figure(format!("memory of the server with {secrets} secrets"), &full, 150.0),
    ]
}

/// Both servers in turns, with the figures of the medians.
fn compare(
    arguments: &Arguments,
    server: &Process,
    kind: &Kind,
    connections: usize,
) -> Vec<Figure> {
    let (rounds, requests) =
        if arguments.quick { (1, 20) } else { (5, 20_000 / connections.max(4)) };
    let answer = load::ask_once(server.address, &(kind.request)(0));
    let bare = Process::bare(&answer);
    let mut ours: Vec<Measured> = Vec::new();
    let mut theirs: Vec<Measured> = Vec::new();
    for round in 0..=rounds {
        let load = Load { connections, requests, commits: false, request: &*kind.request };
        let peer = load.put_on(&bare);
        let own = Load { commits: kind.commits, ..load }.put_on(server);
        if round > 0 || rounds == 1 {
            theirs.push(peer);
            ours.push(own);
        }
    }
    let of = |all: &[Measured], what: fn(&Measured) -> f64| median(all.iter().map(what).collect());
    let cpu = (of(&ours, |m| m.cpu_micros), of(&theirs, |m| m.cpu_micros));
    let name = format!("{}, {connections} connections", kind.name);
    let reads = matches!(kind.target, Target::AtMost(_));
    let shared = kind.commits.then(|| {
        let shared =
            Figure::new(format!("{name}: of them share one sync"), of(&ours, |m| m.per_sync), "");
        if connections == 64 { shared.target(Target::AtLeast(30.0)) } else { shared }
    });
    let ratio =
        Figure::new(format!("{name}: processor time, of bare hyper's"), cpu.0 / cpu.1, "times")
            .beside("bare hyper, the same bytes", cpu.1, "µs a request");
    let ratio = if connections == 64 { ratio.target(kind.target) } else { ratio };
    let p99 = Figure::new(format!("{name}: 99 of 100 within"), of(&ours, |m| m.p99_millis), "ms")
        .beside("bare hyper", of(&theirs, |m| m.p99_millis), "ms");
    let p99 = if reads && connections == 64 { p99.target(Target::AtMost(5.0)) } else { p99 };
    let half = Figure::new(format!("{name}: half within"), of(&ours, |m| m.p50_millis), "ms");
    let rate = Figure::new(format!("{name}: rate"), of(&ours, |m| m.per_second), "a second")
        .beside("bare hyper", of(&theirs, |m| m.per_second), "a second");
    [ratio, half, p99, rate].into_iter().chain(shared).collect()
}

/// What the requests need to be there.
fn prepare(server: &Process) {
    let policy = r#"path "secret/data/bench/*" { capabilities = ["create", "read", "update"] }
        path "transit/encrypt/bench" { capabilities = ["update"] }"#;
    let policy = serde_json::json!({ "policy": policy });
    server.post("sys/policies/acl/bench", &policy);
    server.post("sys/mounts/transit", &serde_json::json!({ "type": "transit" }));
    server.post("transit/keys/bench", &serde_json::json!({}));
    server.post("sys/auth/approle", &serde_json::json!({ "type": "approle" }));
    server.post(
        "auth/approle/role/bench",
        &serde_json::json!({ "token_policies": "bench", "token_ttl": "1h" }),
    );
    for number in 0..1_000 {
        server.post(&secret(number), &value(number));
    }
}

fn secret(number: usize) -> String {
    format!("secret/data/bench/{}", number % 1_000)
}

fn value(number: usize) -> serde_json::Value {
    serde_json::json!({ "data": { "api_key": format!("value-of-a-key-0123456789-{number:09}") } })
}

fn kinds(server: &Process) -> Vec<Kind> {
    let made = server
        .post("auth/token/create", &serde_json::json!({ "policies": ["bench"], "ttl": "24h" }));
    let token = text(&made, "/auth/client_token");
    let role = text(&server.get("auth/approle/role/bench/role-id"), "/data/role_id");
    let made = server.post("auth/approle/role/bench/secret-id", &serde_json::json!({}));
    let login = serde_json::json!({ "role_id": role, "secret_id": text(&made, "/data/secret_id") });
    let plaintext = serde_json::json!({ "plaintext": BASE64.encode(&[7; 128]) });
    let (reader, writer, encrypter) = (token.clone(), token.clone(), token);
    vec![
        Kind {
            row: "read",
            name: "a read of a secret (KV version 2)",
            request: Box::new(move |at| load::request("GET", &secret(at), Some(&reader), None)),
            target: Target::AtMost(1.6),
            commits: false,
        },
        Kind {
            row: "write",
            name: "a write of a secret (KV version 2)",
            request: Box::new(move |at| {
                load::request("POST", &secret(at), Some(&writer), Some(&value(at)))
            }),
            target: Target::None,
            commits: true,
        },
        Kind {
            row: "login",
            name: "a login (AppRole)",
            request: Box::new(move |_| {
                load::request("POST", "auth/approle/login", None, Some(&login))
            }),
            target: Target::None,
            commits: true,
        },
        Kind {
            row: "encrypt",
            name: "an encryption of 128 bytes (transit)",
            request: Box::new(move |_| {
                load::request("POST", "transit/encrypt/bench", Some(&encrypter), Some(&plaintext))
            }),
            target: Target::None,
            commits: false,
        },
    ]
}

fn text(answer: &serde_json::Value, pointer: &str) -> String {
    answer.pointer(pointer).and_then(|value| value.as_str()).expect("a text").to_owned()
}

fn fill(server: &Process, secrets: usize) {
    let token = server.token.clone();
    let request = move |at: usize| {
        let mut path = String::new();
        write!(path, "secret/data/fill/{}/{at}", at % 100).expect("a text");
        load::request("POST", &path, Some(&token), Some(&value(at)))
    };
    let requests = secrets.div_ceil(64);
    let load = Load { connections: 64, requests, commits: false, request: &request };
    load.put_on(server);
}

/// A server that starts on what is there: its tokens end on time, so there is much that is due.
fn restart(arguments: &Arguments, server: Process, folder: &Path) -> Vec<Figure> {
    let leases = if arguments.quick { 64 } else { 100_000 };
    let token = server.token.clone();
    let body = serde_json::json!({ "policies": ["bench"], "ttl": "24h" });
    let request = move |_| load::request("POST", "auth/token/create", Some(&token), Some(&body));
    Load { connections: 64, requests: leases / 64, commits: false, request: &request }
        .put_on(&server);
    drop(server);
    let started = std::time::Instant::now();
    let server = Process::strongroom(&arguments.program, folder);
    let ready = started.elapsed().as_secs_f64() * 1e3;
    drop(server);
    let floor = Command::new(&arguments.program).arg("--version").output().expect("it runs");
    assert!(floor.status.success());
    vec![
        Figure::new(format!("a start with {leases} leases, until it answers"), ready, "ms")
            .target(Target::AtMost(100.0)),
    ]
}
