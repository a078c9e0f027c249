use std::process::ExitCode;

use jiff::Timestamp;
use strongroom_core::audit::RequestId;
use strongroom_core::time::Clock;
use strongroom_engine::audit::{AuditError, Filter, Outcome, PathFilter, Reader};

use super::{cloudtrail, print};
use crate::context::Context;
use crate::failure::Failure;
use crate::session::refuse_server;

/// Print the records that match, oldest first
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// From this time on: 2026-11-24T08:00:00Z, or 30m, 2h, 7d ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Paths that begin with this, or, with a `*`, that match it
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Who asked
    #[arg(long, value_name = "NAME")]
    principal: Option<String>,
    /// What was asked, such as secret-read
    #[arg(long, value_name = "NAME")]
    operation: Option<String>,
    /// How it ended
    #[arg(long, value_enum, value_name = "OUTCOME")]
    outcome: Option<OutcomeChoice>,
    /// One request
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// How each is written
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// At most this many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line for people, or with --json as it is in the log
    Text,
    /// A JSON object on a line, as AWS CloudTrail has them
    Cloudtrail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum OutcomeChoice {
    /// Done
    Allowed,
    /// Refused by policy
    Denied,
    /// Allowed, and failed
    Failed,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let now = context.clock.now().0;
    let time =
        |text: &Option<String>| text.as_deref().map(|text| parse_time(text, now)).transpose();
    let path = arguments.path.as_ref().map(|path| {
        if path.contains('*') {
            PathFilter::Glob(path.clone())
        } else {
            PathFilter::Prefix(path.clone())
        }
    });
    let request_id = arguments.request.as_deref().map(|id| {
        id.parse::<RequestId>().map_err(|error| Failure::usage(format_args!("{id:?}: {error}")))
    });
    let filter = Filter {
        since: time(&arguments.since)?,
        until: time(&arguments.until)?,
        path,
        principal: arguments.principal.clone(),
        operation: arguments.operation.clone(),
        outcome: arguments.outcome.map(|outcome| match outcome {
            OutcomeChoice::Allowed => Outcome::Allowed,
            OutcomeChoice::Denied => Outcome::Denied,
            OutcomeChoice::Failed => Outcome::Failed,
        }),
        request_id: request_id.transpose()?,
    };
    refuse_server()?;
    let reader = Reader::open(&context.home.audit()).map_err(unreadable)?;
    for entry in reader.query(filter).take(arguments.limit.unwrap_or(usize::MAX)) {
        let entry = entry.map_err(unreadable)?;
        match arguments.format {
            Some(Format::Cloudtrail) => context.output.line(&cloudtrail::event(&entry))?,
            Some(Format::Text) | None => print(context, &entry)?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn unreadable(error: AuditError) -> Failure {
    Failure::new(error).hint("see what is wrong: strongroom doctor")
}

/// RFC 3339, or a number of seconds, minutes, hours or days ago; in milliseconds since 1970.
fn parse_time(text: &str, now: u64) -> Result<u64, Failure> {
    let ago = text.split_at_checked(text.len().saturating_sub(1)).and_then(|(number, unit)| {
        let unit_ms = match unit {
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(unit_ms)
    });
    if let Some(ago) = ago {
        return Ok(now.saturating_sub(ago));
    }
    let time: Timestamp = text.parse().map_err(|_| {
        Failure::usage(format_args!("{text:?} is no time"))
            .hint("write it as 2026-11-24T08:00:00Z, or as 30m, 2h or 7d ago")
    })?;
    Ok(u64::try_from(time.as_millisecond()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_ago() {
        let now = 1_800_000_000_000;
        let parse = |text| parse_time(text, now).ok();
        assert_eq!(parse("30m"), Some(now - 1_800_000));
        assert_eq!(parse("7d"), Some(now - 604_800_000));
        assert_eq!(parse("1970-01-01T00:00:01Z"), Some(1_000));
        assert_eq!(parse("99999999d"), Some(0));
        for bad in ["", "m", "yesterday", "1w", "-5m"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
