//! The development tasks: `cargo xtask test`, `tidy`, `demo` and the rest.
//!
//! Nothing here is part of Strongroom's artefacts, and no crate depends on this one.
//! A task is one file in `commands/` and one line in [`commands::COMMANDS`]; a check of `tidy` is one
//! file in `tidy/` and one line in [`tidy::CHECKS`].
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the developer who started it"
)]

use std::process::ExitCode;

mod commands;
mod failure;
mod node;
mod process;
mod python;
mod repository;
mod stage;
mod tidy;
mod workspace;

use failure::Result;
use workspace::Workspace;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments = commands::parser().get_matches();
    let workspace = Workspace::load()?;
    commands::dispatch(&workspace, &arguments)
}
