//! What a name on the command line means: the project and the environment that it belongs to.

use std::path::PathBuf;

use crate::failure::Failure;
use crate::formats::Name;
use crate::project::{Declaration, ENVIRONMENT_DEFAULT, Project, is_label};

/// The project of secrets outside any project folder.
pub const PROJECT_DEFAULT: &str = "default";

/// Options of commands about a project's secrets.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ScopeArguments {
    /// The environment, such as dev or prod
    #[arg(long, short, value_name = "ENV", env = "STRONGROOM_ENV")]
    pub env: Option<String>,
    /// The project, instead of the one whose folder this is
    #[arg(long, short, value_name = "NAME", env = "STRONGROOM_PROJECT")]
    pub project: Option<String>,
}

/// A project and one of its environments.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The project file and what it says; `None` outside a project folder, or when another project was named.
    pub file: Option<(PathBuf, Project)>,
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
}

impl Scope {
    /// The scope of the current folder and the options.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn locate(arguments: &ScopeArguments) -> Result<Self, Failure> {
        let file = find_project()?;
        let file = file.filter(|(_, found)| {
            arguments.project.as_deref().is_none_or(|wanted| wanted == found.name())
        });
        let project = match (&arguments.project, &file) {
            (Some(name), _) => label("project", name)?,
            (None, Some((_, project))) => project.name().to_owned(),
            (None, None) => PROJECT_DEFAULT.to_owned(),
        };
        let environment = match (&arguments.env, &file) {
            (Some(name), _) => label("environment", name)?,
            (None, Some((_, project))) => project.default_environment().to_owned(),
            (None, None) => ENVIRONMENT_DEFAULT.to_owned(),
        };
        if let Some((path, project)) = &file
            && project.declared(&environment).is_none()
        {
            let known: Vec<_> = project.environments().collect();
            return Err(Failure::usage(format_args!(
                "{} has no environment {environment:?}",
                path.display()
            ))
            .hint(format_args!("it has: {}", known.join(", "))));
        }
        Ok(Self { file, project, environment })
    }

    /// The same project in another environment.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn in_environment(&self, environment: &str) -> Result<Self, Failure> {
        let arguments = ScopeArguments {
            env: Some(environment.to_owned()),
            project: Some(self.project.clone()),
        };
        Self::locate(&arguments)
    }

    /// The canonical path that a name is written at: a path with a `/` is canonical already.
    ///
    /// # Errors
    /// [`Failure`] when it is no name.
    pub fn path(&self, name: &str) -> Result<String, Failure> {
        if name.contains('/') {
            return Ok(name.to_owned());
        }
        let name = parse_name(name)?;
        Ok(format!("{}{name}", self.prefix()))
    }

    /// The canonical paths that a name is read from, best first: the environment's own, then those it inherits.
    ///
    /// # Errors
    /// [`Failure`] when it is no name.
    pub fn candidates(&self, name: &str) -> Result<Vec<String>, Failure> {
        if name.contains('/') {
            return Ok(vec![name.to_owned()]);
        }
        let name = parse_name(name)?;
        Ok(self.candidates_of(&name))
    }

    /// As [`Self::candidates`].
    #[must_use]
    pub fn candidates_of(&self, name: &Name) -> Vec<String> {
        let order =
            self.file.as_ref().and_then(|(_, project)| project.lookup_order(&self.environment));
        match order {
            Some(order) => order
                .iter()
                .map(|environment| format!("secret/{}/{environment}/{name}", self.project))
                .collect(),
            None => vec![format!("{}{name}", self.prefix())],
        }
    }

    /// What the project file declares for the environment; nothing where there is no file.
    #[must_use]
    pub fn declared(&self) -> &[Declaration] {
        let file = self.file.as_ref();
        file.and_then(|(_, project)| project.declared(&self.environment)).unwrap_or_default()
    }

    /// The folder of the environment's secrets, ending with `/`.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("secret/{}/{}/", self.project, self.environment)
    }
}

/// A name that an environment variable can have.
///
/// # Errors
/// [`Failure`]
pub fn parse_name(name: &str) -> Result<Name, Failure> {
    if name.contains('=') {
        // What follows is probably a value, which is not repeated.
        return Err(
            Failure::usage("a name has no `=`").hint("strongroom set NAME asks for the value")
        );
    }
    Name::parse(name)
        .map_err(|fault| Failure::usage(format_args!("{name:?}: {fault}")).hint(fault.hint()))
}

fn find_project() -> Result<Option<(PathBuf, Project)>, Failure> {
    let Ok(folder) = std::env::current_dir() else { return Ok(None) };
    let Some(path) = Project::find(&folder) else { return Ok(None) };
    let project = Project::load(&path)?;
    Ok(Some((path, project)))
}

fn label(what: &str, name: &str) -> Result<String, Failure> {
    if is_label(name) {
        return Ok(name.to_owned());
    }
    Err(Failure::usage(format_args!(
        "{name:?} is no name of {}: it takes at most 64 letters, digits, `.`, `_` and `-`",
        if what == "project" { "a project" } else { "an environment" }
    )))
}
