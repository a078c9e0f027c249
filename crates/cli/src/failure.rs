//! What a command ends with when it does not do what was asked: a message, and a hint with a command that mends it.

use std::fmt::Display;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use strongroom_engine::{Error, InitialiseError, Kind, OpenError};
use strongroom_store::ReadError;
use strongroom_store_sqlite::OpenError as StoreError;

use crate::context::Context;
use crate::formats::Problem;
use crate::session::Refusal;

/// Why a command failed. Its texts hold names, never values.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    hints: Vec<String>,
}

impl Failure {
    /// Refused or failed: exit code 1.
    #[must_use]
    pub fn new(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string(), hints: Vec::new() }
    }

    /// Used wrongly: exit code 2.
    #[must_use]
    pub fn usage(message: impl Display) -> Self {
        Self { code: 2, ..Self::new(message) }
    }

    /// The reader of the standard output went away: nothing to tell anybody.
    #[must_use]
    pub fn closed_pipe() -> Self {
        Self { code: 1, message: String::new(), hints: Vec::new() }
    }

    /// With another exit code.
    #[must_use]
    pub fn code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// With something to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// A file could not be used.
    #[must_use]
    pub fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format_args!("cannot {what} {}: {error}", path.display()))
    }

    /// The first thing to do about it.
    #[must_use]
    pub fn first_hint(&self) -> Option<&str> {
        self.hints.first().map(String::as_str)
    }

    /// Tell the user, and end with the exit code.
    pub fn report(&self, context: &Context) -> ExitCode {
        if !self.message.is_empty() {
            context.output.failure(&self.message, &self.hints);
        }
        ExitCode::from(self.code)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(Refusal::from(error))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::about(refusal, "NAME")
    }
}

impl Failure {
    /// What the store or the server says about one secret; `words` are what names it on a command line.
    #[must_use]
    pub fn about(refusal: impl Into<Refusal>, words: &str) -> Self {
        let refusal = refusal.into();
        let failure = Self { hints: refusal.hints().to_vec(), ..Self::new(&refusal) };
        match refusal.kind() {
            Kind::Deleted => {
                failure.hint(format_args!("bring it back: strongroom undelete {words}"))
            }
            Kind::VersionConflict => {
                failure.hint(format_args!("look at what is there now: strongroom history {words}"))
            }
            // What follows is about a store of this machine. Of its own store a server's operator takes care.
            _ if !refusal.is_local() => failure,
            Kind::Internal => failure
                .hint("see what is affected: strongroom doctor")
                .hint("bring back a copy: strongroom restore FILE"),
            Kind::Unavailable => failure.hint("see what is wrong: strongroom doctor"),
            Kind::AuditUnavailable => failure.hint(
                "nothing was given or changed; make the audit log writable, see: strongroom doctor",
            ),
            _ => failure,
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let failure = Self::new(&error);
        match error {
            OpenError::NotInitialised => failure.hint("make a store: strongroom init"),
            OpenError::Damaged(_) | OpenError::Keyring(_) => {
                failure.hint("bring back a copy: strongroom restore FILE")
            }
            OpenError::Audit(_) => failure.hint("see what is wrong: strongroom doctor"),
            _ => failure,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let failure = Self::new(&error);
        match error {
            StoreError::NotFound { .. } => failure.hint("make a store: strongroom init"),
            StoreError::TooNew { .. } => {
                failure.hint("use the newer strongroom that wrote it, or restore an older backup")
            }
            StoreError::Corrupt { .. } => {
                failure.hint("bring back a copy: strongroom restore FILE")
            }
            StoreError::Busy { .. } => failure.hint("wait for the other process, and try again"),
            _ => failure,
        }
    }
}

impl From<InitialiseError> for Failure {
    fn from(error: InitialiseError) -> Self {
        Self::new(error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(error).hint("see what is wrong: strongroom doctor")
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::from(vec![problem])
    }
}

impl From<Vec<Problem>> for Failure {
    fn from(problems: Vec<Problem>) -> Self {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        let mut failure = Self::new(lines.join("\n       "));
        for problem in problems {
            if !problem.hint.is_empty() && !failure.hints.contains(&problem.hint) {
                failure.hints.push(problem.hint);
            }
        }
        failure
    }
}
