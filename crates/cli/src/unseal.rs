//! Where the key that opens a store comes from.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use strongroom_core::crypto::seal::{
    SealMethod, UnsealKey, combine_shares, key_from_passphrase, read_keyfile,
};
use strongroom_core::secret::{Passphrase, UnsealShare};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::prompt;

/// The variable that holds the passphrase, for machines without a terminal.
pub const PASSPHRASE_VARIABLE: &str = "STRONGROOM_PASSPHRASE";
const KEY_FILE_BYTES_MAX: u64 = 65_536;

/// The key that opens the store, got as its seal says.
///
/// # Errors
/// [`Failure`]
pub fn key(context: &Context, method: &SealMethod) -> Result<UnsealKey, Failure> {
    match method {
        SealMethod::Keyfile => read_key_file(context.home.key_file()),
        SealMethod::Passphrase(parameters) => {
            let passphrase = passphrase(context)?;
            key_from_passphrase(&passphrase, parameters).map_err(Failure::new)
        }
        SealMethod::Shamir { threshold, .. } => {
            let shares = shares(context, threshold.count())?;
            combine_shares(&shares, *threshold).map_err(Failure::new)
        }
        other => Err(Failure::new(format_args!("this program has no `{}` seal", other.name()))),
    }
}

/// The key in a key file that only its owner may read.
///
/// # Errors
/// [`Failure`]
pub fn read_key_file(path: &Path) -> Result<UnsealKey, Failure> {
    let failed = |error: &io::Error| {
        match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new(format_args!("the key file {} is missing", path.display())).hint(
                "say where it is with --key-file FILE; without it, or a copy of it, nobody can open the store",
            )
        }
        _ => Failure::file("read the key file", path, error),
    }
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let metadata = file.metadata().map_err(|error| failed(&error))?;
    if metadata.mode() & 0o077 != 0 {
        return Err(Failure::new(format_args!(
            "the key file {} can be read or changed by others (mode {:03o})",
            path.display(),
            metadata.mode() & 0o777
        ))
        .hint(format_args!("chmod 600 {}", path.display())));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(1_024));
    file.take(KEY_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    read_keyfile(&bytes).map_err(|error| Failure::new(format_args!("{}: {error}", path.display())))
}

/// The passphrase that was given without being asked for.
#[must_use]
pub fn given_passphrase(context: &Context) -> Option<Result<Passphrase, Failure>> {
    passphrase_from(context.global.passphrase_file.as_deref(), PASSPHRASE_VARIABLE)
}

/// A passphrase in a file, or else in a variable.
#[must_use]
pub fn passphrase_from(file: Option<&Path>, variable: &str) -> Option<Result<Passphrase, Failure>> {
    if let Some(path) = file {
        let bytes = prompt::secret_file(path);
        return Some(bytes.map(|mut bytes| Passphrase::new(std::mem::take(&mut *bytes))));
    }
    let value = std::env::var_os(variable)?;
    Some(Ok(Passphrase::new(value.into_encoded_bytes())))
}

fn passphrase(context: &Context) -> Result<Passphrase, Failure> {
    given_passphrase(context).unwrap_or_else(|| {
        prompt::hidden("Passphrase").map(Passphrase::from).map_err(|failure| {
            failure.hint("pass --passphrase-file FILE, or set STRONGROOM_PASSPHRASE")
        })
    })
}

/// The shares: one a line in a file, or asked for one by one.
fn shares(context: &Context, needed: u8) -> Result<Vec<UnsealShare>, Failure> {
    if let Some(path) = &context.global.unseal_shares_file {
        let bytes = prompt::secret_file(path)?;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        return Ok(lines.map(|line| UnsealShare::new(line.trim_ascii().to_vec())).collect());
    }
    (1..=needed)
        .map(|number| prompt::hidden(&format!("Share {number} of {needed}")))
        .map(|share| share.map(UnsealShare::from))
        .collect::<Result<_, _>>()
        .map_err(|failure| failure.hint("pass --unseal-shares-file FILE, one share a line"))
}
