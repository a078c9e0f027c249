//! `vault operator`: init, unseal, seal, rekey, and what turns an encoded root token into a token.

use std::process::ExitCode;

use data_encoding::{BASE64, BASE64_NOPAD};
use serde_json::{Map, Value, json};
use strongroom_core::token::alphanumeric;
use strongroom_engine::ROOT_TOKEN_CHARS;
use zeroize::Zeroizing;

use super::REFUSED;
use super::api::Api;
use super::render::{Format, members, shown};
use crate::context::Context;
use crate::failure::Failure;
use crate::prompt;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Give the server's store its first keys
    Init {
        /// How many shares of the key are made
        #[arg(long, default_value_t = 5)]
        key_shares: u8,
        /// How many shares open the store
        #[arg(long, default_value_t = 3)]
        key_threshold: u8,
        /// Only tell whether it has keys: exit code 0 if so, 2 if not
        #[arg(long)]
        status: bool,
    },
    /// Bring a share of the key
    Unseal {
        /// Forget the shares that were brought
        #[arg(long)]
        reset: bool,
        /// The share; asked for when left out
        key: Option<String>,
    },
    /// Make the server forget its keys
    Seal {},
    /// Make new shares: -init, then bring present ones
    Rekey(Rekey),
    /// Make an OTP, or turn an encoded root token into a token
    GenerateRoot {
        /// The encoded token; `-` reads the standard input
        #[arg(long, requires = "otp", conflicts_with = "generate_otp", allow_hyphen_values = true)]
        decode: Option<String>,
        /// The OTP that the token was encoded with
        #[arg(long, allow_hyphen_values = true)]
        otp: Option<String>,
        /// Print a new OTP
        #[arg(long)]
        generate_otp: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Rekey {
    /// Begin
    #[arg(long, conflicts_with_all = ["cancel", "status"])]
    init: bool,
    /// Give it up
    #[arg(long, conflicts_with = "status")]
    cancel: bool,
    /// Tell how far it is
    #[arg(long)]
    status: bool,
    /// How many new shares are made
    #[arg(long, default_value_t = 5)]
    key_shares: u8,
    /// How many of them open the store
    #[arg(long, default_value_t = 3)]
    key_threshold: u8,
    /// Of the new shares: they count once enough of them were shown, or show one of them
    #[arg(long)]
    verify: bool,
    /// The number of the attempt; the one that goes on when left out
    #[arg(long)]
    nonce: Option<String>,
    /// The share; asked for when left out
    key: Option<String>,
}

pub(super) fn run(
    context: &Context,
    api: &dyn Fn() -> Result<Api, Failure>,
    format: Format,
    arguments: Arguments,
) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Init { key_shares, key_threshold, status } => {
            let api = api()?;
            if status {
                return init_status(context, &api);
            }
            let asked = json!({ "secret_shares": key_shares, "secret_threshold": key_threshold });
            let answer = api.ask("PUT", "sys/init", Some(&asked))?;
            initialised(context, format, &answer.body, key_shares, key_threshold)?;
        }
        Command::Unseal { reset, key } => {
            let api = api()?;
            let asked = match (reset, key) {
                (true, _) => json!({ "reset": true }),
                (false, Some(key)) => json!({ "key": key }),
                (false, None) => json!({ "key": *prompt::hidden("Unseal Key")? }),
            };
            let answer = api.ask("PUT", "sys/unseal", Some(&asked))?;
            super::status::show(context, format, &answer.body)?;
        }
        Command::Seal {} => {
            api()?.ask("PUT", "sys/seal", None)?;
            context.output.line("Success! Vault is sealed.")?;
        }
        Command::Rekey(arguments) => rekey(context, &api()?, format, arguments)?,
        Command::GenerateRoot { decode, otp, generate_otp } => {
            return generate_root(context, format, decode, otp, generate_otp);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One step of new shares. `-verify` with `-init` is what Vault's command has it be.
fn rekey(context: &Context, api: &Api, format: Format, asked: Rekey) -> Result<(), Failure> {
    let path = if asked.verify && !asked.init { "sys/rekey/verify" } else { "sys/rekey/init" };
    if asked.cancel {
        api.ask("DELETE", path, None)?;
        return context.output.line("Success! Canceled rekeying (if it was started)");
    }
    if asked.status {
        return rekey_status(context, format, &api.ask("GET", path, None)?.body);
    }
    if asked.init {
        let body = json!({
            "secret_shares": asked.key_shares,
            "secret_threshold": asked.key_threshold,
            "require_verification": asked.verify,
        });
        return rekey_status(context, format, &api.ask("PUT", path, Some(&body))?.body);
    }
    let begun = api.ask("GET", path, None)?;
    let member = |name: &str| begun.body.get(name).map(shown).unwrap_or_default();
    if member("started") != "true" {
        return Err(Failure::new(
            "No rekey is in progress. Start a rekey process by running:\n\n\
            \x20 $ vault operator rekey -init",
        )
        .code(1));
    }
    let key = match asked.key {
        Some(key) => Zeroizing::new(key),
        None => prompt::hidden("Unseal Key")?,
    };
    let nonce = asked.nonce.unwrap_or_else(|| member("nonce"));
    let path = if asked.verify { "sys/rekey/verify" } else { "sys/rekey/update" };
    let answer = api.ask("PUT", path, Some(&json!({ "key": *key, "nonce": nonce })))?;
    let is_complete = answer.body.get("complete").and_then(Value::as_bool) == Some(true);
    if !is_complete || format == Format::Json {
        return rekey_status(context, format, &answer.body);
    }
    if asked.verify {
        return context.output.line("Success! Rekey verification successful.");
    }
    let keys = answer.body.get("keys_base64").and_then(Value::as_array);
    for (index, key) in keys.into_iter().flatten().enumerate() {
        context.output.line(&format!("Key {}: {}", index + 1, shown(key)))?;
    }
    let text = |name: &str| answer.body.get(name).map(shown).unwrap_or_default();
    context.output.line(&format!("\nOperation nonce: {}", text("nonce")))?;
    if text("verification_required") == "true" {
        context.output.line(&format!("Verification nonce: {}", text("verification_nonce")))?;
    }
    Ok(())
}

fn rekey_status(context: &Context, format: Format, status: &Value) -> Result<(), Failure> {
    match status.as_object() {
        Some(members_of) if format != Format::Json => members(context, members_of),
        _ => context.output.json(status),
    }
}

fn init_status(context: &Context, api: &Api) -> Result<ExitCode, Failure> {
    let answer = api.ask("GET", "sys/init", None).map_err(|failure| failure.code(1))?;
    let is_initialised = answer.body.get("initialized").and_then(Value::as_bool) == Some(true);
    let not = if is_initialised { "" } else { "not " };
    context.output.line(&format!("Vault is {not}initialized"))?;
    Ok(ExitCode::from(if is_initialised { 0 } else { REFUSED }))
}

fn initialised(
    context: &Context,
    format: Format,
    made: &Value,
    shares: u8,
    threshold: u8,
) -> Result<(), Failure> {
    let member = |name: &str| made.get(name).cloned().unwrap_or(Value::Null);
    if format == Format::Json {
        let members = [
            ("unseal_keys_b64", member("keys_base64")),
            ("unseal_keys_hex", member("keys")),
            ("unseal_shares", json!(shares)),
            ("unseal_threshold", json!(threshold)),
            ("recovery_keys_b64", json!([])),
            ("recovery_keys_hex", json!([])),
            ("recovery_keys_shares", json!(0)),
            ("recovery_keys_threshold", json!(0)),
            ("root_token", member("root_token")),
        ];
        let members = members.map(|(name, value)| (name.to_owned(), value));
        return context.output.json(&Map::from_iter(members));
    }
    let keys = member("keys_base64");
    for (index, key) in keys.as_array().into_iter().flatten().enumerate() {
        context.output.line(&format!("Unseal Key {}: {}", index + 1, shown(key)))?;
    }
    context.output.line(&format!("\nInitial Root Token: {}", shown(&member("root_token"))))
}

fn generate_root(
    context: &Context,
    format: Format,
    decode: Option<String>,
    otp: Option<String>,
    generate_otp: bool,
) -> Result<ExitCode, Failure> {
    if generate_otp {
        let otp = Zeroizing::new(alphanumeric(ROOT_TOKEN_CHARS, &*context.random));
        context.output.line(&otp)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(decode), Some(otp)) = (decode, otp) else {
        return Err(Failure::new("only -decode with -otp, and -generate-otp, are done here")
            .code(1)
            .hint("the rest is done by the API: sys/generate-root"));
    };
    let encoded = match decode.as_str() {
        "-" => {
            let bytes = prompt::standard_input()?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => decode,
    };
    let token = decoded(encoded.trim(), otp.as_bytes())?;
    if format == Format::Json {
        context.output.json(&json!({ "token": *token }))?;
    } else {
        context.output.line(&token)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `base64(encoded) XOR otp`, as Vault encodes root tokens.
fn decoded(encoded: &str, otp: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let bytes = BASE64_NOPAD
        .decode(encoded.trim_end_matches('=').as_bytes())
        .or_else(|_| BASE64.decode(encoded.as_bytes()));
    let bytes = bytes.map_err(|_| Failure::new("the encoded token is not base64").code(1))?;
    let bytes = Zeroizing::new(bytes);
    if bytes.len() != otp.len() {
        return Err(Failure::new("the OTP has another length than the encoded token").code(1));
    }
    let mixed: Zeroizing<Vec<u8>> =
        Zeroizing::new(bytes.iter().zip(otp).map(|(byte, key)| byte ^ key).collect());
    let text = std::str::from_utf8(&mixed).map(|text| Zeroizing::new(text.to_owned()));
    text.map_err(|_| Failure::new("the OTP is not the one that the token was encoded with").code(1))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_token_is_decoded_as_vault_encodes_it() {
        // openbao, command/operator_generate_root_test.go
        let decoded = |encoded, otp: &str| super::decoded(encoded, otp.as_bytes()).ok();
        let token = decoded("Bxg9JQQqOCNKBRICNwMIRzo2J3cWCBRi", "3JhHkONiyiaNYj14nnD9xZQS");
        assert_eq!(token.as_deref().map(String::as_str), Some("4RUmoevJ3lsLni9sTXcNnRE1"));
        assert!(decoded("Bxg9", "short").is_none());
        assert!(decoded("!", "x").is_none());
    }
}
