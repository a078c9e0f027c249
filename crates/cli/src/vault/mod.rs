//! What programs that drive HashiCorp Vault's command need: `vault server`, `vault status`, `vault kv …` and `vault
//! operator …`, with Vault's flags of one dash, its variables and its exit codes
//! (<https://developer.hashicorp.com/vault/docs/commands>). The program speaks so when it is called as `vault`, and by
//! `strongroom vault …`.
//!
//! # Adding a command
//! A file with `Arguments` and `run`, a line in `Command` and in `perform`, a test in `tests/cli/vault.rs`.

mod api;
mod kv;
mod operator;
mod render;
mod server;
mod status;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::api::{Api, Connection};
use self::render::Format;
use crate::context::Context;
use crate::failure::Failure;

/// The name that makes the program speak as Vault's command does.
const NAME: &str = "vault";
/// The exit code of a command that the server refused, as Vault's.
const REFUSED: u8 = 2;
/// The version of Vault whose command and API this is: programs decide by it.
const VERSION: &str = concat!("Vault v1.16.0 (strongroom ", env!("CARGO_PKG_VERSION"), ")");

/// Speak as HashiCorp Vault's command does, as far as programs that drive it need
#[derive(Debug, Parser)]
#[command(name = NAME, disable_version_flag = true, max_term_width = 100, arg_required_else_help = true)]
struct CommandLine {
    #[command(flatten)]
    connection: Connection,
    /// How to write what was asked for
    #[arg(long, global = true, value_enum, env = "VAULT_FORMAT", default_value_t)]
    format: Format,
    /// Print the version
    #[arg(long, short)]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
enum Command {
    /// Print the version
    Version {},
    /// Tell whether the server is sealed: exit code 0 if not, 2 if so, 1 when it cannot be asked
    Status {},
    /// Serve
    Server(server::Arguments),
    /// Use key-value secrets
    Kv(kv::Arguments),
    /// Do an operator's work
    Operator(operator::Arguments),
}

/// Whether the program was called as `vault`.
#[must_use]
pub fn is_called(program: Option<&OsString>) -> bool {
    program.is_some_and(|program| Path::new(program).file_name().is_some_and(|name| name == NAME))
}

/// Run a command line of Vault's; the first argument is the program's name.
pub fn main(context: &Context, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::try_parse_from(with_two_dashes(arguments)) {
        Ok(line) => line,
        Err(error) => {
            let code = u8::from(error.use_stderr());
            // Nothing can be done about a closed terminal.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match perform(context, line) {
        Ok(code) => code,
        Err(failure) => failure.report(context),
    }
}

fn perform(context: &Context, line: CommandLine) -> Result<ExitCode, Failure> {
    if line.version {
        context.output.line(VERSION)?;
        return Ok(ExitCode::SUCCESS);
    }
    let api = || Api::new(&line.connection);
    match line.command {
        None | Some(Command::Version {}) => {
            context.output.line(VERSION)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Status {}) => status::run(context, &api()?, line.format),
        Some(Command::Server(arguments)) => server::run(context, arguments),
        Some(Command::Kv(arguments)) => kv::run(context, &api()?, line.format, arguments),
        Some(Command::Operator(arguments)) => operator::run(context, &api, line.format, arguments),
    }
}

/// Vault's flags have one dash: `-address=…` is `--address=…` here. What follows `--` is left as it is.
fn with_two_dashes(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut is_over = false;
    let dashed = |argument: OsString| {
        is_over |= argument == "--";
        let bytes = argument.as_encoded_bytes();
        let is_flag = bytes.len() > 2 && bytes.starts_with(b"-") && !bytes.starts_with(b"--");
        if is_over || !is_flag {
            return argument;
        }
        let mut dashed = OsString::from("-");
        dashed.push(&argument);
        dashed
    };
    arguments.into_iter().map(dashed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_one_dash_get_two() {
        let words = |text: &str| -> Vec<OsString> { text.split(' ').map(Into::into).collect() };
        assert_eq!(
            with_two_dashes(words("vault server -dev -config=a --x -h - a=-b -- -dev")),
            words("vault server --dev --config=a --x -h - a=-b -- -dev")
        );
    }

    #[test]
    fn the_definition_is_sound() {
        <CommandLine as clap::CommandFactory>::command().debug_assert();
    }
}
