//! A key from a passphrase.

use argon2::{Algorithm, Argon2, Params, Version};

use super::UnsealKey;
use crate::memory::{KEY_BYTES, LockedKey};
use crate::random::{self, Random};
use crate::secret::Passphrase;

/// The longest passphrase, in bytes.
pub const PASSPHRASE_BYTES_MAX: usize = 1_024;
const SALT_BYTES: usize = 16;
/// The largest cost a stored record may ask for, so that an altered one cannot exhaust the machine.
const MEMORY_KIB_MAX: u32 = 1_048_576;
const PASSES_MAX: u32 = 64;
const LANES_MAX: u32 = 64;

/// The salt and cost of Argon2id.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct PassphraseParameters {
    #[cbor(n(0), with = "minicbor::bytes")]
    salt: [u8; SALT_BYTES],
    #[n(1)]
    memory_kib: u32,
    #[n(2)]
    passes: u32,
    #[n(3)]
    lanes: u32,
}

/// Why a passphrase gives no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// The stored cost is outside what this program accepts.
    #[error("the seal asks for an Argon2id cost outside the accepted range")]
    Cost,
    /// It has no characters.
    #[error("the passphrase is empty")]
    Empty,
    /// There is not enough memory for the stored cost.
    #[error("there is not enough memory to derive a key from the passphrase")]
    OutOfMemory,
    /// It is longer than [`PASSPHRASE_BYTES_MAX`].
    #[error("the passphrase is longer than {PASSPHRASE_BYTES_MAX} bytes")]
    TooLong,
}

impl PassphraseParameters {
    /// A new salt, and the second recommended cost of RFC 9106 §4: 64 MiB, 3 passes, 4 lanes.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self { salt: random::array(random), memory_kib: 65_536, passes: 3, lanes: 4 }
    }
}

/// `Argon2id[salt, memory, passes, lanes](passphrase, 32)`
///
/// RFC 9106, version 0x13. The passphrase is used byte for byte.
///
/// # Errors
/// [`PassphraseError`]
pub fn key_from_passphrase(
    passphrase: &Passphrase,
    parameters: &PassphraseParameters,
) -> Result<UnsealKey, PassphraseError> {
    match passphrase.expose().len() {
        0 => return Err(PassphraseError::Empty),
        1..=PASSPHRASE_BYTES_MAX => {}
        _ => return Err(PassphraseError::TooLong),
    }
    let PassphraseParameters { salt, memory_kib, passes, lanes } = parameters;
    if *memory_kib > MEMORY_KIB_MAX || *passes > PASSES_MAX || *lanes > LANES_MAX {
        return Err(PassphraseError::Cost);
    }
    let cost = Params::new(*memory_kib, *passes, *lanes, Some(KEY_BYTES))
        .map_err(|_| PassphraseError::Cost)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
    let mut result = Ok(());
    let key = LockedKey::filled_by(|key| {
        result = argon2.hash_password_into(passphrase.expose(), salt, key);
    });
    result.map_err(|_| PassphraseError::OutOfMemory)?;
    Ok(UnsealKey(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.into())
    }

    /// The expected bytes are those of the reference implementation, through Python's argon2-cffi 25.1.
    #[test]
    fn the_derivation_is_argon2id_version_19() {
        let parameters = PassphraseParameters {
            salt: *b"somesaltsomesalt",
            memory_kib: 256,
            passes: 2,
            lanes: 1,
        };
        let key = key_from_passphrase(&passphrase("password"), &parameters).expect("derives");
        let hex = data_encoding::HEXLOWER.encode(key.0.expose());
        assert_eq!(hex, "cab746b4621993fdc91ec50787980b414a90a692f0bc68dfe19f9c25b3cba9ec");
    }

    #[test]
    fn empty_and_overlong_passphrases_are_refused() {
        let parameters =
            PassphraseParameters { salt: [0; 16], memory_kib: 64, passes: 1, lanes: 1 };
        let derive = |text: &str| key_from_passphrase(&passphrase(text), &parameters).err();
        assert_eq!(derive(""), Some(PassphraseError::Empty));
        assert_eq!(derive(&"x".repeat(PASSPHRASE_BYTES_MAX)), None);
        let long = "x".repeat(PASSPHRASE_BYTES_MAX + 1);
        assert_eq!(derive(&long), Some(PassphraseError::TooLong));
    }

    #[test]
    fn an_unreasonable_stored_cost_is_refused_before_any_memory_is_taken() {
        for (memory_kib, passes, lanes) in
            [(MEMORY_KIB_MAX + 1, 1, 1), (64, PASSES_MAX + 1, 1), (64, 1, LANES_MAX + 1), (1, 1, 1)]
        {
            let parameters = PassphraseParameters { salt: [0; 16], memory_kib, passes, lanes };
            let error = key_from_passphrase(&passphrase("x"), &parameters).err();
            assert_eq!(error, Some(PassphraseError::Cost));
        }
    }
}
