//! Labels that name a version.

use std::fmt;

/// The longest label, in characters (AWS Secrets Manager's limit for a staging label).
pub const LABEL_CHARS_MAX: usize = 256;
/// The label of the version that is read when none is named.
pub const AWSCURRENT: &str = "AWSCURRENT";
/// The label of the version that was current before.
pub const AWSPREVIOUS: &str = "AWSPREVIOUS";
/// The label of the version that a rotation is making.
pub const AWSPENDING: &str = "AWSPENDING";

/// A name that sits on at most one version of a secret.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Label(#[n(0)] String);

/// A text is not a label.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a label has 1 to {LABEL_CHARS_MAX} characters and no control characters")]
pub struct LabelError;

impl Label {
    /// # Errors
    /// [`LabelError`]
    pub fn new(text: impl Into<String>) -> Result<Self, LabelError> {
        let text = text.into();
        let length = text.chars().count();
        if length == 0 || length > LABEL_CHARS_MAX || text.chars().any(char::is_control) {
            return Err(LabelError);
        }
        Ok(Self(text))
    }

    pub(super) fn well_known(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// The label as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_held_to_its_limits() {
        assert!(Label::new("x".repeat(LABEL_CHARS_MAX)).is_ok());
        for bad in ["", "a\nb", &"x".repeat(LABEL_CHARS_MAX + 1)] {
            assert_eq!(Label::new(bad), Err(LabelError));
        }
    }
}
