//! Where a demo plays: a throw-away folder, a store of its own, and a service on loopback.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use tempfile::TempDir;

use crate::failure::{Context, Failure, Result};
use crate::workspace::Workspace;

/// A command that takes longer hangs.
const COMMAND_SECS_MAX: u64 = 60;
/// How often a wait looks for a signal.
const SIGNAL_CHECK_MILLIS: u64 = 100;

/// A stage; dropping it stops the service and removes the folder.
pub struct Stage {
    project: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    interrupted: Arc<AtomicBool>,
    /// Stopped before the folder goes: fields are dropped in this order.
    _service: Service,
    _folder: TempDir,
}

/// A headline.
pub fn say(text: &str) {
    println!("\n{}", paint("1;36", text));
}

/// What a command wrote.
pub struct Output {
    /// `None` where a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Stage {
    /// Copies `files` of the example into a new folder, and starts the example's `service.py`, which
    /// accepts `keys`.
    pub fn open(
        workspace: &Workspace,
        example: &str,
        files: &[&str],
        keys: &[(&str, &str)],
    ) -> Result<Self> {
        // From here on Ctrl-C stops the children, and the folder is removed on the way out.
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))
                .context(|| "registering for signals".to_owned())?;
        }
        let folder = tempfile::Builder::new().prefix("strongroom-demo-").tempdir();
        let folder = folder.context(|| "making a temporary folder".to_owned())?;
        let project = folder.path().join("weather");
        fs::create_dir(&project).context(|| project.display().to_string())?;
        for name in files {
            let from = workspace.path(example).join(name);
            fs::copy(&from, project.join(name)).context(|| from.display().to_string())?;
        }
        let service = Service::start(workspace, example, keys)?;

        let found = env::var_os("PATH").unwrap_or_default();
        let ours = [workspace.python_environment().join("bin"), workspace.target.join("debug")];
        let path = env::join_paths(ours.into_iter().chain(env::split_paths(&found)));
        let environment = vec![
            ("PATH", path.context(|| "PATH".to_owned())?),
            ("STRONGROOM_HOME", folder.path().join("store").into_os_string()),
            ("WEATHER_URL", OsString::from(&service.url)),
            ("NO_PROXY", OsString::from("127.0.0.1")),
            ("no_proxy", OsString::from("127.0.0.1")),
        ];
        Ok(Self { project, environment, interrupted, _service: service, _folder: folder })
    }

    /// The text of a file of the demo's folder.
    pub fn project_file(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.project.join(name)).ok()
    }

    /// Shows a command line, runs it in a shell in the demo's folder, and shows its output.
    pub fn run(&self, typed: &str) -> Result<Output> {
        println!("{} {}", paint("32", "$"), paint("1", typed));
        // A single command takes the shell's place, so that stopping the one stops the other.
        let script = if typed.contains('|') { typed.to_owned() } else { format!("exec {typed}") };
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).current_dir(&self.project);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("STRONGROOM_") || text.starts_with("WEATHER_") {
                command.env_remove(&name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let output = self.finish(typed, &mut command)?;
        print!("{}", output.stdout);
        print!("{}", paint("2", &output.stderr));
        Ok(output)
    }

    fn finish(&self, typed: &str, command: &mut Command) -> Result<Output> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Stopped(child.spawn().context(|| typed.to_owned())?);
        let (sender, receiver) = mpsc::channel();
        let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
        thread::spawn({
            let stderr = thread::spawn(move || text_of(stderr));
            move || sender.send((text_of(stdout), stderr.join().unwrap_or_default()))
        });

        let deadline = Instant::now() + Duration::from_secs(COMMAND_SECS_MAX);
        let (stdout, stderr) = loop {
            match receiver.recv_timeout(Duration::from_millis(SIGNAL_CHECK_MILLIS)) {
                Ok(texts) => break texts,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new(format!("`{typed}`: its output was lost")));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Failure::new("interrupted"));
            }
            if Instant::now() > deadline {
                let limit = format!("`{typed}` was not done after {COMMAND_SECS_MAX} s");
                return Err(Failure::new(limit));
            }
        };
        let status: ExitStatus = child.0.wait().context(|| typed.to_owned())?;
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Failure::new("interrupted"));
        }
        Ok(Output { status: status.code(), stdout, stderr })
    }
}

/// The weather service of the example.
struct Service {
    url: String,
    _child: Stopped,
}

impl Service {
    /// Its first line is its URL; it ends with this process, whose end closes its stdin.
    fn start(workspace: &Workspace, example: &str, keys: &[(&str, &str)]) -> Result<Self> {
        let doing = || "starting the weather service".to_owned();
        let program = workspace.path(example).join("service.py");
        let keys = keys.iter().map(|(name, key)| format!("--key={name}={key}"));
        let child = Command::new(workspace.python())
            .arg(program)
            .args(["--port", "0", "--until-stdin-closes"])
            .args(keys)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context(doing)?;
        let mut child = Stopped(child);
        let stdout = child.0.stdout.take().ok_or_else(|| Failure::new(doing()))?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).context(doing)?;
        match url.trim() {
            "" => Err(Failure::new("the weather service ended before it had a port")),
            url => Ok(Self { url: url.to_owned(), _child: child }),
        }
    }
}

/// A child that does not outlive its owner.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        // Both fail only where the child has ended and been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text_of(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    // What came before a broken pipe is still worth showing.
    let _ = stream.map(|mut stream| stream.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text in a colour (an SGR parameter), where stdout is a terminal that wants colours.
fn paint(colour: &str, text: &str) -> String {
    let wanted = std::io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
    if wanted && !text.is_empty() {
        format!("\u{1b}[{colour}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
