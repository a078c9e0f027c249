use std::process::ExitCode;

use serde_json::json;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::{DeleteSecret, DeleteVersions, RECOVERY_SECS_DEFAULT};

use super::about::{Target, confirmed, joined, json_numbers, numbers};
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Hide a secret, or some of its versions
///
/// Nothing is erased: `undelete` brings it back, `destroy` erases it. Asks first when the whole secret is deleted.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// Only these versions
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
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
    let target = Target::find(&session, &scope, &arguments.name, "delete")?;
    let path = target.path.clone();
    let undelete = format!("bring it back: strongroom undelete {}", target.words);
    if arguments.versions.is_empty() {
        confirmed(arguments.yes, &format!("Delete {path}?"))?;
        let recovery = Seconds(arguments.recovery_days.saturating_mul(86_400));
        let until = target.ask(&session, &DeleteSecret { path: path.clone(), recovery })?;
        if context.output.json {
            context.output.json(&json!({ "path": path, "kept_until": until.to_string() }))?;
            return Ok(ExitCode::SUCCESS);
        }
        context.output.done(format_args!("deleted {path}; it is kept until {until}"));
        context.output.hint(undelete);
    } else {
        let numbers = numbers(&target.versions(&arguments.versions)?);
        let (list, listed) = (joined(&numbers), json_numbers(&numbers));
        target.ask(&session, &DeleteVersions { path: path.clone(), numbers })?;
        if context.output.json {
            context.output.json(&json!({ "path": path, "deleted": listed }))?;
            return Ok(ExitCode::SUCCESS);
        }
        context.output.done(format_args!("deleted version {list} of {path}"));
        context.output.hint(format_args!("{undelete} --versions {list}"));
    }
    Ok(ExitCode::SUCCESS)
}
