use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::formats::{
    EXPORTERS, Entry, ExportError, ExportOptions, Exporter, Name, export, exporter,
};
use crate::home::write_private;
use crate::resolve::{lacking, resolve, stored_names, unfit, unknown_names};
use crate::scope::{Scope, ScopeArguments, parse_name};
use crate::session::Session;

/// Where GitHub Actions reads the environment of later steps from.
const GITHUB_FILE: &str = "GITHUB_ENV";

/// Write a project's values in another tool's format
///
/// They go to the standard output, or with --output to a new file. github-actions adds them to the file that
/// $GITHUB_ENV names, and writes the commands that mask them in the job's log to the standard output.
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
    /// Write values although they are not of the type that strongroom.toml says
    #[arg(long)]
    no_check: bool,
    /// With k8s: the name of the Secret; the project's unless said
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// With k8s: the namespace of the Secret
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    #[command(flatten)]
    scope: ScopeArguments,
}

/// Where the text goes.
enum Destination {
    /// The standard output.
    Stdout,
    /// A file of its own.
    File { path: PathBuf, replaces: bool },
    /// The end of the file that the runner of a job reads.
    Job(PathBuf),
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let format = if context.output.json { "json" } else { &arguments.format };
    let exporter = exporter(format).ok_or_else(|| {
        let known: Vec<_> = EXPORTERS.iter().map(|exporter| exporter.name()).collect();
        Failure::usage(format_args!("there is no format {format:?}"))
            .hint(format_args!("there are {}", known.join(", ")))
    })?;
    let destination = Destination::of(&arguments, exporter)?;
    let scope = Scope::locate(&arguments.scope)?;
    let session = Session::open(context)?;
    let entries = entries(&session, &scope, &arguments)?;
    session.finish()?;
    let options = ExportOptions {
        object_name: arguments.name.clone().unwrap_or_else(|| object_name(&scope.project)),
        namespace: arguments.namespace.clone(),
    };
    // All of it is made before any is written: a format may refuse a value.
    let mut text = Zeroizing::new(Vec::with_capacity(bytes_max(&entries)));
    export(exporter, &entries, &options, &mut *text).map_err(refused)?;
    let mut masks = Zeroizing::new(Vec::with_capacity(bytes_max(&entries)));
    exporter.write_masks(&entries, &mut *masks).map_err(Failure::new)?;
    // The masks come first: a step must not be able to print what the runner does not mask yet.
    context.output.data(&masks)?;
    let path = match &destination {
        Destination::Stdout => return context.output.data(&text).map(|()| ExitCode::SUCCESS),
        Destination::File { path, replaces } => {
            write_file(path, &text, *replaces)?;
            path
        }
        Destination::Job(path) => {
            append(path, &text)?;
            path
        }
    };
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let (count, path) = (names.len(), path.display());
    context
        .output
        .done(format_args!("wrote {count} values in clear to {path}: {}", names.join(", ")));
    Ok(ExitCode::SUCCESS)
}

impl Destination {
    fn of(arguments: &Arguments, exporter: &dyn Exporter) -> Result<Self, Failure> {
        if let Some(path) = &arguments.output {
            let (path, replaces) = (path.clone(), arguments.force);
            if !replaces && path.symlink_metadata().is_ok() {
                return Err(exists(&path));
            }
            return Ok(Self::File { path, replaces });
        }
        if exporter.name() != "github-actions" {
            return Ok(Self::Stdout);
        }
        match std::env::var_os(GITHUB_FILE).filter(|path| !path.is_empty()) {
            Some(path) => Ok(Self::Job(path.into())),
            None => Err(Failure::usage(format_args!(
                "this is no step of a GitHub Actions job: {GITHUB_FILE} is not set"
            ))
            .hint("write to a file: strongroom export --format github-actions --output FILE")),
        }
    }
}

/// The values that are asked for. A missing or unfit one stops everything.
fn entries(session: &Session, scope: &Scope, arguments: &Arguments) -> Result<Vec<Entry>, Failure> {
    let parse = |names: &[String]| -> Result<Vec<Name>, Failure> {
        names.iter().map(|name| parse_name(name)).collect()
    };
    let (mut only, except) = (parse(&arguments.only)?, parse(&arguments.except)?);
    let is_all = only.is_empty() && except.is_empty();
    if only.is_empty() && !except.is_empty() {
        only = match &scope.file {
            Some(_) => scope.declared().iter().map(|one| one.name.clone()).collect(),
            None => stored_names(session, scope)?,
        };
    }
    if scope.file.is_some() {
        unknown_names(scope.declared(), Some(&except), scope)?;
    }
    only.retain(|name| !except.contains(name));
    let resolved = resolve(session, scope, if is_all { None } else { Some(&only) })?;
    if !resolved.missing.is_empty() {
        let missing: Vec<_> = resolved.missing.into_iter().map(|one| (scope, one)).collect();
        return Err(lacking("not exported", &missing));
    }
    match resolved.unfit.first() {
        Some((name, why)) if !arguments.no_check => Err(unfit("not exported", scope, name, why)
            .hint("export it all the same: strongroom export --no-check")),
        _ => Ok(resolved.entries),
    }
}

/// Room for every format, so that a buffer that grows leaves no copy of a value behind: escapes take at most six
/// bytes for one.
fn bytes_max(entries: &[Entry]) -> usize {
    const ESCAPED_BYTES_MAX: usize = 6;
    const AROUND_BYTES: usize = 128;
    let size = |entry: &Entry| entry.name.as_str().len() + entry.value.len();
    let sizes = entries.iter().map(|entry| size(entry) * ESCAPED_BYTES_MAX + AROUND_BYTES);
    sizes.sum::<usize>() + AROUND_BYTES
}

/// The project's name as Kubernetes takes it.
fn object_name(project: &str) -> String {
    let name = project.to_ascii_lowercase().replace('_', "-");
    name.trim_end_matches(['-', '.']).to_owned()
}

fn exists(path: &Path) -> Failure {
    Failure::new(format_args!("{} exists already", path.display())).hint("replace it with --force")
}

/// Replacing is a rename: the old file is there until the new one is whole, and whoever has it open does not see the
/// values.
fn write_file(path: &Path, text: &[u8], replaces: bool) -> Result<(), Failure> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => Failure::file("write", path, &error),
    };
    if !replaces {
        return write_private(path, text).map_err(failed);
    }
    let Some(name) = path.file_name() else {
        return Err(Failure::usage(format_args!("{} is no file", path.display())));
    };
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = write_private(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    written.map_err(|error| {
        // A file of this name that was there before is somebody else's. The first failure is the one that is told.
        if error.kind() != io::ErrorKind::AlreadyExists {
            drop(std::fs::remove_file(&temporary));
        }
        Failure::file("write", path, &error)
    })
}

fn append(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text))
        .map_err(|error| Failure::file("write", path, &error))
}

fn refused(error: ExportError) -> Failure {
    match error {
        ExportError::Refused { message, hint } => Failure::new(message).hint(hint),
        other => Failure::new(other),
    }
}
