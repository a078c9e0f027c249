use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use strongroom_core::time::Clock;
use strongroom_engine::operations::{StoreTask, WholeStore};
use strongroom_engine::{OpenError, anchors, seal_method};
use strongroom_store_sqlite::{OpenOptions, SqliteStore};

use super::about::confirmed;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::Local;
use crate::{store, unseal};

/// Put a copy made by `backup` in the store's place
///
/// The copy is read whole and opened with the key before anything is changed. The store that was there is kept beside
/// it. The audit log goes on, and tells of the restore.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The copy
    file: PathBuf,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    check(context, &arguments)?;
    let database = context.home.database();
    context.home.make().map_err(|error| Failure::file("make", context.home.directory(), &error))?;
    if store::exists(&database)? {
        confirmed(
            arguments.yes,
            &format!("Replace the store in {}?", context.home.directory().display()),
        )?;
        keep_old(context)?;
    }
    strongroom_store_sqlite::restore(&arguments.file, &database, true).map_err(|error| {
        Failure::new(format_args!("nothing was restored: {error}"))
            .hint("end other programs that use the store, and try again")
    })?;
    let session = Local::open(context)?;
    let place = arguments.file.display().to_string();
    session.ask(&WholeStore { task: StoreTask::Restore, place })?;
    session.finish()?;
    context.output.done(format_args!("restored the store from {}", arguments.file.display()));
    Ok(ExitCode::SUCCESS)
}

/// That the copy is a store and the key opens it.
fn check(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let copy = SqliteStore::open(&arguments.file, &OpenOptions::read_only())
        .map_err(|error| Failure::new(format_args!("this is no backup to restore: {error}")))?;
    let damaged = copy.check_integrity(|| true)?;
    if let Some(first) = damaged.first() {
        return Err(Failure::new(format_args!("the backup is damaged: {first}"))
            .hint("try an older backup"));
    }
    let method = seal_method(&copy)?.ok_or(OpenError::NotInitialised)?;
    let key = unseal::key(context, &method)?;
    match anchors(&copy, &key) {
        Ok(_) => Ok(()),
        Err(OpenError::WrongKey) => Err(Failure::new("the key does not open this backup")
            .hint("it was sealed with another key: say where that is with --key-file FILE")),
        Err(error) => Err(Failure::from(error)),
    }
}

/// A copy of the store as it is now, when it can be read at all.
fn keep_old(context: &Context) -> Result<(), Failure> {
    let name = format!("store.db.before-restore-{}", context.clock.now().0 / 1_000);
    let kept = context.home.directory().join(name);
    let found: Result<Arc<SqliteStore>, Failure> = store::open(&context.home.database());
    let copied = found.and_then(|store| store.backup_to(&kept, false).map_err(Failure::new));
    match copied {
        Ok(()) => {
            context.output.note(format_args!("the store that was there is in {}", kept.display()))
        }
        Err(failure) => {
            // A store that is too damaged to be copied as one is kept byte for byte.
            std::fs::copy(context.home.database(), &kept)
                .map_err(|error| Failure::file("keep the old store as", &kept, &error))?;
            context.output.warning(format_args!(
                "the store that was there cannot be read ({failure}); its file is in {}",
                kept.display()
            ));
        }
    }
    Ok(())
}
