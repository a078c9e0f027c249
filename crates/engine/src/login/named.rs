//! Roles and users by their names, in which capitals do not count.

use crate::error::Error;
use crate::logical::Logical;
use crate::mounts::MountKind;
use crate::room::Room;
use crate::witness::{Authorized, Grant, Write};

/// The longest name of a role or user, in bytes.
pub const LOGIN_NAME_BYTES_MAX: usize = 256;

/// A path that names a role or user. The name is folded once, here.
///
/// A policy that forbids `users/admin` and allows `users/*` must not be passed by with `users/ADMIN`: a caller needs
/// the capability on the path as it was asked and on the path with the folded name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    asked: String,
    canonical: String,
    name: String,
}

impl NamedPath {
    /// `<mount>/<folder>/<name>`, with `/<part>` behind it unless that is empty.
    pub(crate) fn new(mount: &str, folder: &str, name: &str, part: &str) -> Self {
        let folded = name.to_ascii_lowercase();
        let path = |name: &str| match part {
            "" => format!("{mount}/{folder}/{name}"),
            part => format!("{mount}/{folder}/{name}/{part}"),
        };
        Self { asked: path(name), canonical: path(&folded), name: folded }
    }

    /// The path with the folded name.
    pub(crate) fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The folded name, whether it is one or not.
    pub(crate) fn folded(&self) -> &str {
        &self.name
    }

    /// The folded name, if it is one.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub(crate) fn name(&self) -> Result<&str, Error> {
        if is_name(&self.name) {
            return Ok(&self.name);
        }
        Err(Error::rule(format!(
            "a name has 1 to {LOGIN_NAME_BYTES_MAX} letters, digits and the signs - _ . @, and ends with none of the \
             signs but _"
        )))
    }

    /// Proof that the caller may do `C` there.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InvalidRequest`]
    pub(crate) fn authorise<C: Grant>(
        &self,
        room: &Room<'_>,
        kinds: &[MountKind],
    ) -> Result<Authorized<C>, Error> {
        room.require(&self.asked, C::CAPABILITY)?;
        let proof = room.authorise_at::<C>(&self.canonical, kinds)?;
        self.name()?;
        Ok(proof)
    }

    /// Proof that the caller may write what is there or not: `create` or `update`.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InvalidRequest`]
    pub(crate) fn authorise_write(
        &self,
        room: &Room<'_>,
        kinds: &[MountKind],
        is_there: impl Fn(&Logical<'_>, &str) -> Result<bool, Error>,
    ) -> Result<Authorized<Write>, Error> {
        let there = |mount: &Logical<'_>| match self.name() {
            Ok(name) => is_there(mount, name),
            Err(_) => Ok(false),
        };
        if self.asked != self.canonical {
            room.authorise_write_at(&self.asked, kinds, there)?;
        }
        let proof = room.authorise_write_at(&self.canonical, kinds, there)?;
        self.name()?;
        Ok(proof)
    }
}

/// Whether a text is a folded name, as Vault's routes have them: `\w(([\w-.@]+)?\w)?`.
fn is_name(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    text.len() <= LOGIN_NAME_BYTES_MAX
        && ends.into_iter().all(|end| end.is_some_and(|byte| is_word(*byte)))
        && bytes.iter().all(|byte| is_word(*byte) || matches!(byte, b'-' | b'.' | b'@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_folded_and_within_its_grammar() {
        let named = |name: &str| NamedPath::new("auth/users", "users", name, "password");
        let mary = named("Mary");
        assert_eq!(mary.as_str(), "auth/users/users/mary/password");
        assert_eq!(mary.name().expect("is a name"), "mary");
        for good in ["a", "_", "a.b-c@d_", &"x".repeat(LOGIN_NAME_BYTES_MAX)] {
            assert!(named(good).name().is_ok(), "{good}");
        }
        let long = "x".repeat(LOGIN_NAME_BYTES_MAX + 1);
        for bad in ["", " mary", "mary ", "ma ry", "-a", "a.", "m\u{212a}", "ä", "a\0", "..", &long]
        {
            assert!(named(bad).name().is_err(), "{bad:?}");
        }
    }
}
