use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::formats::{EXPORTERS, Entry, ExportError, ExportOptions, Exporter, export, exporter};
use crate::home::write_private;
use crate::resolve::{lacking, resolve};
use crate::scope::{Scope, ScopeArguments, parse_name};
use crate::session::Session;

/// Where GitHub Actions reads the environment of later steps from.
const GITHUB_FILE: &str = "GITHUB_ENV";

/// Write a project's values in another tool's format
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// dotenv, shell, json, yaml, toml, docker, k8s or github-actions
    #[arg(long, short, value_name = "FORMAT", default_value = "dotenv")]
    format: String,
    /// Only these secrets
    #[arg(long, short, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Without these secrets
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    except: Vec<String>,
    /// Write to this file, which only its owner may read, instead of the standard output
    #[arg(long, short = 'O', value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file
    #[arg(long, requires = "output")]
    force: bool,
    /// With k8s: the name of the Secret; the project's unless said
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// With k8s: the namespace of the Secret
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let format = if context.output.json { "json" } else { &arguments.format };
    let exporter = exporter(format).ok_or_else(|| {
        let known: Vec<_> = EXPORTERS.iter().map(|exporter| exporter.name()).collect();
        Failure::usage(format_args!("there is no format {format:?}"))
            .hint(format_args!("there are {}", known.join(", ")))
    })?;
    let scope = Scope::locate(&arguments.scope)?;
    let only = arguments.only.iter().map(|name| parse_name(name)).collect::<Result<Vec<_>, _>>()?;
    let only = if only.is_empty() { None } else { Some(only) };
    let session = Session::open(context)?;
    let resolved = resolve(&session, &scope, only.as_deref())?;
    session.finish()?;
    if !resolved.missing.is_empty() {
        let missing: Vec<_> = resolved.missing.into_iter().map(|one| (&scope, one)).collect();
        return Err(lacking("not exported", &missing));
    }
    let is_wanted = |entry: &Entry| !arguments.except.iter().any(|name| name == entry.name.as_str());
    let entries: Vec<_> = resolved.entries.into_iter().filter(is_wanted).collect();
    let options = ExportOptions {
        object_name: arguments.name.clone().unwrap_or_else(|| scope.project.to_ascii_lowercase()),
        namespace: arguments.namespace.clone(),
    };
    let mut text = Zeroizing::new(Vec::new());
    export(exporter, &entries, &options, &mut *text).map_err(refused)?;
    deliver(context, &arguments, exporter, &entries, &text)?;
    Ok(ExitCode::SUCCESS)
}

/// A runner of GitHub Actions takes the values from its own file, and is told on the standard output what to mask.
fn deliver(
    context: &Context,
    arguments: &Arguments,
    exporter: &dyn Exporter,
    entries: &[Entry],
    text: &[u8],
) -> Result<(), Failure> {
    let mut masks = Zeroizing::new(Vec::new());
    exporter.write_masks(entries, &mut *masks).map_err(Failure::new)?;
    let runner_file = std::env::var_os(GITHUB_FILE).filter(|_| !masks.is_empty());
    match (&arguments.output, runner_file) {
        (Some(path), _) => write_file(path, text, arguments.force)?,
        (None, Some(path)) => {
            // The masks come first: a step must not be able to print what the runner does not mask yet.
            context.output.data(&masks)?;
            return append(Path::new(&path), text);
        }
        (None, None) => context.output.data(text)?,
    }
    if !masks.is_empty() {
        context.output.data(&masks)?;
    }
    if let Some(path) = &arguments.output {
        let (count, path) = (entries.len(), path.display());
        context.output.done(format_args!("wrote {count} values in clear to {path}"));
    }
    Ok(())
}

fn write_file(path: &Path, text: &[u8], force: bool) -> Result<(), Failure> {
    if force && path.exists() {
        std::fs::remove_file(path).map_err(|error| Failure::file("replace", path, &error))?;
    }
    write_private(path, text).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(format_args!("{} exists already", path.display()))
                .hint("replace it with --force")
        }
        _ => Failure::file("write", path, &error),
    })
}

fn append(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text))
        .map_err(|error| Failure::file("write", path, &error))
}

fn refused(error: ExportError) -> Failure {
    match error {
        ExportError::Refused { message, hint } => Failure::new(message).hint(hint),
        other => Failure::new(other),
    }
}
