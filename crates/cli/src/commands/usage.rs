//! Usage.

use std::process::ExitCode;

use strongroom_core::duration::parse_duration;
use strongroom_core::time::Seconds;
use strongroom_core::usage::Usage;
use strongroom_engine::operations::usage::{ListUsage, ReadUsage, SecretUsage, UsageOf};
use strongroom_wire as wire;

use super::about::existing;
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Tell when, how often and by whom secrets were read
///
/// It is counted from the audit log. Without a name it tells of every secret of the environment, or below a folder that
/// ends with a slash.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A secret's name or path, or a folder such as secret/app/
    name: Option<String>,
    /// Only secrets that nobody read for so long, such as 30d
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    unused_for: Option<Seconds>,
    /// Of the token with this accessor instead
    #[arg(long, value_name = "ACCESSOR", conflicts_with_all = ["name", "unused_for"])]
    token: Option<String>,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let session = Session::open(context)?;
    match (&arguments.token, &arguments.name) {
        (Some(accessor), _) => {
            let usage = session.ask(&ReadUsage::new(UsageOf::Token(accessor.clone())))?;
            show(context, accessor, usage)?;
        }
        (None, Some(name)) if !name.ends_with('/') => {
            if arguments.unused_for.is_some() {
                return Err(Failure::usage("--unused-for is asked of a folder")
                    .hint("leave the name out, or end it with a slash"));
            }
            let scope = Scope::locate(&arguments.scope)?;
            let path = existing(&session, &scope, name)?;
            let usage = session.ask(&ReadUsage::new(UsageOf::Secret(path.clone())))?;
            show(context, &path, usage)?;
        }
        (None, folder) => {
            let prefix = match folder {
                Some(folder) => folder.clone(),
                None => Scope::locate(&arguments.scope)?.prefix(),
            };
            list(context, &session, prefix, arguments.unused_for)?;
        }
    }
    session.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn list(
    context: &Context,
    session: &Session,
    prefix: String,
    unused_for: Option<Seconds>,
) -> Result<(), Failure> {
    let entries = usage_below(session, &prefix, unused_for)?;
    if context.output.json {
        let entries: Vec<_> = entries
            .into_iter()
            .map(|entry| wire::SecretUsage {
                path: entry.path,
                created: entry.created.into(),
                usage: entry.usage.into(),
            })
            .collect();
        return context.output.json(&entries);
    }
    if entries.is_empty() {
        context.output.note(format_args!("there is nothing in {prefix}"));
        return Ok(());
    }
    let rows: Vec<_> = entries
        .into_iter()
        .map(|SecretUsage { path, usage, .. }| {
            let name = path.strip_prefix(&prefix).unwrap_or(&path).to_owned();
            let Some(usage) = usage else {
                return [name, "never".to_owned(), "0".to_owned(), String::new()];
            };
            let by = usage.users().next().map(|user| user.name.clone()).unwrap_or_default();
            [name, usage.last.to_string(), usage.total.to_string(), by]
        })
        .collect();
    context.output.table(["NAME", "LAST READ", "READS", "BY"], &rows)
}

/// Every secret below a folder with its usage.
pub(super) fn usage_below(
    session: &Session,
    prefix: &str,
    unused_for: Option<Seconds>,
) -> Result<Vec<SecretUsage>, Failure> {
    let mut list = ListUsage { unused_for, ..ListUsage::below(prefix) };
    let mut entries = Vec::new();
    loop {
        let page = session.ask(&list)?;
        entries.extend(page.entries);
        match page.next {
            Some(next) => list.after = Some(next),
            None => return Ok(entries),
        }
    }
}

fn show(context: &Context, name: &str, usage: Option<Usage>) -> Result<(), Failure> {
    if context.output.json {
        return context.output.json(&wire::Usage::from(usage));
    }
    let Some(usage) = usage else {
        context.output.note(format_args!("{name} was never used"));
        return Ok(());
    };
    let rows = [
        ["first".to_owned(), usage.first.to_string()],
        ["last".to_owned(), usage.last.to_string()],
        ["times".to_owned(), usage.total.to_string()],
    ];
    context.output.table(["USED", ""], &rows)?;
    let users: Vec<_> = usage
        .users()
        .map(|user| [user.name.clone(), user.last.to_string(), user.count.to_string()])
        .collect();
    context.output.table(["BY", "LAST", "TIMES"], &users)?;
    let versions: Vec<_> = usage
        .versions()
        .map(|used| [used.version.to_string(), used.last.to_string()])
        .collect();
    context.output.table(["VERSION", "LAST"], &versions)
}

fn seconds(text: &str) -> Result<Seconds, String> {
    let time = parse_duration(text).ok_or("a time is written as 12h or 30d")?;
    Ok(Seconds(time.as_secs()))
}
