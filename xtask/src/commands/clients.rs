//! `cargo xtask clients`: the tests that drive the server with unmodified client libraries.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Task, setup};
use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::{node, process};

pub const TASK: Task =
    Task { name: "clients", about: "Run the tests with client libraries", arguments, run };

/// Where the tests are.
const FOLDER: &str = "clients/vault";
/// Tells the tests the program that they start.
const PROGRAM_VARIABLE: &str = "STRONGROOM_BINARY";
/// Tells the tests where the packages of npm are.
const MODULES_VARIABLE: &str = "STRONGROOM_TEST_NODE_MODULES";

fn arguments(command: Command) -> Command {
    command.arg(
        Arg::new("pytest")
            .help("What pytest is told, such as `test_kv2.py` or `-k transit`")
            .action(ArgAction::Append)
            .allow_hyphen_values(true)
            .trailing_var_arg(true),
    )
}

fn run(workspace: &Workspace, arguments: &ArgMatches) -> Result<()> {
    let told = arguments.get_many::<String>("pytest").unwrap_or_default().collect::<Vec<_>>();
    setup::ensure(workspace)?;
    match drive(workspace, &["--package", "strongroom"], &told, |_| {})? {
        true => Ok(()),
        false => Err(Failure::new("not every test passed")),
    }
}

/// Builds what `selected` selects and runs the tests. `line` sees their output; answers whether all passed.
pub fn drive(
    workspace: &Workspace,
    selected: &[&str],
    told: &[&String],
    line: impl FnMut(&str),
) -> Result<bool> {
    process::run(process::cargo(workspace).args(["build", "--quiet"]).args(selected))?;
    let mut pytest = std::process::Command::new(workspace.python());
    pytest
        .current_dir(workspace.path(FOLDER))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env(PROGRAM_VARIABLE, workspace.target.join("debug").join("strongroom"))
        .env(MODULES_VARIABLE, node::modules(workspace))
        .args(["-m", "pytest", "--quiet"])
        .args(told);
    process::run_watched(&mut pytest, line)
}
