use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

use strongroom_core::crypto::seal::{SealMethod, UnsealKey, write_keyfile};
use strongroom_core::model::Payload;
use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::ReadSecrets;
use strongroom_engine::{initialise, seal_method};

use super::import::store_entries;
use crate::context::Context;
use crate::failure::Failure;
use crate::formats::{Entry, FILE_BYTES_MAX, ImportOptions, import, importer, render_example};
use crate::home::write_private;
use crate::project::{
    Ignored, PROJECT_FILE, Project, ProjectFile, add_ignore, is_label, write_atomically,
};
use crate::scope::{Scope, ScopeArguments};
use crate::seals::{SealArguments, hand_over, new_seal};
use crate::session::Session;
use crate::{git, prompt, session, store, unseal};

const DOTENV: &str = ".env";
const EXAMPLE: &str = ".env.example";

/// Make a local store, and move a .env file into it
///
/// Makes the store where there is none; with STRONGROOM_ADDR the server's is used. In a folder that holds a .env file, offers to move its values into the store:
/// they are written and read back, strongroom.toml gets their names, .gitignore gets .env, .env.example is left with
/// the names, and .env is removed.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Move .env into the store without asking
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    seal: SealArguments,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    make_store(context, &arguments)?;
    let folder = std::env::current_dir()
        .map_err(|error| Failure::new(format_args!("the current folder is gone: {error}")))?;
    let dotenv = folder.join(DOTENV);
    let has_dotenv = dotenv.is_file();
    if has_dotenv && wants_move(context, &arguments)? {
        move_dotenv(context, &arguments, &folder, &dotenv)?;
    } else if has_dotenv {
        context.output.hint("move .env into the store: strongroom init --yes");
    } else if Project::find(&folder).is_none() {
        make_project(context, &arguments, &folder, &[])?;
        context.output.hint("store a secret: strongroom set API_KEY");
    }
    Ok(ExitCode::SUCCESS)
}

fn make_store(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    if let Some(address) = session::address() {
        context.output.note(format_args!("using the server at {address}"));
        return Ok(());
    }
    let database = context.home.database();
    context.home.make().map_err(|error| Failure::file("make", context.home.directory(), &error))?;
    if store::exists(&database)? {
        let found = store::open(&database)?;
        if seal_method(&*found)?.is_some() {
            context
                .output
                .note(format_args!("using the store in {}", context.home.directory().display()));
            return Ok(());
        }
    }
    let new = new_seal(context, &arguments.seal, None, || {
        unseal::given_passphrase(context).unwrap_or_else(prompt::new_passphrase)
    })?;
    if new.method == SealMethod::Keyfile {
        keep_key(context, &new.key)?;
    }
    let store = if store::exists(&database)? {
        store::open(&database)? as std::sync::Arc<dyn strongroom_store::Store>
    } else {
        store::create(&database)?
    };
    initialise(&*store, new.method.clone(), &new.key, &*context.clock, &*context.random)?;
    context.output.done(format_args!("made a store in {}", context.home.directory().display()));
    if new.method == SealMethod::Keyfile {
        context.output.note(format_args!(
            "its key is {}: keep a copy of it somewhere else",
            context.home.key_file().display()
        ));
    }
    hand_over(context, &new.shares)
}

/// Write the key before the store needs it. A key file that is there was left by an attempt that was broken off
/// before it had a store, or is somebody's: it is not overwritten.
fn keep_key(context: &Context, key: &UnsealKey) -> Result<(), Failure> {
    let path = context.home.key_file();
    write_private(path, write_keyfile(key).as_bytes()).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::new(format_args!(
            "{} is there already, and the store is not",
            path.display()
        ))
        .hint(
            "if it is the key of another store, put it elsewhere; if nothing needs it, remove it",
        ),
        _ => Failure::file("write", path, &error),
    })
}

fn wants_move(context: &Context, arguments: &Arguments) -> Result<bool, Failure> {
    if arguments.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() || context.output.json {
        return Ok(false);
    }
    prompt::confirm("Move .env into the store?", true)
}

