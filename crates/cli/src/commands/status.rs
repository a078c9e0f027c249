use std::process::ExitCode;

use serde_json::json;
use strongroom_wire::Token;

use crate::context::Context;
use crate::failure::Failure;
use crate::session::{Bearer, Standing, standing};

/// Tell how the store or the server is, and who asks
///
/// Exit codes: 0 open, 1 sealed or not there.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

pub(super) fn run(context: &Context, _arguments: Arguments) -> Result<ExitCode, Failure> {
    match standing(context)? {
        Standing::Store { owner } => {
            let store = context.home.directory().display().to_string();
            if context.output.json {
                context.output.json(&json!({ "store": store, "sealed": false, "owner": owner }))?;
            } else {
                context.output.line(&format!("store    {store}"))?;
                context.output.line("state    open")?;
                context.output.line(&format!("you are  its owner, {owner}"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Standing::Server { address, status, token } => {
            let state = match (status.initialised, status.sealed) {
                (false, _) => "without keys yet",
                (true, true) => "sealed",
                (true, false) => "open",
            };
            if context.output.json {
                let bearer = match &token {
                    Bearer::Known(token) => json!(token),
                    Bearer::Nobody => json!(null),
                    Bearer::Unknown(why) => json!({ "error": why }),
                };
                context.output.json(&json!({
                    "server": { "address": address, "version": status.version },
                    "initialised": status.initialised,
                    "sealed": status.sealed,
                    "token": bearer,
                }))?;
            } else {
                context.output.line(&format!("server   {address}"))?;
                context.output.line(&format!("version  {}", status.version))?;
                context.output.line(&format!("state    {state}"))?;
                context.output.line(&format!("you are  {}", who(&token)))?;
            }
            Ok(ExitCode::from(u8::from(status.sealed)))
        }
    }
}

fn who(bearer: &Bearer) -> String {
    match bearer {
        Bearer::Nobody => "nobody: there is no token".to_owned(),
        Bearer::Unknown(why) => format!("unknown: {why}"),
        Bearer::Known(token) => {
            let Token { display_name, policies, expires, .. } = &**token;
            let until =
                expires.map_or_else(|| "without an end".to_owned(), |at| format!("until {}", at.0));
            format!("{display_name}, with the policies {}, {until}", policies.join(", "))
        }
    }
}
