//! The values that a program of a project gets: what is stored, defaults, references and templates.

use std::collections::BTreeMap;

use strongroom_core::spelling::nearest;
use strongroom_engine::operations::{ListSecrets, Listed, ReadSecrets, SecretRead};

use crate::failure::Failure;
use crate::formats::{Entry, Name, Value};
use crate::project::{Declaration, Source};
use crate::scope::Scope;
use crate::session::Session;

/// What was found for a project in an environment.
#[derive(Default)]
pub struct Resolved {
    /// The values, in the order of the project file, or by name where there is none.
    pub entries: Vec<Entry>,
    /// Where each value came from, in the order of `entries`.
    pub origins: Vec<Origin>,
    /// Required secrets without a value.
    pub missing: Vec<Declaration>,
    /// Secrets without a value that a program can do without.
    pub absent: Vec<Declaration>,
    /// Values that are not what the project file says, with the reason.
    pub unfit: Vec<(Name, String)>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A version of a secret at this canonical path.
    Stored {
        /// The canonical path.
        path: String,
        /// The version's number.
        version: u64,
    },
    /// The project file's `default`.
    Default,
    /// The project file's `value`, made of other secrets.
    Composed,
}

/// Read what a program of the scope gets. With `only`, just those names, and what they are made of.
///
/// # Errors
/// [`Failure`]
pub fn resolve(
    session: &Session,
    scope: &Scope,
    only: Option<&[Name]>,
) -> Result<Resolved, Failure> {
    match &scope.file {
        Some((_, project)) => {
            let declared = project.declared(&scope.environment).unwrap_or_default();
            unknown_names(declared, only, scope)?;
            Resolver { session, scope, declared }.resolve(only)
        }
        None => undeclared(session, scope, only),
    }
}

struct Resolver<'a> {
    session: &'a Session,
    scope: &'a Scope,
    declared: &'a [Declaration],
}

impl Resolver<'_> {
    fn resolve(&self, only: Option<&[Name]>) -> Result<Resolved, Failure> {
        let needed = self.needed(only);
        let mut stored = self.stored(&needed)?;
        let mut resolved = Resolved::default();
        let wanted = self
            .declared
            .iter()
            .filter(|declaration| only.is_none_or(|only| only.contains(&declaration.name)));
        for declaration in wanted {
            match self.value(declaration, &mut stored)? {
                Some((value, origin)) => {
                    if let Err(error) = declaration.check(&value) {
                        resolved.unfit.push((declaration.name.clone(), error.to_string()));
                    }
                    resolved.entries.push(Entry { name: declaration.name.clone(), value });
                    resolved.origins.push(origin);
                }
                None if declaration.required => resolved.missing.push(declaration.clone()),
                None => resolved.absent.push(declaration.clone()),
            }
        }
        Ok(resolved)
    }

    /// The declarations that are wanted and those that their templates are made of.
    fn needed(&self, only: Option<&[Name]>) -> Vec<&Declaration> {
        let Some(only) = only else { return self.declared.iter().collect() };
        let mut names: Vec<Name> = only.to_vec();
        let mut index = 0;
        while let Some(name) = names.get(index).cloned() {
            index += 1;
            let declaration = self.declared.iter().find(|declaration| declaration.name == name);
            let template = declaration.and_then(Declaration::template);
            for reference in template.into_iter().flat_map(|template| template.references()) {
                if !names.contains(reference) {
                    names.push(reference.clone());
                }
            }
        }
        self.declared.iter().filter(|declaration| names.contains(&declaration.name)).collect()
    }

    fn stored(&self, needed: &[&Declaration]) -> Result<BTreeMap<Name, Stored>, Failure> {
        let wanted: Vec<(String, Vec<String>)> = needed
            .iter()
            .map(|declaration| {
                let candidates = match &declaration.source {
                    Some(Source::Value(_)) => Vec::new(),
                    Some(Source::Reference(path)) => vec![path.clone()],
                    _ => self.scope.candidates_of(&declaration.name),
                };
                (declaration.name.to_string(), candidates)
            })
            .collect();
        read(self.session, self.scope, wanted)
    }

    fn value(
        &self,
        declaration: &Declaration,
        stored: &mut BTreeMap<Name, Stored>,
    ) -> Result<Option<(Value, Origin)>, Failure> {
        if let Some(found) = stored.get(&declaration.name) {
            return Ok(Some((found.value.clone(), found.origin.clone())));
        }
        let (template, origin) = match &declaration.source {
            Some(Source::Default(template)) => (template, Origin::Default),
            Some(Source::Value(template)) => (template, Origin::Composed),
            _ => return Ok(None),
        };
        // The project file was checked: references form no circle, and each is declared.
        let mut parts = BTreeMap::new();
        for name in template.references() {
            let part = self.declared.iter().find(|declaration| declaration.name == *name);
            let value = part.map(|part| self.value(part, stored)).transpose()?.flatten();
            match value {
                Some((value, _)) => parts.insert(name.clone(), value),
                None => return Ok(None),
            };
        }
        let value = template.resolve(&mut |name| parts.get(name).cloned()).map_err(Failure::new)?;
        Ok(Some((value, origin)))
    }
}

