//! Tokens of a server.

use std::process::ExitCode;

use serde_json::json;
use strongroom_client::Client;
use strongroom_core::duration::parse_duration;
use strongroom_core::token::PlainToken;
use strongroom_wire as wire;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::prompt;
use crate::session::{ADDRESS_VARIABLE, Refusal, client};

/// Make, look up, renew and revoke tokens of a server
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a token, and print it on the standard output
    Create(Create),
    /// Tell what is known of a token
    Lookup(Which),
    /// Let a token live longer
    Renew(Renew),
    /// Take a token back, and every token that it made
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// A policy that it has; several times for several. Your own policies unless said
    #[arg(long, short = 'P', value_name = "NAME")]
    policy: Vec<String>,
    /// How long it lives, such as 30m or 24h
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    ttl: Option<u64>,
    /// The longest that renewals make of it
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    max_ttl: Option<u64>,
    /// Each renewal keeps it for this long, without an end
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    period: Option<u64>,
    /// How often it can be used
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true)]
    uses: u64,
    /// What people who read logs call it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    display_name: String,
    /// Leave the policy `default` out
    #[arg(long)]
    no_default_policy: bool,
    /// Without a parent, which takes it along when it goes
    #[arg(long, conflicts_with = "role")]
    orphan: bool,
    /// As this token role says
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// A token that carries itself and cannot be revoked
    #[arg(long)]
    batch: bool,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The token with this accessor, instead of your own
    #[arg(long, value_name = "ACCESSOR")]
    accessor: Option<String>,
    /// Read the token from the standard input, instead of your own
    #[arg(long, conflicts_with = "accessor")]
    stdin: bool,
}

#[derive(Debug, clap::Args)]
struct Renew {
    #[command(flatten)]
    which: Which,
    /// For how long from now, such as 24h; what it was made for unless said
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    increment: Option<u64>,
}

#[derive(Debug, clap::Args)]
#[group(id = "token", required = true, multiple = false, args = ["accessor", "stdin", "own"])]
struct Revoke {
    /// The token with this accessor
    #[arg(long, value_name = "ACCESSOR")]
    accessor: Option<String>,
    /// Read the token from the standard input
    #[arg(long)]
    stdin: bool,
    /// Your own
    #[arg(long = "self")]
    own: bool,
    /// Leave the tokens that it made
    #[arg(long, conflicts_with_all = ["accessor", "own"])]
    orphans: bool,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let client = client()?.ok_or_else(|| {
        Failure::new(format_args!("tokens are a server's, and {ADDRESS_VARIABLE} names none")).hint(
            "the owner of a store makes a token for its server: strongroom operator generate-root",
        )
    })?;
    match arguments.command {
        Command::Create(arguments) => create(context, &client, arguments),
        Command::Lookup(which) => {
            let token = ask(&client, &wire::LookupToken { which: token_of(which)? })?;
            show(context, &token)
        }
        Command::Renew(Renew { which, increment }) => {
            let which = token_of(which)?;
            let increment_secs = increment.unwrap_or(0);
            let token = ask(&client, &wire::RenewToken { which, increment_secs })?;
            show(context, &token)
        }
        Command::Revoke(Revoke { accessor, stdin, own: _, orphans }) => {
            let which = token_of(Which { accessor, stdin })?;
            ask(&client, &wire::RevokeToken { which, orphans })?;
            context.output.done("the token is no longer good");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn create(context: &Context, client: &Client, arguments: Create) -> Result<ExitCode, Failure> {
    let parent = match (arguments.role, arguments.orphan) {
        (Some(role), _) => wire::TokenParent::Role(role),
        (None, true) => wire::TokenParent::None,
        (None, false) => wire::TokenParent::Caller,
    };
    let asked = wire::CreateToken {
        parent,
        policies: Some(arguments.policy).filter(|policies| !policies.is_empty()),
        without_default_policy: arguments.no_default_policy,
        display_name: arguments.display_name,
        ttl_secs: arguments.ttl.unwrap_or(0),
        max_ttl_secs: arguments.max_ttl.unwrap_or(0),
        period_secs: arguments.period.unwrap_or(0),
        uses: arguments.uses,
        batch: arguments.batch,
        ..wire::CreateToken::default()
    };
    let issued = ask(client, &asked)?;
    for warning in &issued.warnings {
        context.output.warning(warning);
    }
    if context.output.json {
        context.output.json(&issued)?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = issued.text.0.expose();
    let mut line = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    line.extend_from_slice(text);
    line.push(b'\n');
    context.output.data(&line)?;
    let token = &issued.token;
    let until = token.expires.map_or_else(|| "no end".to_owned(), |at| at.0.to_string());
    let policies = token.policies.join(", ");
    context.output.note(format_args!("it has the policies {policies}, and lives until {until}"));
    if !token.accessor.is_empty() {
        context.output.hint(format_args!(
            "take it back: strongroom token revoke --accessor {}",
            token.accessor
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, token: &wire::Token) -> Result<ExitCode, Failure> {
    if context.output.json {
        context.output.json(&json!(token))?;
        return Ok(ExitCode::SUCCESS);
    }
    let time = |at: Option<wire::Time>| at.map(|at| at.0.to_string()).unwrap_or_default();
    let row = |name: &str, value: String| [name.to_owned(), value];
    let rows = [
        row("accessor", token.accessor.clone()),
        row("name", token.display_name.clone()),
        row("policies", token.policies.join(", ")),
        row("identity policies", token.identity_policies.join(", ")),
        row("made at", token.path.clone()),
        row("made", time(Some(token.created))),
        row("expires", time(token.expires)),
        row("renewable", if token.renewable { "yes" } else { "no" }.to_owned()),
        row("kind", token.kind.clone()),
        row("uses left", token.uses_left.map(|left| left.to_string()).unwrap_or_default()),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|[_, value]| !value.is_empty()).collect();
    context.output.table(["TOKEN", ""], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn token_of(which: Which) -> Result<wire::WhichToken, Failure> {
    if let Some(accessor) = which.accessor {
        return Ok(wire::WhichToken::Accessor(accessor));
    }
    if !which.stdin {
        return Ok(wire::WhichToken::Own);
    }
    let mut bytes = prompt::standard_input()?;
    prompt::trim_line_end(&mut bytes);
    Ok(wire::WhichToken::Token(wire::TokenText(PlainToken::new(std::mem::take(&mut *bytes)))))
}

fn ask<C: wire::Call>(client: &Client, call: &C) -> Result<C::Answer, Failure> {
    client.call(call).map_err(|error| Failure::from(Refusal::from(error)))
}

fn seconds(text: &str) -> Result<u64, String> {
    let time = parse_duration(text).ok_or("a time is written as 30s, 15m or 24h")?;
    Ok(time.as_secs())
}
