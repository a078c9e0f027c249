use std::path::PathBuf;
use std::process::ExitCode;

use strongroom_core::crypto::seal::{SealMethod, write_keyfile};
use strongroom_core::time::Clock;
use strongroom_engine::OpenError;
use strongroom_engine::operations::{Reencrypt, Reseal, RetireDataKeys, RotateDataKey};
use strongroom_engine::seal_method;

use crate::context::Context;
use crate::failure::Failure;
use crate::home::{sync_parent, write_private};
use crate::prompt;
use crate::seals::{NewSeal, SealArguments, hand_over, new_seal};
use crate::session::Local;
use crate::unseal::passphrase_from;

/// The variable that holds the new passphrase, for machines without a terminal.
const NEW_PASSPHRASE_VARIABLE: &str = "STRONGROOM_NEW_PASSPHRASE";

/// Change the keys of the store
///
/// Makes a new root key and a new key-encryption key, under a new key file, passphrase or shares. With
/// --rotate-data-key, makes a new data key as well and encrypts every record with it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Make a new data key, encrypt every record with it, and forget the old ones
    #[arg(long)]
    rotate_data_key: bool,
    /// Read the new passphrase from this file instead of asking (or set STRONGROOM_NEW_PASSPHRASE)
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    seal: SealArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let session = Local::open(context)?;
    if arguments.rotate_data_key {
        rotate(context, &session)?;
    }
    let old = seal_method(&*session.database)?.ok_or(OpenError::NotInitialised)?;
    let new = new_seal(context, &arguments.seal, Some(&old), || {
        passphrase_from(arguments.new_passphrase_file.as_deref(), NEW_PASSPHRASE_VARIABLE)
            .unwrap_or_else(prompt::new_passphrase)
    })?;
    // Shares are shown before the store needs them: a terminal that goes away in between must not lock it.
    hand_over(context, &new.shares)?;
    reseal(context, &session, &new)?;
    session.engine.unseal(&new.key)?;
    session.finish()?;
    context.output.done("the store has new keys");
    Ok(ExitCode::SUCCESS)
}

/// A new key file is on disk under another name before the store takes its key, and gets its name afterwards. A
/// command that finds both tries both.
fn reseal(context: &Context, session: &Local, new: &NewSeal) -> Result<(), Failure> {
    let (path, waiting) = (context.home.key_file(), context.home.new_key_file());
    let is_keyfile = new.method == SealMethod::Keyfile;
    if is_keyfile {
        // What an attempt left that was broken off before the store took the key opens nothing.
        match std::fs::remove_file(&waiting) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::file("remove", &waiting, &error));
            }
            _ => {}
        }
        write_private(&waiting, write_keyfile(&new.key).as_bytes())
            .map_err(|error| Failure::file("write", &waiting, &error))?;
    }
    let kept = keep_old_key(context)?;
    session.ask(&Reseal { method: new.method.clone(), key: &new.key })?;
    if let Some(kept) = kept {
        context.output.note(format_args!(
            "older backups open with the old key, which is in {}; remove it when you need them no more",
            kept.display()
        ));
    }
    if is_keyfile {
        std::fs::rename(&waiting, path)
            .and_then(|()| sync_parent(path))
            .map_err(|error| Failure::file("rename", &waiting, &error))?;
    }
    Ok(())
}

/// The old key file under another name, since a backup is worth nothing without the key that it was made with.
fn keep_old_key(context: &Context) -> Result<Option<PathBuf>, Failure> {
    let path = context.home.key_file();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-rekey-{}", context.clock.now().0));
    let kept = PathBuf::from(name);
    match std::fs::hard_link(path, &kept).and_then(|()| sync_parent(path)) {
        Ok(()) => Ok(Some(kept)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::file("keep the old key as", &kept, &error)),
    }
}

fn rotate(context: &Context, session: &Local) -> Result<(), Failure> {
    let number = session.ask(&RotateDataKey)?;
    let mut records = 0;
    let mut after = None;
    loop {
        let step = session.ask(&Reencrypt { after })?;
        records += step.records;
        after = step.after;
        if after.is_none() {
            break;
        }
    }
    if session.ask(&RetireDataKeys)? {
        context.output.done(format_args!(
            "data key {number} encrypts {records} records; the old ones are gone"
        ));
    } else {
        context
            .output
            .warning("another process wrote with an old data key meanwhile; the old keys are kept");
        context.output.hint("try again: strongroom rekey --rotate-data-key");
    }
    Ok(())
}
