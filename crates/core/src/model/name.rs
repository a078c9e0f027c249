//! Names: the canonical path, and what the AWS and Azure doors call a secret.
//!
//! The path is the identity and the only thing that policies speak of. The other names are stored when a secret
//! is made and never computed again: `a/b--c` and `a--b/c` may not become the same Azure secret, and nobody is
//! ever let in by the way a name parses.

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

/// The longest path within a mount, in bytes.
pub const PATH_BYTES_MAX: usize = 512;
/// The longest path of a mount, in bytes.
const MOUNT_BYTES_MAX: usize = 128;
/// The longest name at the Azure door.
pub const AZURE_NAME_CHARS_MAX: usize = 127;
/// The longest name at the AWS door.
pub const AWS_NAME_CHARS_MAX: usize = 512;

/// Where a secret is within its mount: segments separated by `/`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct SecretPath(#[n(0)] String);

/// Where a mount is, without a slash at its end.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct MountPath(#[n(0)] String);

/// A secret's name at the Azure door: `[0-9A-Za-z-]{1,127}`, equal whatever the case.
#[derive(Clone, Debug, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct AzureName(#[n(0)] String);

/// A secret's name at the AWS door: `[A-Za-z0-9/_+=.@-]{1,512}`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct AwsName(#[n(0)] String);

/// Why a text is not a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// A character that the kind of name does not have.
    #[error("the character {0:?} is not allowed in this name")]
    Character(char),
    /// A segment `.` or `..`.
    #[error("a path has no `.` or `..` segments")]
    DotSegment,
    /// No characters.
    #[error("the name is empty")]
    Empty,
    /// `/` at the beginning or the end, or twice in a row.
    #[error("a path has no `/` at its beginning or end, and no empty segment")]
    EmptySegment,
    /// Too many bytes or characters.
    #[error("the name is longer than {0}")]
    TooLong(usize),
}

