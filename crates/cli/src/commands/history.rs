use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::{Hidden, State, Version};
use strongroom_core::time::{Clock, Timestamp};
use strongroom_engine::operations::DescribeSecret;

use super::about::existing;
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// List a secret's versions, newest first, without values
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let session = Session::open(context)?;
    let path = existing(&session, &scope, &arguments.name)?;
    let secret = session.ask(&DescribeSecret { path: path.clone() })?;
    session.finish()?;
    let now = context.clock.now();
    if context.output.json {
        let versions: Vec<_> =
            secret.versions().iter().rev().map(|version| to_json(version, now)).collect();
        context.output.json(&json!({
            "path": path,
            "description": secret.description,
            "tags": secret.custom_metadata,
            "deleted": secret.is_deleted(),
            "versions": versions,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if scope.path(&arguments.name)? != path {
        context.output.note(format_args!("inherited: {path}"));
    }
    if let State::Deleted { at, purge_at } = secret.state {
        context
            .output
            .warning(format_args!("{path} was deleted {at}; it is kept until {purge_at}"));
        context.output.hint(format_args!(
            "bring it back: strongroom undelete {}",
            scope.words(&arguments.name)
        ));
    }
    let rows: Vec<_> = secret
        .versions()
        .iter()
        .rev()
        .map(|version| {
            let labels: Vec<_> = version.labels.iter().map(ToString::to_string).collect();
            [
                version.number.to_string(),
                version.created.to_string(),
                state(version, now).to_owned(),
                labels.join(" "),
            ]
        })
        .collect();
    context.output.table(["VERSION", "WRITTEN", "STATE", "LABELS"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn state(version: &Version, now: Timestamp) -> &'static str {
    match version.hidden(now) {
        Some(Hidden::Deleted) => "deleted",
        Some(Hidden::Destroyed) => "destroyed",
        Some(Hidden::Disabled) => "disabled",
        None if version.expires.is_some_and(|at| at <= now) => "expired",
        None => "readable",
    }
}

fn to_json(version: &Version, now: Timestamp) -> serde_json::Value {
    json!({
        "version": version.number.0,
        "id": version.id.to_string(),
        "written": version.created.to_string(),
        "state": state(version, now),
        "labels": version.labels.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "content_type": version.content_type,
        "tags": version.tags,
        "expires": version.expires.map(|at| at.to_string()),
    })
}
