use std::ffi::OsString;
use std::process::ExitCode;

use crate::context::Context;
use crate::failure::Failure;
use crate::vault;

/// Speak as HashiCorp Vault's command does, for programs that drive it
///
/// As the program does by itself when it is called by the name `vault`: version, server, status, kv get|put|list|delete,
/// operator init|unseal|seal|rekey|generate-root, with Vault's flags, variables and exit codes.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Arguments {
    /// What Vault's command is called with
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let name = [OsString::from("vault")];
    Ok(vault::main(context, name.into_iter().chain(arguments.arguments)))
}
