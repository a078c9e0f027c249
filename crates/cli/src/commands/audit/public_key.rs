use std::process::ExitCode;

use data_encoding::HEXLOWER;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::session;

/// Print the Ed25519 public key that checks the log's checkpoints, in hexadecimal
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

pub(super) fn run(context: &Context, _arguments: &Arguments) -> Result<ExitCode, Failure> {
    let anchors = session::anchors(context)?;
    let key = HEXLOWER.encode(anchors.checkpoint.public_key());
    if context.output.json {
        context
            .output
            .json(&json!({ "public_key": key, "key_id": anchors.checkpoint.key_id() }))?;
    } else {
        context.output.line(&key)?;
    }
    Ok(ExitCode::SUCCESS)
}
