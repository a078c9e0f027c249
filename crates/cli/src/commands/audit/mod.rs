//! The audit log on the command line.

mod cloudtrail;
mod public_key;
mod query;
mod tail;
mod verify;

use std::process::ExitCode;

use strongroom_engine::audit::Entry;

use crate::context::Context;
use crate::failure::Failure;

/// Read and verify the audit log
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do with it.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the latest records
    Tail(tail::Arguments),
    /// Print the records that match
    Query(query::Arguments),
    /// Prove that no record was edited, removed, reordered or cut off
    Verify(verify::Arguments),
    /// Print the key that checks the log's signatures
    PublicKey(public_key::Arguments),
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Tail(arguments) => tail::run(context, &arguments),
        Command::Query(arguments) => query::run(context, &arguments),
        Command::Verify(arguments) => verify::run(context, &arguments),
        Command::PublicKey(arguments) => public_key::run(context, &arguments),
    }
}

/// A record in one line for people, or as it is in the log.
fn print(context: &Context, entry: &Entry) -> Result<(), Failure> {
    if context.output.json {
        return context.output.line(entry.raw());
    }
    let mut text = format!("{} {:>6}", entry.time, entry.seq);
    let principal = entry.principal.as_ref().map(|principal| principal.name.as_str());
    let words = [
        Some(entry.outcome.as_deref().unwrap_or(&entry.kind)),
        entry.operation.as_deref(),
        entry.path.as_deref(),
    ];
    for word in words.into_iter().flatten() {
        text.push(' ');
        text.push_str(&shown(word));
    }
    if let Some(version) = entry.version {
        text.push_str(&format!(" version {version}"));
    }
    if let Some(status) = &entry.status {
        text.push_str(&format!(" [{}]", shown(status)));
    }
    if let Some(principal) = principal {
        text.push_str(&format!(" by {}", shown(principal)));
    }
    for (key, value) in &entry.fields {
        text.push_str(&format!(" {}={}", shown(key), shown(value)));
    }
    if let Some(reason) = &entry.reason {
        text.push_str(&format!(" {}", shown(reason)));
    }
    context.output.line(&text)
}

/// Text from the log without control characters, which a terminal would act on.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
