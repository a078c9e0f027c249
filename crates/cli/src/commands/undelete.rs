use std::process::ExitCode;

use strongroom_core::model::Hidden;
use strongroom_core::time::Clock;
use strongroom_engine::operations::{DescribeSecret, RestoreSecret, UndeleteVersions};

use super::about::{existing, numbers};
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Bring a deleted secret back whole, or deleted versions of it
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// Only these versions; all deleted ones unless said
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    versions: Vec<u64>,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let session = Session::open(context)?;
    let path = existing(&session, &scope, &arguments.name)?;
    let secret = session.ask(&DescribeSecret { path: path.clone() })?;
    if secret.is_deleted() {
        session.ask(&RestoreSecret { path: path.clone() })?;
        context.output.done(format_args!("{path} is back"));
        if arguments.versions.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
    }
    let now = context.clock.now();
    let deleted = secret
        .versions()
        .iter()
        .filter(|version| version.hidden(now) == Some(Hidden::Deleted))
        .map(|version| version.number);
    let numbers = match arguments.versions.as_slice() {
        [] => deleted.collect(),
        versions => numbers(versions),
    };
    if numbers.is_empty() {
        context.output.note(format_args!("nothing of {path} is deleted"));
        return Ok(ExitCode::SUCCESS);
    }
    session.ask(&UndeleteVersions { path: path.clone(), numbers })?;
    context.output.done(format_args!("versions of {path} are back"));
    Ok(ExitCode::SUCCESS)
}
