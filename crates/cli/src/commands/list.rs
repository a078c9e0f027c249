use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::State;
use strongroom_core::usage::Usage;
use strongroom_engine::operations::{LISTED_MAX, ListSecrets, Listed};
use strongroom_wire as wire;

use super::usage::usage_below;
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
    /// With the time of the last read and the number of reads
    #[arg(long, short)]
    long: bool,
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
    let used = if arguments.long { Some(used_below(&session, &prefix)?) } else { None };
    session.finish()?;
    if context.output.json {
        let entries: Vec<_> = entries.iter().map(|entry| to_json(entry, used.as_ref())).collect();
        context.output.json(&entries)?;
    } else if entries.is_empty() {
        context.output.note(format_args!("there is nothing in {prefix}"));
    } else {
        let rows = entries.iter().map(|entry| (entry, row(&prefix, entry)));
        match &used {
            None => {
                let rows: Vec<_> = rows.map(|(_, row)| row).collect();
                context.output.table(["NAME", "VERSION", "UPDATED", ""], &rows)?;
            }
            Some(used) => {
                let rows: Vec<_> = rows.map(|(entry, row)| long(entry, row, used)).collect();
                let titles = ["NAME", "VERSION", "UPDATED", "", "LAST READ", "READS"];
                context.output.table(titles, &rows)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The usage of secrets by their paths.
type Used = BTreeMap<String, Option<Usage>>;

fn used_below(session: &Session, prefix: &str) -> Result<Used, Failure> {
    let entries = usage_below(session, prefix, None)?;
    Ok(entries.into_iter().map(|entry| (entry.path, entry.usage)).collect())
}

fn long(entry: &Listed, row: [String; 4], used: &Used) -> [String; 6] {
    let [name, version, updated, state] = row;
    let (last, total) = match entry {
        Listed::Folder(_) => (String::new(), String::new()),
        Listed::Secret { path, .. } => match used.get(path) {
            // One that is deleted, or of which nothing is told.
            None => (String::new(), String::new()),
            Some(None) => ("never".to_owned(), "0".to_owned()),
            Some(Some(usage)) => (usage.last.to_string(), usage.total.to_string()),
        },
    };
    [name, version, updated, state, last, total]
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

fn to_json(entry: &Listed, used: Option<&Used>) -> serde_json::Value {
    match entry {
        Listed::Folder(path) => json!({ "folder": path }),
        Listed::Secret { path, current, updated, state } => {
            let mut shown = json!({
                "path": path,
                "version": current,
                "updated": updated.to_string(),
                "deleted": *state != State::Live,
            });
            let usage = used.and_then(|used| used.get(path));
            if let (Some(usage), Some(members)) = (usage, shown.as_object_mut()) {
                members.insert("usage".to_owned(), json!(wire::Usage::from(usage.clone())));
            }
            shown
        }
    }
}
