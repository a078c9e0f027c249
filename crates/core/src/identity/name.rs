//! The names of entities, groups and aliases, and what tells two of them apart.

use std::fmt;

/// The longest name of an entity, a group or an alias, in bytes.
pub const IDENTITY_NAME_BYTES_MAX: usize = 512;
/// The longest accessor or type of a mount, in bytes.
pub const ACCESSOR_BYTES_MAX: usize = 128;

/// Why a text is not a name of the identity store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityNameError {
    /// No characters.
    #[error("the name is empty")]
    Empty,
    /// Too many bytes.
    #[error("the name is longer than {0} bytes")]
    TooLong(usize),
    /// White space at the beginning or the end.
    #[error("the name begins or ends with white space")]
    Space,
    /// A character that the kind of name does not have.
    #[error("the character {0:?} is not allowed in this name")]
    Character(char),
}

/// How the auth method of an alias compares names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasCase {
    /// Capitals count: a JSON Web Token's subject, a role's id.
    Sensitive,
    /// Capitals do not count: a user name that people type.
    Insensitive,
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }
    };
}

text! {
    /// The name of an entity: 1 to [`IDENTITY_NAME_BYTES_MAX`] bytes without control characters and without white
    /// space at its ends. It is kept as it was written; two names that differ in capitals only are one name, by
    /// [`Self::key`].
    EntityName
}
text! {
    /// The name of a group, with the rules of [`EntityName`].
    GroupName
}
text! {
    /// The name by which an auth mount knows an entity, or a group of the outside: 1 to
    /// [`IDENTITY_NAME_BYTES_MAX`] bytes without control characters and without white space at its ends.
    AliasName
}
text! {
    /// What names a mount whatever its path: `auth_userpass_1a2b3c4d`. 1 to [`ACCESSOR_BYTES_MAX`] letters, digits,
    /// `_` and `-`.
    MountAccessor
}
text! {
    /// The type of an auth mount: `userpass`, `jwt`. The characters of [`MountAccessor`].
    MountType
}

/// What names an alias: no two aliases have the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AliasKey {
    /// The mount that knows it.
    pub accessor: MountAccessor,
    /// The name there.
    pub name: AliasName,
}

