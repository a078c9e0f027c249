use std::process::ExitCode;

use serde_json::json;
use strongroom_engine::operations::{DestroyVersions, PurgeSecret, VERSIONS_PER_REQUEST_MAX};

use super::about::{Target, confirmed, joined, json_numbers, numbers};
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Erase versions of a secret, or all of it, for good
///
/// What is erased cannot be brought back; a backup still holds it. Asks first, and without a terminal to ask on needs
/// --yes.
#[derive(Debug, clap::Args)]
#[group(id = "what", required = true, multiple = false, args = ["versions", "all"])]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// These versions
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
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
    let target = Target::find(&session, &scope, &arguments.name, "destroy")?;
    let path = target.path.clone();
    if arguments.all {
        confirmed(arguments.yes, &format!("Erase {path} with all its versions for good?"))?;
        while !target.ask(&session, &PurgeSecret { path: path.clone() })? {}
        if context.output.json {
            context.output.json(&json!({ "path": path, "destroyed": "all" }))?;
        } else {
            context.output.done(format_args!("erased {path}"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let numbers = numbers(&target.versions(&arguments.versions)?);
    let list = joined(&numbers);
    confirmed(arguments.yes, &format!("Erase version {list} of {path} for good?"))?;
    for numbers in numbers.chunks(VERSIONS_PER_REQUEST_MAX) {
        let numbers = numbers.to_vec();
        target.ask(&session, &DestroyVersions { path: path.clone(), numbers })?;
    }
    if context.output.json {
        context.output.json(&json!({ "path": path, "destroyed": json_numbers(&numbers) }))?;
    } else {
        context.output.done(format_args!("erased version {list} of {path}"));
    }
    Ok(ExitCode::SUCCESS)
}
