//! Servers as processes, and what the system counts of them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::load;

/// A server that runs until this is dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// A root token of it.
    pub token: String,
    /// Where its store is.
    folder: PathBuf,
}

/// What a process has in memory.
pub struct Memory {
    /// All of it.
    pub resident_mebibytes: f64,
    /// Without the pages of files.
    pub anonymous_mebibytes: f64,
}

impl Process {
    /// `strongroom server` on a store in a folder, with its audit log.
    pub fn strongroom(program: &Path, folder: &Path) -> Self {
        let mut child = Command::new(program)
            .args(["server", "--dev", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"])
            .arg("--persist")
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut value = |name: &str| loop {
            let line = lines.next().expect("a line").expect("a line");
            if let Some(value) = line.strip_prefix(name) {
                break value.to_owned();
            }
        };
        let address = value("VAULT_ADDR=http://").parse().expect("an address");
        let token = value("VAULT_TOKEN=");
        Self { child, address, token, folder: folder.to_owned() }
    }

    /// A bare hyper server that answers these bytes.
    pub fn bare(answer: &[u8]) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .arg("--bare-server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        child.stdin.take().expect("its input").write_all(answer).expect("it takes the answer");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("a line");
        let address = line.trim().parse().expect("an address");
        Self { child, address, token: String::new(), folder: PathBuf::new() }
    }

    pub fn get(&self, path: &str) -> serde_json::Value {
        self.ask("GET", path, None)
    }

    pub fn post(&self, path: &str, body: &serde_json::Value) -> serde_json::Value {
        self.ask("POST", path, Some(body))
    }

    fn ask(&self, method: &str, path: &str, body: Option<&serde_json::Value>) -> serde_json::Value {
        let request = load::request(method, path, Some(&self.token), body);
        let answer = load::ask_once(self.address, &request);
        if answer.is_empty() {
            serde_json::Value::Null
        } else {
            serde_json::from_slice(&answer).expect("JSON")
        }
    }

    /// The processor time that its threads have used, in nanoseconds.
    pub fn cpu_nanos(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs");
        let of = |task: std::io::Result<fs::DirEntry>| -> u64 {
            let path = task.expect("a thread").path().join("schedstat");
            // A thread that ended meanwhile has none.
            let text = fs::read_to_string(path).unwrap_or_default();
            text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0)
        };
        tasks.map(of).sum()
    }

    /// How many transactions its store has committed, as the database's wal-index counts them: each is one sync.
    /// <https://www.sqlite.org/walformat.html#the_wal_index_header>
    pub fn transactions(&self) -> u32 {
        let index = fs::read(self.folder.join("store.db-shm")).expect("the store's wal-index");
        let counter = index.get(8..12).and_then(|bytes| bytes.try_into().ok());
        u32::from_ne_bytes(counter.expect("its change counter"))
    }

    pub fn memory(&self) -> Memory {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let mebibytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).expect("its memory");
            let kibibytes = line.split_whitespace().nth(1).expect("a number");
            kibibytes.parse::<f64>().expect("a number") / 1024.0
        };
        Memory {
            resident_mebibytes: mebibytes("VmRSS:"),
            anonymous_mebibytes: mebibytes("RssAnon:"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGTERM, so that a store is left in order.
        let id = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a number"));
        let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}