impl EntityName {
    /// # Errors
    /// [`IdentityNameError`]
    pub fn new(text: &str) -> Result<Self, IdentityNameError> {
        check_name(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name of an entity that was given none.
    #[must_use]
    pub fn of_id(id: super::EntityId) -> Self {
        Self(format!("entity_{}", first_digits(id)))
    }

    /// What is compared and indexed: the name in small letters.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl GroupName {
    /// # Errors
    /// [`IdentityNameError`]
    pub fn new(text: &str) -> Result<Self, IdentityNameError> {
        check_name(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name of a group that was given none.
    #[must_use]
    pub fn of_id(id: super::GroupId) -> Self {
        Self(format!("group_{}", first_digits(id)))
    }

    /// What is compared and indexed: the name in small letters.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl AliasName {
    /// The one form of a name at an auth method. Where capitals do not count, letters of ASCII are lower-cased, and
    /// other characters that lower-case to something else are refused: `K` (the Kelvin sign) is not `k`.
    ///
    /// # Errors
    /// [`IdentityNameError`]. White space at the ends is refused, not cut: a method that lets ` mary` in would
    /// otherwise let her in as `mary`.
    pub fn new(text: &str, case: AliasCase) -> Result<Self, IdentityNameError> {
        check_name(text)?;
        if case == AliasCase::Sensitive {
            return Ok(Self(text.to_owned()));
        }
        let folds = |c: &char| !c.is_ascii() && !c.to_lowercase().eq([*c]);
        if let Some(found) = text.chars().find(folds) {
            return Err(IdentityNameError::Character(found));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl MountAccessor {
    /// # Errors
    /// [`IdentityNameError`]
    pub fn new(text: &str) -> Result<Self, IdentityNameError> {
        check_word(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl MountType {
    /// # Errors
    /// [`IdentityNameError`]
    pub fn new(text: &str) -> Result<Self, IdentityNameError> {
        check_word(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Whether capitals count in the names of this type's aliases. They do unless the type is known to ignore them.
    #[must_use]
    pub fn alias_case(&self) -> AliasCase {
        match self.as_str() {
            "token" | "userpass" | "ldap" | "okta" | "radius" => AliasCase::Insensitive,
            _ => AliasCase::Sensitive,
        }
    }
}

fn check_name(text: &str) -> Result<(), IdentityNameError> {
    check_length(text, IDENTITY_NAME_BYTES_MAX)?;
    if text.trim() != text {
        return Err(IdentityNameError::Space);
    }
    match text.chars().find(|c| c.is_control() || is_invisible(*c)) {
        Some(found) => Err(IdentityNameError::Character(found)),
        None => Ok(()),
    }
}

/// Characters that show nothing, or turn what follows them around (Unicode's default ignorables of general
/// punctuation, the soft hyphen and the byte order mark).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn check_word(text: &str) -> Result<(), IdentityNameError> {
    check_length(text, ACCESSOR_BYTES_MAX)?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    match text.chars().find(|c| !is_allowed(*c)) {
        Some(found) => Err(IdentityNameError::Character(found)),
        None => Ok(()),
    }
}

fn check_length(text: &str, bytes_max: usize) -> Result<(), IdentityNameError> {
    if text.is_empty() {
        return Err(IdentityNameError::Empty);
    }
    if text.len() > bytes_max {
        return Err(IdentityNameError::TooLong(bytes_max));
    }
    Ok(())
}

fn first_digits(id: impl fmt::Display) -> String {
    id.to_string().chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_has_one_form_whatever_its_capitals() {
        let plain = AliasName::new("mary", AliasCase::Insensitive).unwrap();
        assert_eq!(AliasName::new("MaRy", AliasCase::Insensitive).unwrap(), plain);
        assert_ne!(AliasName::new("Mary", AliasCase::Sensitive).unwrap(), plain);
        let case = |text: &str| MountType::new(text).unwrap().alias_case();
        assert_eq!(case("userpass"), AliasCase::Insensitive);
        assert_eq!(case("token"), AliasCase::Insensitive);
        assert_eq!(case("jwt"), AliasCase::Sensitive);
    }

    // CVE-2025-6004 and CVE-2025-6013: a user name with a space or a capital was another alias than the one that
    // the auth method compared, with a lock-out and a second factor of its own.
    #[test]
    fn spaces_capitals_and_unseen_characters_make_no_second_alias() {
        for text in [" mary", "mary ", "mary\u{a0}", "\u{3000}mary"] {
            let made = AliasName::new(text, AliasCase::Insensitive);
            assert_eq!(made, Err(IdentityNameError::Space), "{text:?}");
        }
        for text in ["ma\u{200b}ry", "ma\0ry", "ma\nry", "\u{202e}mary", "\u{212a}ate", "\u{c9}va"]
        {
            let made = AliasName::new(text, AliasCase::Insensitive);
            assert!(matches!(made, Err(IdentityNameError::Character(_))), "{text:?}: {made:?}");
        }
        assert!(AliasName::new("\u{e9}va", AliasCase::Insensitive).is_ok());
        assert!(AliasName::new("\u{c9}va", AliasCase::Sensitive).is_ok());
    }

    #[test]
    fn names_of_entities_keep_their_capitals_and_are_compared_without_them() {
        let name = EntityName::new("Mary Jane").unwrap();
        assert_eq!(name.as_str(), "Mary Jane");
        assert_eq!(name.key(), EntityName::new("mary jane").unwrap().key());
        assert_eq!(GroupName::new("OPS").unwrap().key(), "ops");
    }

    #[test]
    fn names_have_a_longest_length() {
        let longest = "a".repeat(IDENTITY_NAME_BYTES_MAX);
        assert!(EntityName::new(&longest).is_ok());
        let longer = longest + "a";
        let error = IdentityNameError::TooLong(IDENTITY_NAME_BYTES_MAX);
        assert_eq!(EntityName::new(&longer), Err(error.clone()));
        assert_eq!(AliasName::new(&longer, AliasCase::Sensitive), Err(error.clone()));
        assert_eq!(GroupName::new(&longer), Err(error));
        assert_eq!(EntityName::new(""), Err(IdentityNameError::Empty));
        assert!(MountAccessor::new(&"a".repeat(ACCESSOR_BYTES_MAX)).is_ok());
        assert!(MountAccessor::new(&"a".repeat(ACCESSOR_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn an_accessor_holds_nothing_that_a_template_would_split() {
        for text in ["auth.userpass", "auth/userpass", "auth userpass", "auth}", "\u{e9}"] {
            let made = MountAccessor::new(text);
            assert!(matches!(made, Err(IdentityNameError::Character(_))), "{text:?}");
        }
        assert!(MountAccessor::new("auth_userpass_1a2b3c4d").is_ok());
    }
}
