use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::State;
use strongroom_engine::operations::{LISTED_MAX, ListSecrets, Listed};

use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// List secrets, without values
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A folder such as secret/app/, instead of the project's environment
    folder: Option<String>,
    /// Everything below, at any depth
    #[arg(long, short)]
    recursive: bool,
    /// Deleted secrets as well
    #[arg(long)]
    deleted: bool,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let prefix = match &arguments.folder {
        Some(folder) => format!("{}/", folder.trim_end_matches('/')),
        None => Scope::locate(&arguments.scope)?.prefix(),
    };
    let session = Session::open(context)?;
    let mut list = ListSecrets {
        prefix: prefix.clone(),
        recursive: arguments.recursive,
        deleted: arguments.deleted,
        after: None,
        limit: LISTED_MAX,
    };
    let mut entries = Vec::new();
    loop {
        let page = session.ask(&list)?;
        entries.extend(page.entries);
        match page.next {
            Some(next) => list.after = Some(next),
            None => break,
        }
    }
    session.finish()?;
    if context.output.json {
        let entries: Vec<_> = entries.iter().map(to_json).collect();
        context.output.json(&entries)?;
    } else if entries.is_empty() {
        context.output.note(format_args!("there is nothing in {prefix}"));
    } else {
        let rows: Vec<_> = entries.iter().map(|entry| row(&prefix, entry)).collect();
        context.output.table(["NAME", "VERSION", "UPDATED", ""], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(prefix: &str, entry: &Listed) -> [String; 4] {
    match entry {
        Listed::Folder(folder) => [
            folder.strip_prefix(prefix).unwrap_or(folder).to_owned(),
            String::new(),
            String::new(),
            String::new(),
        ],
        Listed::Secret { path, current, updated, state } => [
            path.strip_prefix(prefix).unwrap_or(path).to_owned(),
            current.map(|number| number.to_string()).unwrap_or_default(),
            updated.to_string(),
            if *state == State::Live { String::new() } else { "deleted".to_owned() },
        ],
    }
}

fn to_json(entry: &Listed) -> serde_json::Value {
    match entry {
        Listed::Folder(path) => json!({ "folder": path }),
        Listed::Secret { path, current, updated, state } => json!({
            "path": path,
            "version": current,
            "updated": updated.to_string(),
            "deleted": *state != State::Live,
        }),
    }
}
