//! Looks for what is wrong with the store and around it.
//!
//! # Adding a check
//! A function in one of the files here that appends to a [`Report`], and a line in [`CHECKS`].

mod log;
mod place;
mod project;
mod records;

use std::process::ExitCode;

use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::session::refuse_server;

/// Look for what is wrong with the store and around it
///
/// Reads every record. Ends with 1 when something is wrong that can cost secrets or let somebody in.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// A check appends what it found.
type Check = fn(&Context, &mut Report);

const CHECKS: &[Check] = &[
    place::home,
    place::key_file,
    place::memory,
    place::space,
    records::check,
    log::check,
    project::file,
    project::dotenv,
];

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Ok,
    Warning,
    Error,
}

struct Finding {
    grade: Grade,
    text: String,
    hint: Option<String>,
}

/// What the checks found.
#[derive(Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    fn ok(&mut self, text: impl Into<String>) {
        self.0.push(Finding { grade: Grade::Ok, text: text.into(), hint: None });
    }

    fn warning(&mut self, text: impl Into<String>, hint: impl Into<String>) {
        let (text, hint) = (text.into(), Some(hint.into()));
        self.0.push(Finding { grade: Grade::Warning, text, hint });
    }

    fn error(&mut self, text: impl Into<String>, hint: impl Into<String>) {
        let (text, hint) = (text.into(), Some(hint.into()));
        self.0.push(Finding { grade: Grade::Error, text, hint });
    }
}

pub(super) fn run(context: &Context, _arguments: Arguments) -> Result<ExitCode, Failure> {
    refuse_server()?;
    let mut report = Report::default();
    for check in CHECKS {
        check(context, &mut report);
    }
    if context.output.json {
        let findings: Vec<_> = report
            .0
            .iter()
            .map(|found| json!({ "grade": found.grade.word(), "text": found.text, "hint": found.hint }))
            .collect();
        context.output.json(&findings)?;
    } else {
        for found in &report.0 {
            context.output.line(&format!("{:<8} {}", found.grade.word(), found.text))?;
            if let Some(hint) = &found.hint {
                context.output.line(&format!("         hint: {hint}"))?;
            }
        }
    }
    let is_bad = report.0.iter().any(|found| found.grade == Grade::Error);
    Ok(ExitCode::from(u8::from(is_bad)))
}

impl Grade {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
