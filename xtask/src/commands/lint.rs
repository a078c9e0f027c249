//! `cargo xtask lint`: what needs no test to be wrong.

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Task, tidy};
use crate::failure::{Failure, Result};
use crate::process;
use crate::workspace::Workspace;

pub const TASK: Task =
    Task { name: "lint", about: "Check formatting, tidy, clippy and docs", arguments, run };

/// One step, the quickest first.
struct Step {
    /// The rustup component without which the step cannot run.
    component: Option<&'static str>,
    run: fn(&Workspace) -> Result<()>,
}

const STEPS: &[Step] = &[
    Step { component: Some("fmt"), run: formatting },
    Step { component: None, run: |workspace| tidy::check(workspace, &[]) },
    Step { component: Some("clippy"), run: clippy },
    Step { component: None, run: docs },
];

fn arguments(command: Command) -> Command {
    command.arg(
        Arg::new("where-installed")
            .long("where-installed")
            .help("Leave out, and say so, a step whose rustup component is not installed")
            .action(ArgAction::SetTrue),
    )
}

fn run(workspace: &Workspace, arguments: &ArgMatches) -> Result<()> {
    let where_installed = arguments.get_flag("where-installed");
    let mut left_out = Vec::new();
    for step in STEPS {
        match step.component {
            Some(component) if !is_there(workspace, component) => {
                if !where_installed {
                    return Err(Failure::new(format!("cargo {component} is not installed"))
                        .hint("rustup component add rustfmt clippy"));
                }
                left_out.push(component);
            }
            _ => (step.run)(workspace)?,
        }
    }
    match left_out.as_slice() {
        [] => println!("lint: in order"),
        left_out => {
            println!("lint: in order, but NOT CHECKED, for want of: {}", left_out.join(", "))
        }
    }
    Ok(())
}

fn is_there(workspace: &Workspace, component: &str) -> bool {
    process::succeeds(process::cargo(workspace).args([component, "--version"]))
}

fn formatting(workspace: &Workspace) -> Result<()> {
    process::run(process::cargo(workspace).args(["fmt", "--all", "--check"]))
        .map_err(|failure| failure.hint("cargo fmt --all"))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    process::run(process::cargo(workspace).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn docs(workspace: &Workspace) -> Result<()> {
    process::run(process::cargo(workspace).env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--no-deps",
        "--workspace",
    ]))
}
