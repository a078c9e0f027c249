//! New seals, for a new store and for a store that gets other keys.

use strongroom_core::crypto::seal::{
    PassphraseParameters, SealMethod, Shares, Threshold, UnsealKey, key_from_passphrase, split_key,
};
use strongroom_core::secret::{Passphrase, UnsealShare};

use crate::context::Context;
use crate::failure::Failure;

/// Options of commands that seal.
#[derive(Debug, Clone, clap::Args)]
pub struct SealArguments {
    /// What protects the store's key; a key file for a new store, and what it was for a rekey
    #[arg(long, value_enum)]
    pub seal: Option<Seal>,
    /// With --seal shamir: how many shares are made
    #[arg(long, default_value_t = 5, value_name = "NUMBER")]
    pub shares: u8,
    /// With --seal shamir: how many shares open the store
    #[arg(long, default_value_t = 3, value_name = "NUMBER")]
    pub threshold: u8,
}

/// What protects the store's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Seal {
    /// A file that only its owner may read
    Keyfile,
    /// A passphrase, asked for by every command
    Passphrase,
    /// Shares, some of which every command asks for
    Shamir,
}

/// A new seal, and what has to be handed over once the store has it.
pub struct NewSeal {
    /// How the key is found again.
    pub method: SealMethod,
    /// The key.
    pub key: UnsealKey,
    /// The shares, when the method makes some.
    pub shares: Vec<UnsealShare>,
}

/// Get the key of a new seal as its kind asks. Nothing is stored yet. `old` is the method of a store that has one.
///
/// # Errors
/// [`Failure`]
pub fn new_seal(
    context: &Context,
    arguments: &SealArguments,
    old: Option<&SealMethod>,
    passphrase: impl FnOnce() -> Result<Passphrase, Failure>,
) -> Result<NewSeal, Failure> {
    let random = &*context.random;
    let seal = arguments.seal.unwrap_or(match old {
        Some(SealMethod::Passphrase(_)) => Seal::Passphrase,
        Some(SealMethod::Shamir { .. }) => Seal::Shamir,
        _ => Seal::Keyfile,
    });
    match seal {
        Seal::Keyfile => Ok(NewSeal {
            method: SealMethod::Keyfile,
            key: UnsealKey::generate(random),
            shares: Vec::new(),
        }),
        Seal::Passphrase => {
            let parameters = PassphraseParameters::generate(random);
            let key = key_from_passphrase(&passphrase()?, &parameters).map_err(Failure::new)?;
            Ok(NewSeal { method: SealMethod::Passphrase(parameters), key, shares: Vec::new() })
        }
        Seal::Shamir => {
            let shares = Shares::new(arguments.shares).map_err(Failure::usage)?;
            let threshold = Threshold::new(arguments.threshold).map_err(Failure::usage)?;
            let key = UnsealKey::generate(random);
            let made = split_key(&key, shares, threshold, random).map_err(Failure::usage)?;
            Ok(NewSeal { method: SealMethod::Shamir { shares, threshold }, key, shares: made })
        }
    }
}

/// Print the shares, the one time that they can be seen.
///
/// # Errors
/// [`Failure`]
pub fn hand_over(context: &Context, shares: &[UnsealShare]) -> Result<(), Failure> {
    if shares.is_empty() {
        return Ok(());
    }
    context.output.warning("these shares are shown once; give each to somebody else");
    for share in shares {
        context.output.data(share.expose())?;
        context.output.data(b"\n")?;
    }
    Ok(())
}
