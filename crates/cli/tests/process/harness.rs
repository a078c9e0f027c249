//! Starts the driver and talks to what it runs. Every wait ends at a condition; the time limit only
//! turns a hang into a failure.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

pub const HANG: Duration = Duration::from_secs(60);

/// The driver's executable. Cargo builds examples with `cargo test`, but not with
/// `cargo test --test process`; so it is asked once more, which costs nothing when it is there.
pub fn driver() -> &'static Path {
    static DRIVER: OnceLock<PathBuf> = OnceLock::new();
    DRIVER.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        if let Some(cargo) = std::env::var_os("CARGO") {
            let mut build = Command::new(cargo);
            build.args(["build", "--quiet", "-p", "strongroom", "--example", "process_driver"]);
            build.arg("--target-dir").arg(profile.parent().unwrap());
            build.args(profile.ends_with("release").then_some("--release"));
            assert!(build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
        }
        profile.join("examples/process_driver")
    })
}

/// The interpreter itself, not a wrapper that looks for it.
pub fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let mut find = Command::new("python3");
        let found = find.args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
        String::from_utf8(found.stdout).unwrap().trim().to_owned()
    })
}

/// A helper script beside this file.
pub fn script(name: &str) -> String {
    format!("{}/tests/process/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The driver with arguments, as a command to add to.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = default_signals();
    command.arg(driver()).args(arguments);
    command
}

/// A command that becomes the program of its arguments with no signal ignored: whoever runs the tests
/// may ignore some (a shell's background job ignores SIGINT).
pub fn default_signals() -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal");
    command
}

/// Runs the driver to its end.
pub fn output(arguments: &[&str]) -> Output {
    command(arguments).stdin(Stdio::null()).output().unwrap()
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// A running process, in a group of its own that ends with it.
pub struct Run {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
    seen: RefCell<Vec<String>>,
}

impl Run {
    pub fn supervise(arguments: &[&str]) -> Self {
        Self::start(command(&["supervise"]).args(arguments))
    }

    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.process_group(0).spawn().unwrap();
        let lines = lines(child.stdout.take().unwrap());
        let errors = lines_of_errors(&mut child);
        Self { child, lines, errors, seen: RefCell::default() }
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// The next line of the standard output.
    pub fn line(&self) -> String {
        match self.lines.recv_timeout(HANG) {
            Ok(line) => {
                self.seen.borrow_mut().push(line.clone());
                line
            }
            Err(error) => panic!("no line on stdout: {error}; before: {:?}", self.seen.borrow()),
        }
    }

    /// The next line of the standard error output.
    pub fn error_line(&self) -> String {
        self.errors.recv_timeout(HANG).expect("a line on stderr")
    }

    /// Reads until a line that ends so, and returns it.
    pub fn line_ending(&self, end: &str) -> String {
        loop {
            let line = self.line();
            if line.ends_with(end) {
                return line;
            }
        }
    }

    pub fn line_with(&self, part: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Sends to the driver alone.
    pub fn signal(&self, number: i32) {
        send(self.pid(), number);
    }

    /// Writes to the standard input.
    pub fn write(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// What is left of both outputs, and the status.
    pub fn finish(mut self) -> (ExitStatus, Vec<String>, Vec<String>) {
        let rest = |lines: &Receiver<String>| {
            let mut rest = Vec::new();
            loop {
                match lines.recv_timeout(HANG) {
                    Ok(line) => rest.push(line),
                    Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return rest,
                    Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("hangs: {rest:?}"),
                }
            }
        };
        let (lines, errors) = (rest(&self.lines), rest(&self.errors));
        (self.child.wait().unwrap(), lines, errors)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Ended already, as a rule.
        let group = Pid::from_raw(self.pid()).unwrap();
        kill_process_group(group, Signal::KILL).unwrap_or_default();
        self.child.wait().ok();
    }
}

fn lines_of_errors(child: &mut Child) -> Receiver<String> {
    lines(child.stderr.take().unwrap())
}

/// The lines of a stream, as they come; the receiver is disconnected at its end.
pub fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Sends a signal by number; a real-time one by the shell's kill.
pub fn send(pid: i32, number: i32) {
    match Signal::from_named_raw(number) {
        Some(signal) => kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap(),
        None => {
            let kill = format!("kill -{number} {pid}");
            assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        }
    }
}

/// A named pipe; what is written to it is a change for the driver.
pub fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

pub fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The environment of a child as `env -0` prints it.
pub fn variables(output: &Output) -> Vec<&str> {
    let mut variables: Vec<_> = text(&output.stdout).split_terminator('\0').collect();
    variables.sort_unstable();
    variables
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Writes an executable file.
pub fn executable(path: &Path, content: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

pub fn code(arguments: &[impl AsRef<OsStr>]) -> Option<i32> {
    command(&[]).args(arguments).stderr(Stdio::null()).status().unwrap().code()
}

/// The signals that `grep SigIgn /proc/self/status` shows, bit n - 1 for signal n; 32 and 33 belong to
/// the C library and are left out.
pub fn ignored(output: &Output) -> u64 {
    let mask = text(&output.stdout).strip_prefix("SigIgn:").unwrap().trim();
    u64::from_str_radix(mask, 16).unwrap() & !(0b11 << 31)
}
