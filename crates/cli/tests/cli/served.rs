//! A real server process, in memory, on ports that the system chooses.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::place::Backend;

/// Where its log goes, in the place's folder.
const LOG: &str = "server.log";

/// The server, which ends with the test.
pub struct Server {
    process: Child,
    lines: Vec<(String, String)>,
}

impl Server {
    /// A server whose command has these arguments as well. It is ready when this returns.
    pub fn with(folder: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_strongroom"))
            .args(["server", "--dev", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .env("HOME", folder)
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join(LOG)).expect("a file"))
            .spawn()
            .expect("the server starts");
        let out = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut lines = Vec::new();
        for line in out.lines() {
            let line = line.expect("text");
            let (name, value) = line.split_once('=').expect("KEY=value");
            lines.push((name.to_owned(), value.to_owned()));
            if name == "NODE_EXTRA_CA_CERTS" {
                break;
            }
        }
        Self { process, lines }
    }

    /// One of the lines that it printed.
    pub fn value(&self, name: &str) -> String {
        let found = self.lines.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("{name} is not printed")).1.clone()
    }
}

impl Backend for Server {
    fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    fn tell(&self, command: &mut Command) {
        for name in ["STRONGROOM_ADDR", "STRONGROOM_TOKEN"] {
            command.env(name, self.value(name));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