impl SecretPath {
    /// # Errors
    /// [`NameError`]
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        check_path(&text, PATH_BYTES_MAX)?;
        Ok(Self(text))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl MountPath {
    /// # Errors
    /// [`NameError`]
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        check_path(&text, MOUNT_BYTES_MAX)?;
        Ok(Self(text))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for MountPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AzureName {
    /// # Errors
    /// [`NameError`]
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        check_characters(&text, AZURE_NAME_CHARS_MAX, |c| c.is_ascii_alphanumeric() || c == '-')?;
        Ok(Self(text))
    }

    /// The names to try for a secret made at another door, best first: `/` becomes `--` and every other
    /// character that Azure has not becomes `-`; where that is taken, a hash of the path follows,
    /// `hex(SHA-256(path))` cut to 8, 16, 32 and 64 digits.
    pub fn candidates(path: &SecretPath) -> impl Iterator<Item = Self> {
        let mapped: String = path
            .as_str()
            .split('/')
            .map(|segment| {
                segment
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' })
                    .collect::<String>()
            })
            .collect::<Vec<_>>()
            .join("--");
        let digest = digest::digest(&digest::SHA256, path.as_str().as_bytes());
        let hash = HEXLOWER.encode(digest.as_ref());
        [0, 8, 16, 32, 64].into_iter().map(move |digits| {
            let suffix = if digits == 0 { String::new() } else { format!("-{:.digits$}", hash) };
            let room = AZURE_NAME_CHARS_MAX - suffix.len();
            Self(mapped.chars().take(room).chain(suffix.chars()).collect())
        })
    }

    /// The name as it was first written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What names are compared by.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for AzureName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for AzureName {}

impl AwsName {
    /// # Errors
    /// [`NameError`]
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        check_characters(&text, AWS_NAME_CHARS_MAX, |c| {
            c.is_ascii_alphanumeric() || "/_+=.@-".contains(c)
        })?;
        Ok(Self(text))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the secret at a path, or `None` when the path has characters that AWS has not.
    #[must_use]
    pub fn of_path(path: &SecretPath) -> Option<Self> {
        Self::new(path.as_str()).ok()
    }

    /// The path that is this name to the letter, or `None` when a path cannot be it (it begins or ends with
    /// `/`, holds `//` or a dot segment): the name is then kept as an alias.
    #[must_use]
    pub fn as_path(&self) -> Option<SecretPath> {
        SecretPath::new(self.0.as_str()).ok()
    }

    /// A path for a name that is none: its segments, and a hash of the name, so that `/a` and `a` are two
    /// secrets. `segments || "-" || hex(SHA-256(name))[..8]`
    ///
    /// # Errors
    /// [`NameError`] when it does not fit.
    pub fn derived_path(&self) -> Result<SecretPath, NameError> {
        let segments: Vec<&str> =
            self.0.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let digest = digest::digest(&digest::SHA256, self.0.as_bytes());
        let hash = HEXLOWER.encode(digest.as_ref().get(..4).unwrap_or_default());
        let stem = segments.join("/");
        let room = PATH_BYTES_MAX - hash.len() - 1;
        let stem = stem.get(..stem.len().min(room)).unwrap_or_default().trim_end_matches('/');
        SecretPath::new(if stem.is_empty() { hash } else { format!("{stem}-{hash}") })
    }
}

impl fmt::Display for SecretPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for MountPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AzureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AwsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_path(text: &str, bytes_max: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > bytes_max {
        return Err(NameError::TooLong(bytes_max));
    }
    if let Some(control) = text.chars().find(|c| c.is_control()) {
        return Err(NameError::Character(control));
    }
    for segment in text.split('/') {
        match segment {
            "" => return Err(NameError::EmptySegment),
            "." | ".." => return Err(NameError::DotSegment),
            _ => {}
        }
    }
    Ok(())
}

fn check_characters(
    text: &str,
    chars_max: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if let Some(other) = text.chars().find(|&c| !allowed(c)) {
        return Err(NameError::Character(other));
    }
    if text.len() > chars_max {
        return Err(NameError::TooLong(chars_max));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn path(text: &str) -> SecretPath {
        SecretPath::new(text).expect("a path")
    }

    fn azure(text: &str) -> Vec<String> {
        AzureName::candidates(&path(text)).map(|name| name.0).collect()
    }

    #[test]
    fn a_path_is_held_to_its_grammar() {
        for good in ["a", "a/b", "a b/ü:c", "...", &"x".repeat(PATH_BYTES_MAX)] {
            assert!(SecretPath::new(good).is_ok(), "{good}");
        }
        for (bad, error) in [
            ("", NameError::Empty),
            ("/a", NameError::EmptySegment),
            ("a/", NameError::EmptySegment),
            ("a//b", NameError::EmptySegment),
            ("a/../b", NameError::DotSegment),
            (".", NameError::DotSegment),
            ("a\0b", NameError::Character('\0')),
            (&"x".repeat(PATH_BYTES_MAX + 1), NameError::TooLong(PATH_BYTES_MAX)),
        ] {
            assert_eq!(SecretPath::new(bad), Err(error), "{bad}");
        }
    }

    #[test]
    fn azure_names_are_proposed_from_the_path_and_made_unique_by_a_hash() {
        assert_eq!(azure("prod/db")[0], "prod--db");
        assert_eq!(azure("DB_PASSWORD")[0], "DB-PASSWORD");
        let proposed = azure("prod/db_password");
        assert_eq!(proposed.len(), 5);
        assert!(proposed[1].starts_with("prod--db-password-"), "{}", proposed[1]);
        assert_eq!(proposed[1].len(), "prod--db-password-".len() + 8);
    }

    #[test]
    fn azure_names_are_compared_without_case() {
        let name = |text: &str| AzureName::new(text).expect("a name");
        assert_eq!(name("App--Key"), name("app--KEY"));
        assert_eq!(name("App").folded(), "app");
        assert_eq!(AzureName::new("a_b"), Err(NameError::Character('_')));
        assert!(AzureName::new("a".repeat(AZURE_NAME_CHARS_MAX)).is_ok());
        let long = AzureName::new("a".repeat(AZURE_NAME_CHARS_MAX + 1));
        assert_eq!(long, Err(NameError::TooLong(AZURE_NAME_CHARS_MAX)));
    }

    #[test]
    fn aws_names_are_paths_unless_a_path_cannot_be_that() {
        let name = |text: &str| AwsName::new(text).expect("a name");
        assert_eq!(name("prod/db").as_path(), Some(path("prod/db")));
        for text in ["/prod/db", "prod/db/", "prod//db", "prod/../db", "/"] {
            assert_eq!(name(text).as_path(), None, "{text}");
        }
        let derived: Vec<_> = ["/prod/db", "prod/db/", "prod//db", "/", "..", &"/".repeat(512)]
            .map(|text| name(text).derived_path().expect("fits"))
            .into();
        let distinct: std::collections::BTreeSet<_> = derived.iter().collect();
        assert_eq!(distinct.len(), derived.len());
        assert!(derived[0].as_str().starts_with("prod/db-"));
        let longest = format!("/{}", "a".repeat(AWS_NAME_CHARS_MAX - 1));
        assert!(name(&longest).derived_path().is_ok());
        assert_eq!(AwsName::of_path(&path("a b")), None);
    }

    proptest! {
        #[test]
        fn every_azure_candidate_is_a_name(text in "[a-zA-Z0-9_./ ü-]{1,300}") {
            if let Ok(path) = SecretPath::new(text) {
                for name in AzureName::candidates(&path) {
                    prop_assert!(AzureName::new(name.as_str()).is_ok(), "{}", name);
                }
            }
        }

        /// On clean paths (alphanumeric segments joined by single dashes) the first proposal never collides,
        /// except for paths that differ by case alone.
        #[test]
        fn clean_paths_get_distinct_first_proposals(
            texts in prop::collection::vec("[a1]+(-[a1]+){0,2}(/[a1]+(-[a1]+){0,2}){0,2}", 1..40)
        ) {
            let mut seen: HashMap<String, String> = HashMap::new();
            for text in texts {
                let name = AzureName::candidates(&path(&text)).next().expect("there is one");
                let before = seen.insert(name.folded(), text.clone());
                prop_assert!(before.is_none_or(|before| before == text));
            }
        }
    }
}
