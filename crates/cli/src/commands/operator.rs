//! What operators do to a store.

use std::process::ExitCode;

use serde_json::json;
use strongroom_engine::operations::token::CreateRootToken;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::session::Local;

/// Do an operator's work on the store of this machine
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a root token for the server of this store, and print it on the standard output
    ///
    /// It may do everything and has no end: make a lesser one with it, and take it back: strongroom token revoke --self
    GenerateRoot {},
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let Command::GenerateRoot {} = arguments.command;
    let local = Local::open(context)?;
    let issued = local.ask(&CreateRootToken { text: None, display_name: "root" })?;
    local.finish()?;
    let text = issued.text.expose_text().unwrap_or_default();
    if context.output.json {
        let accessor = issued.token.accessor.to_string();
        context.output.json(&json!({ "token": text, "accessor": accessor }))?;
    } else {
        context.output.data(Zeroizing::new(format!("{text}\n")).as_bytes())?;
        context.output.note("it may do everything, and has no end");
    }
    Ok(ExitCode::SUCCESS)
}
