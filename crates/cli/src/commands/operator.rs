//! What operators do to a store.

use std::process::ExitCode;

use serde_json::json;
use strongroom_client::Client;
use strongroom_engine::operations::token::CreateRootToken;
use strongroom_wire as wire;
use zeroize::Zeroizing;

use super::unseal::Shares;
use super::{seal, status, unseal};
use crate::context::Context;
use crate::failure::Failure;
use crate::session::{Local, refused, server};

/// Do an operator's work on a server, or on the store of this machine
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
    /// Give a server's store its first keys, and print the shares and a root token on the standard output
    Init(New),
    /// Open a server's store with shares of its key
    Unseal(unseal::Arguments),
    /// Have a server forget its keys
    Seal(seal::Arguments),
    /// Tell how the store or the server is, and how it is sealed
    Status {},
    /// Give a server's store other keys, under new shares that are printed on the standard output
    Rekey(Rekey),
}

#[derive(Debug, clap::Args)]
struct New {
    /// How many shares are made
    #[arg(long, default_value_t = 5, value_name = "NUMBER")]
    shares: u8,
    /// How many shares open the store
    #[arg(long, default_value_t = 3, value_name = "NUMBER")]
    threshold: u8,
}

#[derive(Debug, clap::Args)]
struct Rekey {
    #[command(flatten)]
    new: New,
    /// Read the present shares from the standard input, one a line
    #[arg(value_name = "-", value_parser = ["-"], requires = "no_verify")]
    input: Option<String>,
    /// Let the new shares count at once, instead of once as many as open the store were typed
    #[arg(long)]
    no_verify: bool,
    /// Only give up an attempt that was begun
    #[arg(long, conflicts_with_all = ["input", "no_verify"])]
    cancel: bool,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::GenerateRoot {} => generate_root(context),
        Command::Init(new) => init(context, &new),
        Command::Unseal(arguments) => unseal::run(context, arguments),
        Command::Seal(arguments) => seal::run(context, arguments),
        Command::Status {} => show_status(context),
        Command::Rekey(arguments) => rekey(context, &arguments),
    }
}

fn generate_root(context: &Context) -> Result<ExitCode, Failure> {
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

fn init(context: &Context, new: &New) -> Result<ExitCode, Failure> {
    let client = server("given keys by `operator init`").map_err(|failure| {
        failure.hint("a store of this machine gets its keys with: strongroom init")
    })?;
    let asked =
        wire::InitialiseStore { shares: new.shares.into(), threshold: new.threshold.into() };
    let made = client.call(&asked).map_err(refused)?;
    if context.output.json {
        context.output.json(&made)?;
    } else {
        print_shares(context, &made.shares)?;
        let token = made.root_token.0.expose_text().unwrap_or_default();
        context.output.data(Zeroizing::new(format!("{token}\n")).as_bytes())?;
        context.output.note("the last line is the root token, which may do everything");
    }
    context.output.hint("open the store: strongroom unseal");
    Ok(ExitCode::SUCCESS)
}

fn print_shares(context: &Context, shares: &[wire::ShareText]) -> Result<(), Failure> {
    context.output.warning("these shares are shown once; give each to somebody else");
    for share in shares {
        context.output.data(share.0.expose())?;
        context.output.data(b"\n")?;
    }
    Ok(())
}

fn show_status(context: &Context) -> Result<ExitCode, Failure> {
    let Some(client) = crate::session::client()? else {
        return status::run(context, status::Arguments {});
    };
    let seal = client.call(&wire::ReadSeal {}).map_err(refused)?;
    if context.output.json {
        context.output.json(&seal)?;
    } else {
        let state = match (seal.initialised, seal.sealed) {
            (false, _) => "without keys yet",
            (true, true) => "sealed",
            (true, false) => "open",
        };
        context.output.line(&format!("server   {}", client.address()))?;
        context.output.line(&format!("state    {state}"))?;
        if let Some(method) = &seal.method {
            context.output.line(&format!("seal     {method}"))?;
            context.output.line(&format!("shares   {} of {}", seal.threshold, seal.shares))?;
        }
        if seal.sealed && seal.progress > 0 {
            context.output.line(&format!("brought  {}", seal.progress))?;
        }
    }
    Ok(ExitCode::from(u8::from(seal.sealed)))
}

fn rekey(context: &Context, arguments: &Rekey) -> Result<ExitCode, Failure> {
    let client = server("given new shares by `operator rekey`").map_err(|failure| {
        failure.hint("a store of this machine gets other keys with: strongroom rekey")
    })?;
    if arguments.cancel {
        client.call(&wire::CancelRekey {}).map_err(refused)?;
        context.output.done("the attempt is given up; the present shares stay");
        return Ok(ExitCode::SUCCESS);
    }
    let start = wire::StartRekey {
        shares: arguments.new.shares.into(),
        threshold: arguments.new.threshold.into(),
        verified: !arguments.no_verify,
    };
    let begun = client.call(&start).map_err(|error| {
        refused(error).hint("give up an attempt that was begun: strongroom operator rekey --cancel")
    })?;
    let done = bring_all(context, &client, arguments, begun);
    if done.is_err() {
        // What was begun here is given up here; who cannot reach the server now finds the hint when they try again.
        let _ = client.call(&wire::CancelRekey {});
    }
    done?;
    context.output.done("the new shares open the store; the old ones no longer do");
    Ok(ExitCode::SUCCESS)
}

/// Bring present shares until there are new ones, and show as many of those.
fn bring_all(
    context: &Context,
    client: &Client,
    arguments: &Rekey,
    mut state: wire::RekeyState,
) -> Result<(), Failure> {
    let mut shares = Shares::from(arguments.input.is_some())?;
    let broken_off = || Failure::new("broken off; the present shares stay");
    while state.shares.is_empty() {
        let question = format!("Present share {} of {}", state.progress + 1, state.required);
        let share = shares.next(&question)?.ok_or_else(broken_off)?;
        let bring = wire::BringRekeyShare { nonce: state.nonce.clone(), share };
        state = client.call(&bring).map_err(refused)?;
    }
    if context.output.json {
        context.output.json(&json!({ "shares": state.shares }))?;
    } else {
        print_shares(context, &state.shares)?;
    }
    while !state.done {
        let question = format!("New share {} of {}", state.progress + 1, state.required);
        let share = shares.next(&question)?.ok_or_else(broken_off)?;
        let show = wire::VerifyRekey { nonce: state.nonce.clone(), share };
        state = client.call(&show).map_err(refused)?;
    }
    Ok(())
}
