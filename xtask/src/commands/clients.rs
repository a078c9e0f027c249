//! `cargo xtask clients`: the tests that drive the server with unmodified client libraries.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Task, setup};
use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use crate::{node, process};

pub const TASK: Task =
    Task { name: "clients", about: "Run the tests with client libraries", arguments, run };

/// Where the suites are, a folder for each vendor.
const FOLDER: &str = "clients";
/// The suites, by the names of their folders.
const SUITES: &[&str] = &["vault", "aws"];
/// Tells the tests the program that they start.
const PROGRAM_VARIABLE: &str = "STRONGROOM_BINARY";
/// Tells the tests the interpreter that has an old release of a client library.
const OLD_PYTHON_VARIABLE: &str = "STRONGROOM_TEST_OLD_PYTHON";
/// Tells the tests where the packages of npm are.
const MODULES_VARIABLE: &str = "STRONGROOM_TEST_NODE_MODULES";

fn arguments(command: Command) -> Command {
    command.arg(
        Arg::new("pytest")
            .help("A suite, `vault` or `aws`, and what pytest is told, such as `test_kv2.py`")
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
    mut line: impl FnMut(&str),
) -> Result<bool> {
    process::run(process::cargo(workspace).args(["build", "--quiet"]).args(selected))?;
    let (suites, told) = suites(workspace, told);
    let mut all_passed = true;
    for suite in suites {
        let mut pytest = std::process::Command::new(workspace.python());
        pytest
            .current_dir(workspace.path(FOLDER).join(suite))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env(PROGRAM_VARIABLE, workspace.target.join("debug").join("strongroom"))
            .env(OLD_PYTHON_VARIABLE, workspace.old_python())
            .env(MODULES_VARIABLE, node::modules(workspace))
            .args(["-m", "pytest", "--quiet"])
            .args(&told);
        all_passed &= process::run_watched(&mut pytest, &mut line)?;
    }
    Ok(all_passed)
}

/// The suites that are meant, and what is left for pytest: the suite that is named, or has the file that is named, or
/// all.
fn suites<'t>(workspace: &Workspace, told: &[&'t String]) -> (Vec<&'static str>, Vec<&'t String>) {
    let named = |suite: &&&str| told.first().is_some_and(|first| *first == **suite);
    if let Some(suite) = SUITES.iter().find(named) {
        return (vec![suite], told.iter().skip(1).copied().collect());
    }
    let file = told.iter().find_map(|word| Some(word.split_once(".py")?.0));
    let has_file = |suite: &&str| {
        let file = file.map(|stem| workspace.path(FOLDER).join(suite).join(format!("{stem}.py")));
        file.is_none_or(|file| file.exists())
    };
    (SUITES.iter().copied().filter(has_file).collect(), told.to_vec())
}
