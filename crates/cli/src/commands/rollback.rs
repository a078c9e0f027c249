use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::{AWSPREVIOUS, Label, Selector, VersionNumber};
use strongroom_engine::operations::RollbackSecret;

use super::about::Target;
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Make an earlier value current again, as a new version
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// The version whose value to take; the one before the current version unless said
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    to: Option<u64>,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let to = match arguments.to {
        Some(number) => Selector::Number(VersionNumber(number)),
        None => Selector::Label(Label::new(AWSPREVIOUS).map_err(Failure::new)?),
    };
    let session = Session::open(context)?;
    let target = Target::find(&session, &scope, &arguments.name, "rollback")?;
    let path = target.path;
    let (from, version) =
        session.ask(&RollbackSecret { path: path.clone(), to }).map_err(|error| {
            let history = format!("see its versions: strongroom history {}", target.words);
            Failure::about(error, &target.words).hint(history)
        })?;
    if context.output.json {
        context.output.json(&json!({ "path": path, "version": version.0, "value_of": from.0 }))?;
    } else {
        context
            .output
            .done(format_args!("{path}: version {version} has the value of version {from}"));
    }
    Ok(ExitCode::SUCCESS)
}
