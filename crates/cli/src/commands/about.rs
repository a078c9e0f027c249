//! Which secret a command is about.

use strongroom_core::model::VersionNumber;
use strongroom_core::spelling::nearest;
use strongroom_engine::Kind;
use strongroom_engine::operations::DescribeSecret;

use crate::failure::Failure;
use crate::prompt;
use crate::resolve::stored_names;
use crate::scope::Scope;
use crate::session::Session;

/// The path of the secret that a name means: the first place it may be in where there is one, deleted or not.
pub(super) fn existing(session: &Session, scope: &Scope, name: &str) -> Result<String, Failure> {
    for path in scope.candidates(name)? {
        match session.ask(&DescribeSecret { path: path.clone() }) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(not_found(session, scope, name))
}

/// There is no such secret; perhaps another one was meant.
pub(super) fn not_found(session: &Session, scope: &Scope, name: &str) -> Failure {
    let failure = Failure::new(format_args!("{name} was not found in {}", scope.prefix()));
    let known = stored_names(session, scope).unwrap_or_default();
    let close = nearest(name, known.iter().map(|name| name.as_str()));
    let failure = match close {
        Some(close) => failure.hint(format_args!("did you mean {close}?")),
        None => failure,
    };
    let flags = format!("--env {} --project {}", scope.environment, scope.project);
    failure
        .hint(format_args!("see what there is: strongroom list {flags}"))
        .hint(format_args!("store it: strongroom set {name} {flags}"))
}

/// A list of versions as numbers.
pub(super) fn numbers(versions: &[u64]) -> Vec<VersionNumber> {
    versions.iter().copied().map(VersionNumber).collect()
}

/// Go on only if the user says so.
pub(super) fn confirmed(yes: bool, question: &str) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !prompt::is_possible() {
        return Err(Failure::usage(format_args!("{question} There is no terminal to ask on"))
            .hint("say it with --yes"));
    }
    if prompt::confirm(question, false)? {
        Ok(())
    } else {
        Err(Failure::new("nothing was changed"))
    }
}
