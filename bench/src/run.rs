//! What `strongroom run` adds to starting a program.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use crate::Arguments;
use crate::report::{Figure, Target};
use crate::setting::median;

/// A project with a secret in a store of its own.
pub struct Project {
    directory: TempDir,
}

impl Project {
    pub fn new(program: &Path) -> Self {
        let project = Self { directory: TempDir::new().expect("a folder") };
        std::fs::write(
            project.directory.path().join(".env"),
            "API_KEY=value-of-a-key-0123456789\n",
        )
        .expect("is written");
        let status = project.command(program, &["init", "--yes", "--quiet"]).status();
        assert!(status.expect("the program runs").success(), "init failed");
        project
    }

    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let program =
            std::fs::canonicalize(program).expect("build it: cargo build --release -p strongroom");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("STRONGROOM_HOME", self.directory.path().join("home"))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let rounds = if arguments.quick { 5 } else { 300 };
    let project = Project::new(&arguments.program);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let run = ["run", "--only", "API_KEY", "--", "true"];
    for _ in 0..rounds {
        without.push(millis(Command::new("env").args(["API_KEY=value", "true"])));
        with.push(millis(&mut project.command(&arguments.program, &run)));
    }
    let (with, without) = (median(with), median(without));
    vec![
        Figure::new(
            "`strongroom run --only API_KEY -- true`, added to `env API_KEY=value true`",
            with - without,
            "ms",
        )
        .beside("`env API_KEY=value true`", without, "ms")
        .target(Target::AtMost(3.0)),
    ]
}

fn millis(command: &mut Command) -> f64 {
    let started = Instant::now();
    assert!(command.status().expect("it runs").success(), "{command:?}");
    started.elapsed().as_secs_f64() * 1e3
}