fn move_dotenv(
    context: &Context,
    arguments: &Arguments,
    folder: &Path,
    dotenv: &Path,
) -> Result<(), Failure> {
    let bytes = super::import::read_file(dotenv, FILE_BYTES_MAX)?;
    let dialect = importer("dotenv").ok_or_else(|| Failure::new("there is no dotenv importer"))?;
    let imported = import(dialect, DOTENV, &bytes, &ImportOptions::default())?;
    super::import::warn(context, &imported.warnings);
    let text = std::str::from_utf8(&bytes).map_err(|_| Failure::new(".env is not UTF-8"))?;
    let example = render_example(DOTENV, text)?;
    make_project(context, arguments, folder, &imported.entries)?;
    let scope = Scope::locate(&arguments.scope)?;
    let session = Session::open(context)?;
    store_entries(&session, &scope, &imported.entries)?;
    verify(&session, &scope, &imported.entries)?;
    session.finish()?;
    leave_example(folder, &example)?;
    ignore(context, folder)?;
    let in_history = git::is_tracked(folder, DOTENV);
    std::fs::remove_file(dotenv).map_err(|error| Failure::file("remove", dotenv, &error))?;
    let names: Vec<_> = imported.entries.iter().map(|entry| entry.name.to_string()).collect();
    context.output.done(format_args!(
        "moved {} of .env into {}: {}",
        names.len(),
        scope.prefix(),
        names.join(", ")
    ));
    if in_history {
        context.output.warning(".env is in git's history, where its values stay: replace those keys at their providers");
        context.output.hint("take it out of the index: git rm --cached .env");
    }
    context.output.hint("run a program with them: strongroom run -- python app.py");
    Ok(())
}

/// The values are read back through the engine before their only other copy is removed.
fn verify(session: &Session, scope: &Scope, entries: &[Entry]) -> Result<(), Failure> {
    let wanted = entries
        .iter()
        .map(|entry| (entry.name.to_string(), vec![format!("{}{}", scope.prefix(), entry.name)]))
        .collect();
    let answers = session.ask(&ReadSecrets { subject: scope.prefix(), wanted })?;
    for (entry, answer) in entries.iter().zip(answers) {
        let expected = SecretValue::new(entry.value.as_bytes().to_vec());
        let same = answer.is_some_and(|read| *Payload::value(&read.payload) == expected);
        if !same {
            return Err(Failure::new(format_args!(
                "{} was not read back as it was written; .env is left as it was",
                entry.name
            )));
        }
    }
    Ok(())
}

/// Make the project file, or add to the one that is there.
fn make_project(
    context: &Context,
    arguments: &Arguments,
    folder: &Path,
    entries: &[Entry],
) -> Result<(), Failure> {
    let names: Vec<_> = entries.iter().map(|entry| entry.name.clone()).collect();
    if Project::find(folder).is_some() {
        return super::set::declare(context, &Scope::locate(&arguments.scope)?, &names);
    }
    let path = folder.join(PROJECT_FILE);
    let name = match &arguments.scope.project {
        Some(name) => name.clone(),
        None => project_name(folder),
    };
    let file = ProjectFile::create(&name, &names).map_err(Failure::usage)?;
    file.save(&path).map_err(|error| Failure::file("write", &path, &error))?;
    context.output.done(format_args!("wrote {PROJECT_FILE} for the project {name}"));
    Ok(())
}

/// The folder's name, with what a project's name cannot have replaced.
fn project_name(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .take(64)
        .collect();
    let name = name.trim_matches(['-', '.', '_']).to_owned();
    if is_label(&name) { name } else { "app".to_owned() }
}

fn leave_example(folder: &Path, example: &str) -> Result<(), Failure> {
    let path = folder.join(EXAMPLE);
    if path.exists() {
        return Ok(());
    }
    write_atomically(&path, example.as_bytes())
        .map_err(|error| Failure::file("write", &path, &error))
}

fn ignore(context: &Context, folder: &Path) -> Result<(), Failure> {
    let added = add_ignore(folder, DOTENV)
        .map_err(|error| Failure::file("write", &folder.join(".gitignore"), &error))?;
    if added == Ignored::Added {
        context.output.note("added .env to .gitignore");
    }
    Ok(())
}
