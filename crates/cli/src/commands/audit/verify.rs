use std::process::ExitCode;

use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use serde_json::json;
use strongroom_engine::audit::{CheckpointVerifier, FindingKind, VerifiedLog, VerifyError, verify};

use crate::context::Context;
use crate::failure::Failure;
use crate::session;

/// Prove that no record was edited, removed, reordered or cut off
///
/// Reads the whole log and checks the chain of hashes, the signatures, the head file, and the position and the changes
/// that the store knows of. Names the first bad line, and ends with 1.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Also accept checkpoints signed with this key, as printed by `audit public-key`
    #[arg(long, value_name = "HEX")]
    public_key: Vec<String>,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let anchors = session::anchors(context)?;
    let mut expectations = anchors.expectations();
    for key in &arguments.public_key {
        let bytes = HEX.decode(key.trim().as_bytes()).ok();
        let bytes: [u8; 32] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
            Failure::usage(format_args!(
                "{key:?} is no public key: 64 hexadecimal digits were wanted"
            ))
        })?;
        expectations.checkpoint_keys.push(CheckpointVerifier::new(bytes));
    }
    let directory = context.home.audit();
    match verify(&directory, &expectations) {
        Ok(verified) => report(context, &verified),
        Err(VerifyError::Finding(finding)) => Err(Failure::new(format_args!(
            "the audit log is not what was written\n       {}/{finding}",
            directory.display()
        ))
        .hint(match finding.kind {
            FindingKind::MissingRecord(_) => {
                "a command that was killed right after a change leaves this; the next one mends it: strongroom list, and \
                 verify again"
            }
            _ => "keep a copy of the folder as it is, and find out who could write to it",
        })),
        Err(VerifyError::Unreadable(error)) => Err(super::query::unreadable(error)),
        Err(other) => Err(Failure::new(other)),
    }
}

fn report(context: &Context, verified: &VerifiedLog) -> Result<ExitCode, Failure> {
    let summary = &verified.summary;
    if context.output.json {
        context.output.json(&json!({
            "lines": summary.lines,
            "checkpoints": summary.checkpoints,
            "recoveries": summary.recoveries,
            "segments": verified.segments,
            "bytes": verified.bytes,
            "last": summary.head.seq,
            "vouched": summary.vouched_seq,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    context.output.done(format_args!(
        "the audit log is whole: {} lines in {} files, {} signed checkpoints",
        summary.lines, verified.segments, summary.checkpoints
    ));
    if summary.recoveries > 0 {
        context.output.note(format_args!(
            "{} lines tell of a crash before them: strongroom audit query --json shows them",
            summary.recoveries
        ));
    }
    if summary.vouched_seq < summary.head.seq {
        context.output.note(format_args!(
            "the last {} lines are consistent, and no head or signature vouches for them yet",
            summary.head.seq - summary.vouched_seq
        ));
    }
    Ok(ExitCode::SUCCESS)
}
