use std::process::ExitCode;

use strongroom_engine::audit::Reader;

use super::print;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::refuse_server;

/// Print the latest records, oldest first
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How many
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 20)]
    lines: usize,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Failure> {
    refuse_server()?;
    let reader = Reader::open(&context.home.audit()).map_err(super::query::unreadable)?;
    let entries = reader.tail(arguments.lines).map_err(super::query::unreadable)?;
    for entry in entries {
        print(context, &entry.map_err(super::query::unreadable)?)?;
    }
    Ok(ExitCode::SUCCESS)
}
