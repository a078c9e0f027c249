//! `cargo xtask bench`: the benchmark suite, in release, into `BENCHMARKS.md`.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::Task;
use crate::failure::{Failure, Result};
use crate::process;
use crate::workspace::Workspace;

pub const TASK: Task =
    Task { name: "bench", about: "Measure, and write BENCHMARKS.md", arguments, run };

const PACKAGE: &str = "strongroom-bench";

fn arguments(command: Command) -> Command {
    command.arg(
        Arg::new("arguments")
            .help("Passed on to the benchmark program")
            .action(ArgAction::Append)
            .trailing_var_arg(true)
            .allow_hyphen_values(true),
    )
}

fn run(workspace: &Workspace, arguments: &ArgMatches) -> Result<()> {
    if !workspace.members.iter().any(|member| member == PACKAGE) {
        return Err(Failure::new(format!("the workspace has no package `{PACKAGE}`"))
            .hint("add \"bench\" to the members of the root Cargo.toml"));
    }
    let program = ["build", "--release", "--package", "strongroom"];
    process::run(process::cargo(workspace).args(program))?;
    let passed_on = arguments.get_many::<String>("arguments").unwrap_or_default();
    process::run(
        process::cargo(workspace)
            .args(["run", "--release", "--package", PACKAGE, "--", "--output", "BENCHMARKS.md"])
            .args(passed_on),
    )
}
