//! The `strongroom` command line, and the composition root: the one place that knows concrete backends.
//!
//! [`commands`] has a file for each command. A command gets a [`context::Context`], which knows where the store is
//! and how to talk to the user, opens a [`session::Session`] when it needs secrets, and returns
//! `Result<ExitCode, Failure>`. Values go to the standard output, everything else to the standard error output.
//!
//! # Adding a command
//! A file in [`commands`] with `Arguments` and `run`, a line in its registry, a test under `tests/cli`.

pub mod aws;
pub mod commands;
pub mod context;
pub mod failure;
pub mod formats;
pub mod git;
pub mod home;
pub mod output;
pub mod process;
pub mod project;
pub mod prompt;
pub mod resolve;
pub mod scope;
pub mod seals;
pub mod session;
pub mod store;
pub mod system;
pub mod unseal;
pub mod vault;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::context::{Context, GlobalArguments};

/// Keep the secrets of Python applications: out of the source, encrypted, versioned, audited.
#[derive(Debug, Parser)]
#[command(name = "strongroom", version, max_term_width = 100, arg_required_else_help = true)]
struct CommandLine {
    #[command(flatten)]
    global: GlobalArguments,
    #[command(subcommand)]
    command: commands::Command,
}

/// Run the command line. Exit codes: 0 done, 1 refused or failed, 2 used wrongly; `run` ends with the program's own.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    system::harden();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if vault::is_called(arguments.first()) {
        return vault::main(&Context::new(GlobalArguments::default()), arguments);
    }
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Nothing can be done about a closed terminal.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let context = Context::new(line.global);
    match line.command.run(&context) {
        Ok(code) => code,
        Err(failure) => failure.report(&context),
    }
}

/// The command line's definition, for completions.
#[must_use]
pub fn definition() -> clap::Command {
    <CommandLine as clap::CommandFactory>::command()
}
