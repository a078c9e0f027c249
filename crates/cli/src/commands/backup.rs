use std::path::PathBuf;
use std::process::ExitCode;

use strongroom_engine::operations::{StoreTask, WholeStore};

use crate::context::Context;
use crate::failure::Failure;
use crate::session::Local;

/// Copy the store, encrypted as it is, while it is in use
///
/// The copy needs the store's key to be opened, and the key is not in it. The audit log is not in it either.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the copy goes
    file: PathBuf,
    /// Replace the file
    #[arg(long)]
    force: bool,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let session = Local::open(context)?;
    let place = arguments.file.display().to_string();
    session.ask(&WholeStore { task: StoreTask::Backup, place })?;
    session.finish()?;
    session.database.backup_to(&arguments.file, arguments.force).map_err(|error| {
        let failure = Failure::new(format_args!("no backup was made: {error}"));
        if arguments.file.exists() && !arguments.force {
            return failure.hint("replace the file with --force");
        }
        failure
    })?;
    context.output.done(format_args!("copied the store to {}", arguments.file.display()));
    context.output.note("the key is not in the copy: keep a copy of it somewhere else");
    Ok(ExitCode::SUCCESS)
}
