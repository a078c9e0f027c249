//! Passwords that people log in with: what is kept of one, and whether it was shown.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::random::{self, Random};
use crate::secret::Passphrase;

/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// The cost of one hash: 19 MiB, 2 passes, 1 lane, the first of OWASP's equivalent minimums for Argon2id
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>). The seal's passphrase has a
/// higher one: it is derived once for a start, a login for each that comes.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// The largest cost a stored record may ask for, so that an altered one cannot exhaust the machine.
const MEMORY_KIB_MAX: u32 = 262_144;
const PASSES_MAX: u32 = 16;
const LANES_MAX: u32 = 16;

const SALT_BYTES: usize = 16;
const TAG_BYTES: usize = 32;

/// `Argon2id[salt, memory, passes, lanes](password, 32)`, RFC 9106, version 0x13, with its salt and cost.
#[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct PasswordHash {
    #[cbor(n(0), with = "minicbor::bytes")]
    salt: [u8; SALT_BYTES],
    #[n(1)]
    memory_kib: u32,
    #[n(2)]
    passes: u32,
    #[n(3)]
    lanes: u32,
    #[cbor(n(4), with = "minicbor::bytes")]
    tag: [u8; TAG_BYTES],
}

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// The stored cost is outside what this program accepts.
    #[error("the record of the password asks for a cost outside the accepted range")]
    Cost,
    /// It has no characters.
    #[error("the password is empty")]
    Empty,
    /// There is not enough memory.
    #[error("there is not enough memory to hash the password")]
    OutOfMemory,
    /// It is longer than [`PASSWORD_BYTES_MAX`].
    #[error("the password is longer than {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
}

impl PasswordHash {
    /// The hash of a password, with a new salt.
    ///
    /// # Errors
    /// [`PasswordError`]
    pub fn new(password: &Passphrase, random: &dyn Random) -> Result<Self, PasswordError> {
        let mut hash = Self { salt: random::array(random), ..Self::of_nobody() };
        hash.tag = *hash.derive(password)?;
        Ok(hash)
    }

    /// A hash that no password has, for whoever does not exist: it takes as long as another.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self {
            salt: [0; SALT_BYTES],
            memory_kib: MEMORY_KIB,
            passes: PASSES,
            lanes: LANES,
            tag: [0; TAG_BYTES],
        }
    }

    /// Whether it is the hash of this password. It takes as long whether it is or not.
    ///
    /// # Errors
    /// [`PasswordError`]
    pub fn verify(&self, password: &Passphrase) -> Result<bool, PasswordError> {
        let tag = self.derive(password)?;
        Ok(tag.ct_eq(&self.tag).into())
    }

    /// Its salt, which no other hash has.
    #[must_use]
    pub fn salt(&self) -> &[u8; SALT_BYTES] {
        &self.salt
    }

    fn derive(&self, password: &Passphrase) -> Result<Zeroizing<[u8; TAG_BYTES]>, PasswordError> {
        match password.expose().len() {
            0 => return Err(PasswordError::Empty),
            1..=PASSWORD_BYTES_MAX => {}
            _ => return Err(PasswordError::TooLong),
        }
        let Self { salt, memory_kib, passes, lanes, .. } = self;
        if *memory_kib > MEMORY_KIB_MAX || *passes > PASSES_MAX || *lanes > LANES_MAX {
            return Err(PasswordError::Cost);
        }
        let cost = Params::new(*memory_kib, *passes, *lanes, Some(TAG_BYTES))
            .map_err(|_| PasswordError::Cost)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost);
        let mut tag = Zeroizing::new([0; TAG_BYTES]);
        argon2
            .hash_password_into(password.expose(), salt, &mut *tag)
            .map_err(|_| PasswordError::OutOfMemory)?;
        Ok(tag)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn password(text: &str) -> Passphrase {
        Passphrase::new(text.into())
    }

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let hash = PasswordHash::new(&password("correct horse"), &Fixed).expect("hashes");
        assert_eq!(hash.verify(&password("correct horse")), Ok(true));
        for other in ["correct hors", "Correct horse", "correct horse "] {
            assert_eq!(hash.verify(&password(other)), Ok(false), "{other}");
        }
        assert_eq!(PasswordHash::of_nobody().verify(&password("x")), Ok(false));
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    }

    /// The expected bytes are those of the reference implementation, through Python's argon2-cffi 25.1.
    #[test]
    fn the_hash_is_argon2id_version_19() {
        let hash = PasswordHash {
            salt: *b"somesaltsomesalt",
            memory_kib: 256,
            passes: 2,
            lanes: 1,
            tag: [0; TAG_BYTES],
        };
        let tag = hash.derive(&password("password")).expect("hashes");
        let hex = data_encoding::HEXLOWER.encode(&*tag);
        assert_eq!(hex, "cab746b4621993fdc91ec50787980b414a90a692f0bc68dfe19f9c25b3cba9ec");
    }

    #[test]
    fn empty_and_overlong_passwords_are_refused() {
        let hash = |text: &str| PasswordHash::new(&password(text), &Fixed).err();
        assert_eq!(hash(""), Some(PasswordError::Empty));
        assert_eq!(hash(&"x".repeat(PASSWORD_BYTES_MAX)), None);
        assert_eq!(hash(&"x".repeat(PASSWORD_BYTES_MAX + 1)), Some(PasswordError::TooLong));
    }

    #[test]
    fn an_unreasonable_stored_cost_is_refused_before_any_memory_is_taken() {
        for (memory_kib, passes, lanes) in
            [(MEMORY_KIB_MAX + 1, 1, 1), (64, PASSES_MAX + 1, 1), (64, 1, LANES_MAX + 1), (1, 1, 1)]
        {
            let hash = PasswordHash { memory_kib, passes, lanes, ..PasswordHash::of_nobody() };
            assert_eq!(hash.verify(&password("x")), Err(PasswordError::Cost));
        }
    }
}
