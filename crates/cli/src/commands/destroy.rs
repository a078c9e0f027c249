use std::process::ExitCode;

use strongroom_engine::operations::{DestroyVersions, PurgeSecret};

use super::about::{confirmed, existing, numbers};
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Erase versions of a secret, or all of it, for good
#[derive(Debug, clap::Args)]
#[group(id = "what", required = true, multiple = false, args = ["versions", "all"])]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// These versions
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    versions: Vec<u64>,
    /// The secret with all its versions
    #[arg(long)]
    all: bool,
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
    if arguments.all {
        confirmed(arguments.yes, &format!("Erase {path} with all its versions for good?"))?;
        while !session.ask(&PurgeSecret { path: path.clone() })? {}
        context.output.done(format_args!("erased {path}"));
        return Ok(ExitCode::SUCCESS);
    }
    let numbers = numbers(&arguments.versions);
    let listed: Vec<_> = numbers.iter().map(ToString::to_string).collect();
    confirmed(arguments.yes, &format!("Erase versions {} of {path} for good?", listed.join(", ")))?;
    let erased = session.ask(&DestroyVersions { path: path.clone(), numbers })?;
    context.output.done(format_args!("erased {} versions of {path}", erased.len()));
    Ok(ExitCode::SUCCESS)
}