struct Stored {
    value: Value,
    origin: Origin,
}

fn read(
    session: &Session,
    scope: &Scope,
    wanted: Vec<(String, Vec<String>)>,
) -> Result<BTreeMap<Name, Stored>, Failure> {
    let operation = ReadSecrets { subject: scope.prefix(), wanted };
    let answers = session.ask(&operation)?;
    let mut stored = BTreeMap::new();
    for ((name, candidates), answer) in operation.wanted.iter().zip(answers) {
        let Some(SecretRead { path, version, payload }) = answer else { continue };
        debug_assert!(candidates.contains(&path), "a value comes from a candidate");
        let name =
            Name::parse(name).map_err(|fault| Failure::new(format_args!("{name:?}: {fault}")))?;
        let Some(text) = payload.value().expose_text() else {
            return Err(Failure::new(format_args!(
                "{path} holds bytes, not text, and cannot be a variable"
            ))
            .hint(format_args!("write it to a file: strongroom get {path} > FILE")));
        };
        let value = Value::new(text.to_owned());
        let origin = Origin::Stored { path, version: version.number.0 };
        stored.insert(name, Stored { value, origin });
    }
    Ok(stored)
}

/// Without a project file, everything that is stored for the environment and has a variable's name.
fn undeclared(
    session: &Session,
    scope: &Scope,
    only: Option<&[Name]>,
) -> Result<Resolved, Failure> {
    let names = match only {
        Some(only) => only.to_vec(),
        None => stored_names(session, scope)?,
    };
    let wanted = names.iter().map(|name| (name.to_string(), scope.candidates_of(name))).collect();
    let mut stored = read(session, scope, wanted)?;
    let mut resolved = Resolved::default();
    for name in names {
        match stored.remove(&name) {
            Some(Stored { value, origin }) => {
                resolved.entries.push(Entry { name, value });
                resolved.origins.push(origin);
            }
            None => resolved.missing.push(Declaration {
                name,
                required: true,
                kind: crate::project::Kind::String,
                description: None,
                source: None,
                min_length: None,
                max_length: None,
            }),
        }
    }
    Ok(resolved)
}

/// The names that are stored for the environment.
///
/// # Errors
/// [`Failure`]
pub fn stored_names(session: &Session, scope: &Scope) -> Result<Vec<Name>, Failure> {
    let mut names = Vec::new();
    let mut list = ListSecrets::below(scope.prefix());
    loop {
        let page = session.ask(&list)?;
        names.extend(page.entries.iter().filter_map(|entry| match entry {
            Listed::Secret { path, .. } => Name::parse(path.strip_prefix(&list.prefix)?).ok(),
            Listed::Folder(_) => None,
        }));
        match page.next {
            Some(next) => list.after = Some(next),
            None => return Ok(names),
        }
    }
}

/// The failure that names every required secret without a value. `what` did not happen because of it.
#[must_use]
pub fn lacking(what: &str, missing: &[(&Scope, Declaration)]) -> Failure {
    let lines: Vec<_> = missing
        .iter()
        .map(|(scope, declaration)| match &declaration.description {
            Some(text) => format!("{} in {} ({text})", declaration.name, scope.environment),
            None => format!("{} in {}", declaration.name, scope.environment),
        })
        .collect();
    let mut failure = Failure::new(format_args!("{what}: no value for {}", lines.join(", ")));
    for (scope, declaration) in missing.iter().take(3) {
        let words = scope.words(declaration.name.as_str());
        failure = failure.hint(format_args!("strongroom set {words}"));
    }
    failure
}

/// The failure that names a value that is not what the project file says. `what` did not happen because of it.
#[must_use]
pub fn unfit(what: &str, scope: &Scope, name: &Name, why: &str) -> Failure {
    Failure::new(format_args!("{what}: the value of {name} {why}"))
        .hint(format_args!("store a better one: strongroom set {}", scope.words(name.as_str())))
}

/// Refuse names that the project file does not declare.
///
/// # Errors
/// [`Failure`] names them all, and those that were probably meant.
pub fn unknown_names(
    declared: &[Declaration],
    only: Option<&[Name]>,
    scope: &Scope,
) -> Result<(), Failure> {
    let unknown: Vec<_> = only
        .unwrap_or_default()
        .iter()
        .filter(|name| !declared.iter().any(|declaration| declaration.name == **name))
        .map(ToString::to_string)
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let failure = Failure::usage(format_args!(
        "{} is not declared for {} in strongroom.toml",
        unknown.join(", "),
        scope.environment
    ));
    let known = || declared.iter().map(|declaration| declaration.name.as_str());
    Err(unknown.iter().fold(failure, |failure, name| match nearest(name, known()) {
        Some(meant) => failure.hint(format_args!("did you mean {meant}?")),
        None => {
            failure.hint(format_args!("declare and store it: strongroom set {}", scope.words(name)))
        }
    }))
}
