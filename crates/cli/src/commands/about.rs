//! Which secret a command is about.

use std::collections::BTreeSet;

use strongroom_core::model::{Secret, Selector, Version, VersionNumber};
use strongroom_core::spelling::nearest;
use strongroom_engine::Kind;
use strongroom_engine::operations::{DescribeSecret, ListSecrets, Listed};

use crate::failure::Failure;
use crate::prompt;
use crate::scope::{Scope, quoted};
use crate::session::{Remote, Session};

/// A secret that a command is to change.
pub(super) struct Target {
    /// Its canonical path.
    pub(super) path: String,
    /// What is known of it, deleted or not.
    pub(super) secret: Secret,
    /// What names it on another command line.
    pub(super) words: String,
}

impl Target {
    /// The secret of this name in the scope's own environment. One that is only inherited is refused: a change to it
    /// would be one to another environment. `command` is the name of the command that asks.
    pub(super) fn find(
        session: &Session,
        scope: &Scope,
        name: &str,
        command: &str,
    ) -> Result<Self, Failure> {
        let path = scope.path(name)?;
        match session.ask(&DescribeSecret { path: path.clone() }) {
            Ok(secret) => Ok(Self { path, secret, words: scope.words(name) }),
            Err(error) if error.kind() == Kind::NotFound => {
                let inherited = inherited_from(session, scope, name)?;
                Err(inherited.map_or_else(
                    || not_found(session, scope, name),
                    |parent| {
                        Failure::new(format_args!("{name} was not found in {}", scope.prefix()))
                            .hint(format_args!(
                                "it is inherited from {}: strongroom {command} {}",
                                parent.environment,
                                parent.words(name)
                            ))
                    },
                ))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Ask the engine.
    pub(super) fn ask<O: Remote>(
        &self,
        session: &Session,
        operation: &O,
    ) -> Result<O::Answer, Failure> {
        session.ask(operation).map_err(|error| Failure::about(error, &self.words))
    }

    /// The versions of these numbers, once and in order. Each must be there.
    pub(super) fn versions(&self, numbers: &[u64]) -> Result<Vec<&Version>, Failure> {
        let numbers: BTreeSet<_> = numbers.iter().copied().collect();
        let version = |number: u64| {
            self.secret.version(&Selector::Number(VersionNumber(number))).ok_or(number)
        };
        let (found, unknown): (Vec<_>, Vec<_>) =
            numbers.into_iter().map(version).partition(Result::is_ok);
        if unknown.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        let unknown: Vec<_> =
            unknown.into_iter().filter_map(Result::err).map(|number| number.to_string()).collect();
        let message = format!("{} has no version {}", self.path, unknown.join(", "));
        Err(Failure::new(message).hint(self.history()))
    }

    /// A hint.
    pub(super) fn history(&self) -> String {
        format!("see its versions: strongroom history {}", self.words)
    }
}

/// The path of the secret that a name means to a reader: the first place it may be in where there is one, deleted or
/// not.
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
    let (folder, word) = match name.rsplit_once('/') {
        Some((folder, word)) => (format!("{folder}/"), word),
        None => (scope.prefix(), name),
    };
    let failure = Failure::new(format_args!("{word} was not found in {folder}"));
    let known = names_in(session, &folder).unwrap_or_default();
    let failure = match nearest(word, known.iter().map(String::as_str)) {
        Some(close) if name.contains('/') => {
            failure.hint(format_args!("did you mean {folder}{close}?"))
        }
        Some(close) => failure.hint(format_args!("did you mean {close}?")),
        None => failure,
    };
    let list = if name.contains('/') { format!(" {}", quoted(&folder)) } else { scope.options() };
    failure
        .hint(format_args!("see what there is: strongroom list{list}"))
        .hint(format_args!("store it: strongroom set {}", scope.words(name)))
}

/// The nearest of the inherited environments that has the secret.
fn inherited_from(session: &Session, scope: &Scope, name: &str) -> Result<Option<Scope>, Failure> {
    for path in scope.candidates(name)?.into_iter().skip(1) {
        if session.ask(&DescribeSecret { path: path.clone() }).is_ok()
            && let Some(environment) = path.rsplit('/').nth(1)
        {
            return scope.in_environment(environment).map(Some);
        }
    }
    Ok(None)
}

/// The names of the secrets directly in a folder, those of the first page.
fn names_in(session: &Session, folder: &str) -> Result<Vec<String>, Failure> {
    let page = session.ask(&ListSecrets::below(folder))?;
    let name = |entry: &Listed| match entry {
        Listed::Secret { path, .. } => path.strip_prefix(folder).map(str::to_owned),
        Listed::Folder(_) => None,
    };
    Ok(page.entries.iter().filter_map(name).collect())
}

/// The numbers of versions.
pub(super) fn numbers(versions: &[&Version]) -> Vec<VersionNumber> {
    versions.iter().map(|version| version.number).collect()
}

/// Numbers as `--versions` takes them.
pub(super) fn joined(numbers: &[VersionNumber]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Numbers as JSON has them.
pub(super) fn json_numbers(numbers: &[VersionNumber]) -> Vec<u64> {
    numbers.iter().map(|number| number.0).collect()
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
