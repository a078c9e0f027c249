use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::{Hidden, Version, VersionNumber};
use strongroom_core::time::Clock;
use strongroom_engine::operations::{RestoreSecret, UndeleteVersions};

use super::about::{Target, joined, json_numbers, numbers};
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Bring a deleted secret back whole, or deleted versions of it
///
/// Versions that were deleted one by one stay deleted when the whole secret comes back; a second `undelete` brings
/// them back.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// Only these versions; all deleted ones unless said
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    versions: Vec<u64>,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let session = Session::open(context)?;
    let target = Target::find(&session, &scope, &arguments.name, "undelete")?;
    let path = target.path.clone();
    let numbers = wanted(context, &target, &arguments.versions)?;
    if target.secret.is_deleted() {
        target.ask(&session, &RestoreSecret { path: path.clone() })?;
        if arguments.versions.is_empty() {
            if context.output.json {
                context.output.json(&json!({ "path": path, "undeleted": "all" }))?;
            } else {
                context.output.done(format_args!("{path} is back"));
            }
            return Ok(ExitCode::SUCCESS);
        }
    }
    let (list, listed) = (joined(&numbers), json_numbers(&numbers));
    if !numbers.is_empty() {
        target.ask(&session, &UndeleteVersions { path: path.clone(), numbers })?;
    }
    if context.output.json {
        context.output.json(&json!({ "path": path, "undeleted": listed }))?;
    } else if listed.is_empty() {
        context.output.note(format_args!("nothing of {path} is deleted"));
    } else {
        context.output.done(format_args!("version {list} of {path} is back"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The versions to bring back: those that are named, which must be deleted, or all that are deleted.
fn wanted(
    context: &Context,
    target: &Target,
    named: &[u64],
) -> Result<Vec<VersionNumber>, Failure> {
    let now = context.clock.now();
    let is_deleted = |version: &Version| version.hidden(now) == Some(Hidden::Deleted);
    let named = target.versions(named)?;
    if named.is_empty() {
        let deleted = target.secret.versions().iter().filter(|version| is_deleted(version));
        return Ok(deleted.map(|version| version.number).collect());
    }
    if let Some(version) = named.iter().find(|version| !is_deleted(version)) {
        let state = if version.destroyed { "destroyed" } else { "not deleted" };
        let message = format!("version {} is {state}; nothing was brought back", version.number);
        return Err(Failure::new(message).hint(target.history()));
    }
    Ok(numbers(&named))
}
