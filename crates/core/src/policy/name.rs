//! The name of a policy.

use std::fmt;
use std::sync::Arc;

/// The longest policy name, in bytes.
pub const POLICY_NAME_BYTES_MAX: usize = 256;

/// The name of a policy: 1 to [`POLICY_NAME_BYTES_MAX`] visible ASCII characters without capitals, `/` and `,`.
///
/// Made from what a caller sends by cutting the spaces at both ends and lower-casing, once, here; so `Admin`,
/// `admin` and ` ADMIN ` are one policy everywhere, and no letter outside ASCII can be lower-cased into another
/// policy's name. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyName(Arc<str>);

/// Why a text is not the name of a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyNameError {
    /// Nothing is left when the spaces at both ends are cut.
    #[error("a policy name is not empty")]
    Empty,
    /// It is longer than [`POLICY_NAME_BYTES_MAX`].
    #[error("a policy name has at most {POLICY_NAME_BYTES_MAX} characters")]
    TooLong,
    /// It holds a character that no name holds.
    #[error(
        "a policy name holds no {found:?}: use letters, digits and signs of ASCII other than `/` and `,`"
    )]
    Character {
        /// The first such character.
        found: char,
    },
}

impl PolicyName {
    const ROOT: &'static str = "root";
    const DEFAULT: &'static str = "default";

    /// # Errors
    /// [`PolicyNameError`] names the rule that the text breaks.
    pub fn new(text: &str) -> Result<Self, PolicyNameError> {
        let name = text.trim_matches([' ', '\t', '\r', '\n']);
        if name.is_empty() {
            return Err(PolicyNameError::Empty);
        }
        if name.len() > POLICY_NAME_BYTES_MAX {
            return Err(PolicyNameError::TooLong);
        }
        let refused = |c: &char| !c.is_ascii_graphic() || matches!(c, '/' | ',');
        if let Some(found) = name.chars().find(refused) {
            return Err(PolicyNameError::Character { found });
        }
        Ok(Self(name.to_ascii_lowercase().into()))
    }

    /// The name as it is stored and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `root`, which allows everything, has no text, and is neither written nor deleted.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.as_str() == Self::ROOT
    }

    /// Whether it is `default`, which every token has unless it says otherwise; it is written but not deleted.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.as_str() == Self::DEFAULT
    }

    /// Whether a policy of this name can be written.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        !self.is_root()
    }

    /// Whether a policy of this name can be deleted.
    #[must_use]
    pub fn is_deletable(&self) -> bool {
        !self.is_root() && !self.is_default()
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyName({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_at_the_ends_and_capitals_make_no_other_policy() {
        let plain = PolicyName::new("admin").unwrap();
        for text in ["Admin", " admin", "ADMIN\n", "\tadMin \r\n"] {
            assert_eq!(PolicyName::new(text).unwrap(), plain, "{text:?}");
        }
        assert!(PolicyName::new(" ROOT ").unwrap().is_root());
    }

    #[test]
    fn names_that_could_pass_for_another_are_refused() {
        // The Kelvin sign lower-cases to `k`, the long s upper-cases to `S`; the others are not seen or read as two.
        for text in
            ["to\u{212A}en", "\u{17F}ys", "ro\u{200B}ot", "ro ot", "\u{A0}root", "a,root", "a/b"]
        {
            let error = PolicyName::new(text).unwrap_err();
            assert!(matches!(error, PolicyNameError::Character { .. }), "{text:?}: {error}");
        }
        assert_eq!(PolicyName::new("a\0b"), Err(PolicyNameError::Character { found: '\0' }));
    }

    #[test]
    fn a_name_has_a_longest_length() {
        assert!(PolicyName::new(&"a".repeat(POLICY_NAME_BYTES_MAX)).is_ok());
        let longer = "a".repeat(POLICY_NAME_BYTES_MAX + 1);
        assert_eq!(PolicyName::new(&longer), Err(PolicyNameError::TooLong));
        assert_eq!(PolicyName::new("  \n"), Err(PolicyNameError::Empty));
    }

    #[test]
    fn root_is_never_written_and_default_never_deleted() {
        let [root, default, other] =
            ["root", "default", "other"].map(|name| PolicyName::new(name).unwrap());
        assert!(!root.is_writable() && !root.is_deletable());
        assert!(default.is_writable() && !default.is_deletable());
        assert!(other.is_writable() && other.is_deletable());
    }
}
