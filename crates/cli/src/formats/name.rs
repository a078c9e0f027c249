//! Names of environment variables.

use std::fmt;

use super::NAME_CHARS_MAX;

/// A name that every shell and every operating system takes as an environment variable:
/// `[A-Za-z_][A-Za-z0-9_]{0,254}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// Takes a name.
    ///
    /// # Errors
    /// What is wrong with it, without quoting it: what stands where a name belongs may be a value.
    pub fn parse(text: &str) -> Result<Self, NameFault> {
        let Some(first) = text.chars().next() else { return Err(NameFault::Empty) };
        if first.is_ascii_digit() {
            return Err(NameFault::FirstIsDigit);
        }
        let allowed = |character: char| character.is_ascii_alphanumeric() || character == '_';
        if let Some(index) = text.chars().position(|character| !allowed(character)) {
            return Err(NameFault::Character { place: index + 1 });
        }
        if text.len() > NAME_CHARS_MAX {
            return Err(NameFault::Length);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// No characters.
    #[error("is empty")]
    Empty,
    /// `1ST`.
    #[error("begins with a digit")]
    FirstIsDigit,
    /// A character other than letters, digits and `_`.
    #[error("has a character that is not a letter, a digit or `_` (number {place} of the name)")]
    Character {
        /// Which one, from 1.
        place: usize,
    },
    /// More than [`NAME_CHARS_MAX`] characters.
    #[error("is longer than {NAME_CHARS_MAX} characters")]
    Length,
}

impl NameFault {
    /// How to mend it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "write NAME=value",
            Self::FirstIsDigit => "put a letter or `_` before the digit",
            Self::Character { .. } => {
                "names have ASCII letters, digits and `_`; a value of several lines needs quotes"
            }
            Self::Length => "shorten the name",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_letters_digits_and_underscore_are_taken() {
        for name in ["A", "_", "a1", "DATABASE_URL", "_0"] {
            assert_eq!(Name::parse(name).unwrap().as_str(), name);
        }
        assert!(Name::parse(&"A".repeat(NAME_CHARS_MAX)).is_ok());
    }

    #[test]
    fn what_is_wrong_with_a_name_is_said_without_quoting_it() {
        assert_eq!(Name::parse(""), Err(NameFault::Empty));
        assert_eq!(Name::parse("1A"), Err(NameFault::FirstIsDigit));
        assert_eq!(Name::parse("A-B"), Err(NameFault::Character { place: 2 }));
        assert_eq!(Name::parse("ÄB"), Err(NameFault::Character { place: 1 }));
        assert_eq!(Name::parse(&"A".repeat(NAME_CHARS_MAX + 1)), Err(NameFault::Length));
        let message = Name::parse("sk-canary").unwrap_err().to_string();
        assert!(!message.contains("canary"), "{message}");
    }
}
