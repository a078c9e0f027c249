//! A home, a project folder, and the real binary run in them with nothing of the caller's environment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::served::Server;

/// Somewhere to use the program as a user does, with a store of its own.
pub type Place = At<Store>;

/// The same with a server, which the program is told of by its environment.
pub type ServedPlace = At<Server>;

/// Somewhere to use the program as a user does, with what `B` keeps secrets in.
pub struct At<B> {
    pub backend: B,
    directory: TempDir,
}

/// What keeps a place's secrets.
pub trait Backend {
    /// Get it ready, in a folder of its own.
    fn start(folder: &Path) -> Self;

    /// Tell a program of it.
    fn tell(&self, command: &mut Command);
}

/// The store in the place's home.
pub struct Store;

impl Backend for Store {
    fn start(_: &Path) -> Self {
        Self
    }

    fn tell(&self, _: &mut Command) {}
}

/// What a command did.
pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl<B: Backend> At<B> {
    /// A home without a store, and an empty project folder.
    pub fn empty() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let place = Self { backend: B::start(directory.path()), directory };
        std::fs::create_dir(place.folder()).expect("a folder");
        place
    }

    /// A store, and the project `app` with these secrets in dev.
    pub fn with(secrets: &[(&str, &str)]) -> Self {
        let place = Self::empty();
        place.ok(&["init", "--project", "app"]);
        for (name, value) in secrets {
            place.ok_with_input(&["set", name, "-"], value);
        }
        place
    }

    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    pub fn folder(&self) -> PathBuf {
        self.directory.path().join("app")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("the file is written");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("the file is read")
    }

    pub fn command(&self) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_strongroom"))
    }

    /// Another program in the same place.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("a PATH"))
            .env("HOME", self.directory.path())
            .env("USER", "tester")
            .env("STRONGROOM_HOME", self.home())
            .current_dir(self.folder())
            .stdin(Stdio::null());
        self.backend.tell(&mut command);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        Done::of(self.command().args(arguments).output().expect("the program runs"))
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Done {
        run_with_input(self.command().args(arguments), input)
    }

    /// Run a command that must end with 0.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Done {
        self.run(arguments).expect_code(0)
    }

    #[track_caller]
    pub fn ok_with_input(&self, arguments: &[&str], input: &str) -> Done {
        self.run_with_input(arguments, input.as_bytes()).expect_code(0)
    }

    /// Run a command that must end with 1 and say this.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str], says: &str) -> Done {
        self.run(arguments).expect_code(1).expect_err(says)
    }

    /// Every file of the home, with its bytes.
    pub fn home_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.home(), &mut files);
        files
    }

    /// Every file of the place, a server's audit log and log included, with its bytes.
    pub fn all_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.directory.path(), &mut files);
        files
    }

    /// Every file of the project folder, with its bytes.
    pub fn folder_files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.folder(), &mut files);
        files
    }
}

impl Done {
    pub fn of(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let code = output.status.code();
        let code = code.or(output.status.signal().map(|signal| 128 + signal)).expect("it ended");
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Self { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn expect_err(self, says: &str) -> Self {
        assert!(self.err.contains(says), "{says:?} is not in: {}", self.err);
        self
    }

    #[track_caller]
    pub fn expect_out(self, says: &str) -> Self {
        assert!(self.out.contains(says), "{says:?} is not in: {}", self.out);
        self
    }
}

pub fn run_with_input(command: &mut Command, input: &[u8]) -> Done {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that does not read its input may have ended already.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    Done::of(child.wait_with_output().expect("the program ends"))
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("the folder is read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let bytes = std::fs::read(&path).expect("the file is read");
            files.push((path, bytes));
        }
    }
}
