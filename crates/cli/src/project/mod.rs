//! `strongroom.toml`, the project file: committed, and only names in it. Values come from the store.
//!
//! `docs/reference/strongroom-toml.md` is its reference. Also here: the edits of the files beside it,
//! `.gitignore` and the project file itself.

mod edit;
mod environments;
mod generator;
mod ignore;
mod kind;
mod manifest;
mod table;
mod template;

use std::io;
use std::path::{Path, PathBuf};

pub use edit::{EditError, NewSecret, ProjectFile, write_atomically};
pub use generator::{GENERATED_LENGTH_MAX, GENERATED_LENGTH_MIN, Generator, GeneratorError};
pub use ignore::{Ignored, add_ignore, is_ignored};
pub use kind::{Kind, KindError};
pub use template::{ResolveError, Template, TemplateError};

use crate::formats::{Name, Problem};

/// The name of the project file.
pub const PROJECT_FILE: &str = "strongroom.toml";
/// The environment of a project that declares none.
pub const ENVIRONMENT_DEFAULT: &str = "dev";
/// Bytes of a project file.
pub const PROJECT_BYTES_MAX: usize = 1024 * 1024;
/// Environments of a project.
pub const ENVIRONMENTS_MAX: usize = 100;
/// Secrets declared in one table.
pub const SECRETS_MAX: usize = 2_000;
/// Characters of the name of a project or an environment.
pub const LABEL_CHARS_MAX: usize = 64;

/// A project file that has been checked: every environment resolves.
#[derive(Debug, Clone)]
pub struct Project {
    name: String,
    default_environment: String,
    environments: Vec<Environment>,
}

/// An environment with its inheritance resolved.
#[derive(Debug, Clone)]
struct Environment {
    name: String,
    lookup_order: Vec<String>,
    declarations: Vec<Declaration>,
}

/// A secret that a program of the project needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The environment variable.
    pub name: Name,
    /// Whether a program must not start without it.
    pub required: bool,
    /// What its text looks like.
    pub kind: Kind,
    /// For people.
    pub description: Option<String>,
    /// Where a value comes from beside the secret of this name.
    pub source: Option<Source>,
    /// Characters of the value: at least.
    pub min_length: Option<usize>,
    /// Characters of the value: at most.
    pub max_length: Option<usize>,
}

/// Where the value of a declared secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// This, when nothing is stored. It is committed in clear.
    Default(Template),
    /// Always this, made of other declared secrets.
    Value(Template),
    /// A new value is made so when one is wanted and nothing is stored.
    Generate(Generator),
    /// The secret at this path.
    Reference(String),
}

impl Project {
    /// The project file of a folder or of the nearest folder above it. The search ends at the folder that
    /// holds `.git`, which is looked at last, or at the root.
    pub fn find(folder: &Path) -> Option<PathBuf> {
        for folder in folder.ancestors() {
            let file = folder.join(PROJECT_FILE);
            if file.is_file() {
                return Some(file);
            }
            if folder.join(".git").exists() {
                return None;
            }
        }
        None
    }

    /// Reads and checks a project file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(path: &Path) -> Result<Self, Problem> {
        let file = path.display().to_string();
        let text = read_limited(path).map_err(|error| {
            let hint = "make one here: strongroom init";
            Problem::new(&file, format!("cannot read the project file: {error}"), hint)
        })?;
        Self::parse(&file, &text)
    }

    /// The same from text; `file` is its name for the errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problem> {
        environments::resolve(manifest::parse(file, text)?)
    }

    /// The project's name, part of the path of its secrets.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The environment that is used when none is named.
    pub fn default_environment(&self) -> &str {
        &self.default_environment
    }

    /// The names of the environments in the order of the file.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(|environment| environment.name.as_str())
    }

    /// The secrets of an environment: the project's in the order of the file, then those that only its
    /// ancestors or it declare. None when there is no such environment.
    pub fn declared(&self, environment: &str) -> Option<&[Declaration]> {
        Some(&self.environment(environment)?.declarations)
    }

    /// The environments in which a value is looked for: itself, then what it inherits. None when there is
    /// no such environment.
    pub fn lookup_order(&self, environment: &str) -> Option<&[String]> {
        Some(&self.environment(environment)?.lookup_order)
    }

    /// The canonical path of a secret, `secret/<project>/<environment>/<NAME>`.
    pub fn secret_path(&self, environment: &str, name: &Name) -> String {
        format!("secret/{}/{environment}/{name}", self.name)
    }

    fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name == name)
    }
}

impl Declaration {
    /// Checks a value against the type and the lengths.
    ///
    /// # Errors
    /// What is wrong with it; never quotes it.
    pub fn check(&self, value: &str) -> Result<(), KindError> {
        let length = value.chars().count();
        match (self.min_length, self.max_length) {
            (Some(min), _) if length < min => Err(KindError::TooShort { length, min }),
            (_, Some(max)) if length > max => Err(KindError::TooLong { length, max }),
            _ => self.kind.check(value),
        }
    }

    /// The template of the default or of the composed value.
    pub fn template(&self) -> Option<&Template> {
        match &self.source {
            Some(Source::Default(template) | Source::Value(template)) => Some(template),
            _ => None,
        }
    }
}

/// Whether it can name a project or an environment: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
pub fn is_label(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() <= LABEL_CHARS_MAX
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(inside)
}

fn read_limited(path: &Path) -> io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    let limit = PROJECT_BYTES_MAX as u64 + 1;
    std::fs::File::open(path)?.take(limit).read_to_string(&mut text)?;
    if text.len() > PROJECT_BYTES_MAX {
        return Err(io::Error::other(format!("it is longer than {PROJECT_BYTES_MAX} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
