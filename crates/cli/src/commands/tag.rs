use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::json;
use strongroom_engine::operations::{DescribeSecret, TagSecret};

use super::about::Target;
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Change what is said about a secret, or show it
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path
    name: String,
    /// Tags to set, such as owner=payments
    #[arg(value_name = "KEY=VALUE")]
    tags: Vec<String>,
    /// Tags to remove
    #[arg(long, value_name = "KEYS", value_delimiter = ',')]
    remove: Vec<String>,
    /// What the secret is for; empty to remove it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// How many versions are kept, 1 to 1000
    #[arg(long, value_name = "NUMBER")]
    keep: Option<u32>,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let metadata = changes(&arguments)?;
    let session = Session::open(context)?;
    let target = Target::find(&session, &scope, &arguments.name, "tag")?;
    let path = target.path.clone();
    let is_change =
        !metadata.is_empty() || arguments.description.is_some() || arguments.keep.is_some();
    if is_change {
        let Arguments { description, keep, remove, .. } = arguments;
        if let Some(key) =
            remove.iter().find(|key| !target.secret.custom_metadata.contains_key(*key))
        {
            return Err(Failure::new(format_args!("{path} has no tag {key:?}"))
                .hint(format_args!("see its tags: strongroom tag {}", target.words)));
        }
        let tag = TagSecret { path: path.clone(), metadata, description, versions_max: keep };
        target.ask(&session, &tag)?;
        context.output.done(format_args!("changed {path}"));
    }
    let secret = session.ask(&DescribeSecret { path: path.clone() })?;
    session.finish()?;
    let keep = Some(secret.limits.versions_max).filter(|count| *count > 0);
    if context.output.json {
        context.output.json(&json!({
            "path": path,
            "description": secret.description,
            "tags": secret.custom_metadata,
            "keep": keep,
        }))?;
    } else if !is_change {
        if let Some(description) = &secret.description {
            context.output.line(description)?;
        }
        let rows: Vec<_> =
            secret.custom_metadata.into_iter().map(|(key, value)| [key, value]).collect();
        context.output.table(["TAG", "VALUE"], &rows)?;
        match keep {
            Some(count) => context.output.note(format_args!("keeps {count} versions")),
            None => context.output.note("keeps as many versions as its mount says"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn changes(arguments: &Arguments) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let mut changes = BTreeMap::new();
    for tag in &arguments.tags {
        let pair = tag.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = pair.ok_or_else(|| {
            Failure::usage("a tag is written KEY=VALUE, and one of these is not")
                .hint("a secret's value is set with: strongroom set NAME")
        })?;
        changes.insert(key.to_owned(), Some(value.to_owned()));
    }
    for key in &arguments.remove {
        if changes.insert(key.clone(), None).flatten().is_some() {
            return Err(Failure::usage("a tag is both set and removed"));
        }
    }
    Ok(changes)
}
