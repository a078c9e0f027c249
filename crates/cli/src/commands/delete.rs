use std::process::ExitCode;

use strongroom_core::time::Seconds;
use strongroom_engine::operations::{DeleteSecret, DeleteVersions, RECOVERY_SECS_DEFAULT};

use super::about::{confirmed, existing, numbers};
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Hide a secret, or some of its versions; `undelete` brings them back
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// Only these versions
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    versions: Vec<u64>,
    /// How many days the secret can be brought back at least, up to 90
    #[arg(long, value_name = "DAYS", default_value_t = RECOVERY_SECS_DEFAULT / 86_400, conflicts_with = "versions")]
    recovery_days: u64,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let session = Session::open(context)?;
    let path = existing(&session, &scope, &arguments.name)?;
    if arguments.versions.is_empty() {
        confirmed(arguments.yes, &format!("Delete {path}?"))?;
        let recovery = Seconds(arguments.recovery_days.saturating_mul(86_400));
        let purge_at = session.ask(&DeleteSecret { path: path.clone(), recovery })?;
        context.output.done(format_args!("deleted {path}; it is kept until {purge_at}"));
    } else {
        let numbers = numbers(&arguments.versions);
        session.ask(&DeleteVersions { path: path.clone(), numbers })?;
        context.output.done(format_args!("deleted versions of {path}"));
    }
    context.output.hint(format_args!("bring it back: strongroom undelete {}", arguments.name));
    Ok(ExitCode::SUCCESS)
}
