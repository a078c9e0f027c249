use std::process::ExitCode;

use clap_complete::Shell;

use crate::context::Context;
use crate::failure::Failure;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    let mut definition = crate::definition();
    clap_complete::generate(arguments.shell, &mut definition, "strongroom", &mut script);
    context.output.data(&script)?;
    Ok(ExitCode::SUCCESS)
}
