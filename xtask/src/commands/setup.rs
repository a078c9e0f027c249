//! `cargo xtask setup`: what the tests and the demo need beside Rust and Python.

use std::process::Command;

use clap::ArgMatches;

use super::Task;
use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::{node, process, python};

pub const TASK: Task = Task {
    name: "setup",
    about: "Install what the tests need, where it is missing",
    arguments: |command| command,
    run: |workspace, _: &ArgMatches| ensure(workspace),
};

/// Something of the system that a test needs.
struct Tool {
    /// The Debian package that brings it.
    package: &'static str,
    is_there: fn() -> bool,
    needed_by: &'static str,
}

/// What the demo needs as well.
const PYTHON: Tool = Tool {
    package: "python3-venv",
    is_there: python::can_make_environments,
    needed_by: "the virtual environment of the client libraries",
};

/// Everything of the system that the tests need.
const TOOLS: &[Tool] = &[
    PYTHON,
    Tool {
        package: "strace",
        is_there: || process::is_installed("strace"),
        needed_by: "the test that counts the fdatasync calls of a commit",
    },
    Tool {
        package: "nodejs",
        is_there: || process::is_installed("node"),
        needed_by: "the tests with client libraries of JavaScript",
    },
    Tool {
        package: "npm",
        is_there: || process::is_installed("npm"),
        needed_by: "the packages of the tests with client libraries of JavaScript",
    },
];

/// Installs what is missing for the tests; quick where nothing is.
pub fn ensure(workspace: &Workspace) -> Result<()> {
    ensure_tools(TOOLS)?;
    python::ensure_environment(workspace)?;
    python::ensure_old_environment(workspace)?;
    node::ensure_modules(workspace)
}

/// Installs what is missing for the demo.
pub fn ensure_python(workspace: &Workspace) -> Result<()> {
    ensure_tools(&[PYTHON])?;
    python::ensure_environment(workspace)
}

fn ensure_tools(tools: &[Tool]) -> Result<()> {
    let missing = missing_of(tools);
    if !missing.is_empty() && is_root() && process::is_installed("apt-get") {
        install(&packages(&missing))?;
    }
    let missing = missing_of(tools);
    if missing.is_empty() {
        return Ok(());
    }
    let needs = missing.iter().map(|tool| format!("{} ({})", tool.package, tool.needed_by));
    let needs = needs.collect::<Vec<_>>().join(", ");
    Err(Failure::new(format!("missing: {needs}"))
        .hint(format!("sudo apt-get install {}", packages(&missing).join(" "))))
}

fn missing_of(tools: &[Tool]) -> Vec<&Tool> {
    tools.iter().filter(|tool| !(tool.is_there)()).collect()
}

fn packages(tools: &[&Tool]) -> Vec<&'static str> {
    tools.iter().map(|tool| tool.package).collect()
}

/// Installs Debian packages; the package lists are only fetched where the ones there do not serve.
fn install(packages: &[&str]) -> Result<()> {
    let install = || {
        process::run(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(["install", "--yes", "--no-install-recommends"])
                .args(packages),
        )
    };
    install().or_else(|_| {
        process::run(Command::new("apt-get").arg("update"))?;
        install()
    })
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
