use std::process::ExitCode;

use serde_json::json;
use strongroom_core::audit::RequestId;
use strongroom_engine::operations::explain::{ExplainRequest, Explanation};

use crate::context::Context;
use crate::failure::Failure;
use crate::session::Session;

/// Tell why a request was refused, and which rule was missing
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The request's number, as its refusal tells it
    #[arg(value_name = "REQUEST-ID")]
    request: String,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let id: RequestId = arguments.request.parse().map_err(Failure::usage)?;
    let session = Session::open(context)?;
    let found = session.ask(&ExplainRequest(id))?;
    session.finish()?;
    if context.output.json {
        context.output.json(&json!({
            "request_id": found.request_id,
            "time": found.time,
            "principal": found.principal,
            "operation": found.operation,
            "path": found.path,
            "outcome": found.outcome,
            "status": found.status,
            "missing": found.missing.map(|(capability, path)| json!({
                "capability": capability, "path": path,
            })),
            "reason": found.reason,
            "rule": found.hint,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let Explanation { time, principal, operation, path, outcome, .. } = &found;
    let of = path.as_deref().map(|path| format!(" of {path}")).unwrap_or_default();
    let by = principal.as_deref().unwrap_or("somebody unknown");
    // What a log holds may hold control characters, which a terminal would act on.
    let line = |text: String| context.output.line(&text.replace(char::is_control, "\u{fffd}"));
    line(format!("{time} {operation}{of} by {by}: {outcome}"))?;
    if let Some((capability, place)) = &found.missing {
        line(format!("missing: {capability} on {place}"))?;
    }
    if let Some(reason) = &found.reason {
        line(format!("reason: {reason}"))?;
    }
    if let Some(rule) = &found.hint {
        line(format!("a rule that allows it: {rule}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
