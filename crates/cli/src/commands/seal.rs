use std::process::ExitCode;

use strongroom_wire as wire;

use crate::context::Context;
use crate::failure::Failure;
use crate::session::server;

/// Have a server forget its keys: nothing can be asked of it until it is opened again
///
/// Needs a token that may `update` with `sudo` on `sys/seal`. A store of this machine is sealed whenever no command runs.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub(super) fn run(context: &Context, _arguments: Arguments) -> Result<ExitCode, Failure> {
    let client = server("sealed")?;
    let wire::Done {} = client.call(&wire::SealStore {}).map_err(crate::session::refused)?;
    context.output.done("the server is sealed");
    context.output.hint("open it again: strongroom unseal");
    Ok(ExitCode::SUCCESS)
}
