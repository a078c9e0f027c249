use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::{Payload, PayloadKind};
use strongroom_core::secret::SecretValue;
use strongroom_engine::Kind;
use strongroom_engine::operations::{DescribeSecret, PUT_BYTES_MAX, PUT_SECRETS_MAX, PutSecrets};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::formats::{
    Entry, FILE_BYTES_MAX, IMPORTERS, ImportOptions, Nested, Problem, import, importer, importer_of,
};
use crate::prompt;
use crate::scope::{Scope, ScopeArguments};
use crate::session::{Refusal, Session};

/// Store the values of a file
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file; `-` reads the standard input
    file: PathBuf,
    /// dotenv, json, yaml or toml, instead of what the file's name says
    #[arg(long, short, value_name = "FORMAT")]
    format: Option<String>,
    /// Replace ${NAME} in a .env file by the values that the file gives
    #[arg(long)]
    expand: bool,
    /// What to do with nested values: refuse, flatten, or json
    #[arg(long, value_enum, default_value = "refuse", value_name = "WHAT")]
    nested: NestedChoice,
    #[command(flatten)]
    scope: ScopeArguments,
}

/// What to do with nested values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum NestedChoice {
    /// Refuse the file
    Refuse,
    /// Join the names with two underscores
    Flatten,
    /// Store them as JSON text
    Json,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let name = arguments.file.display().to_string();
    let found = match &arguments.format {
        Some(format) => importer(format),
        None => importer_of(&name),
    };
    let found = found.ok_or_else(|| {
        let known: Vec<_> = IMPORTERS.iter().map(|importer| importer.name()).collect();
        Failure::usage(format_args!("{name}: what format is it?"))
            .hint(format_args!("say it with --format; there are {}", known.join(", ")))
    })?;
    let bytes = match name.as_str() {
        "-" => prompt::standard_input()?,
        _ => read_file(&arguments.file, FILE_BYTES_MAX)?,
    };
    let nested = match arguments.nested {
        NestedChoice::Refuse => Nested::Refuse,
        NestedChoice::Flatten => Nested::Flatten { separator: "__".to_owned() },
        NestedChoice::Json => Nested::Json,
    };
    let options = ImportOptions { expand: arguments.expand, nested };
    let imported = import(found, &name, &bytes, &options)?;
    warn(context, &imported.warnings);
    let session = Session::open(context)?;
    store_entries(&session, &scope, &imported.entries)?;
    super::set::declare(
        context,
        &scope,
        &imported.entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>(),
    )?;
    let names: Vec<_> = imported.entries.iter().map(|entry| entry.name.to_string()).collect();
    if context.output.json {
        context.output.json(&json!({ "prefix": scope.prefix(), "stored": names }))?;
    } else {
        let (count, prefix) = (names.len(), scope.prefix());
        context.output.done(format_args!("stored {count} in {prefix}: {}", names.join(", ")));
    }
    Ok(ExitCode::SUCCESS)
}

/// Write entries as secrets of the scope, as many in one commit as fit. A failure tells which were stored.
pub(super) fn store_entries(
    session: &Session,
    scope: &Scope,
    entries: &[Entry],
) -> Result<(), Failure> {
    let mut done = 0;
    while let Some(rest) = entries.get(done..).filter(|rest| !rest.is_empty()) {
        let mut bytes = 0;
        let fitting = rest.iter().take(PUT_SECRETS_MAX).take_while(|entry| {
            bytes += entry.value.len();
            bytes <= PUT_BYTES_MAX
        });
        let count = fitting.count().max(1);
        let secrets = rest
            .iter()
            .take(count)
            .map(|entry| {
                let value = SecretValue::new(entry.value.as_bytes().to_vec());
                let payload = Payload::new(PayloadKind::Text, value)
                    .map_err(|error| Failure::new(format_args!("{}: {error}", entry.name)))?;
                Ok((format!("{}{}", scope.prefix(), entry.name), payload))
            })
            .collect::<Result<Vec<_>, Failure>>()?;
        session.ask(&PutSecrets { subject: scope.prefix(), secrets }).map_err(|error| {
            let failure = about_entries(session, scope, entries, error);
            if done == 0 {
                failure
            } else {
                failure.hint(format_args!("the first {done} are stored; run it again"))
            }
        })?;
        done += count;
    }
    Ok(())
}

/// What was said of several secrets. It does not say which of them are deleted, so they are looked up.
fn about_entries(session: &Session, scope: &Scope, entries: &[Entry], error: Refusal) -> Failure {
    if error.kind() != Kind::Deleted {
        return error.into();
    }
    let is_deleted = |name: &&str| {
        let path = format!("{}{name}", scope.prefix());
        session.ask(&DescribeSecret { path }).is_ok_and(|secret| secret.is_deleted())
    };
    let deleted: Vec<_> =
        entries.iter().map(|entry| entry.name.as_str()).filter(is_deleted).collect();
    let message = format!("{} is deleted, and nothing is stored over it", deleted.join(", "));
    deleted.iter().fold(Failure::new(message), |failure, name| {
        failure.hint(format_args!("bring it back: strongroom undelete {}", scope.words(name)))
    })
}

/// Read a file that may hold secrets.
pub(super) fn read_file(path: &Path, bytes_max: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error| Failure::file("read", path, &error);
    let file = File::open(path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let capacity = usize::try_from(size).unwrap_or(bytes_max).min(bytes_max) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > bytes_max {
        return Err(Failure::new(format_args!(
            "{} is larger than {bytes_max} bytes",
            path.display()
        )));
    }
    Ok(bytes)
}

pub(super) fn warn(context: &Context, warnings: &[Problem]) {
    for warning in warnings {
        context.output.warning(warning);
        if !warning.hint.is_empty() {
            context.output.hint(&warning.hint);
        }
    }
}
