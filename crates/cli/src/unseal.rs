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
            let needed = threshold.count();
            let shares = (1..=needed)
                .map(|number| prompt::hidden(&format!("Share {number} of {needed}")))
                .map(|share| share.map(UnsealShare::from))
                .collect::<Result<Vec<_>, _>>()?;
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

fn passphrase(context: &Context) -> Result<Passphrase, Failure> {
    if let Some(path) = &context.global.passphrase_file {
        let mut bytes = prompt::secret_file(path)?;
        return Ok(Passphrase::new(std::mem::take(&mut *bytes)));
    }
    if let Some(value) = std::env::var_os(PASSPHRASE_VARIABLE) {
        return Ok(Passphrase::new(value.into_encoded_bytes()));
    }
    prompt::hidden("Passphrase").map(Passphrase::from).map_err(|failure| {
        failure.hint("pass --passphrase-file FILE, or set STRONGROOM_PASSPHRASE")
    })
}
