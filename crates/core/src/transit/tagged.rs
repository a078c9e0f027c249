//! The form of everything a key makes: `vault:v<version>:<base64>`.

/// What stands before the version.
const PREFIX: &str = "vault:v";

/// A text has not that form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TaggedError {
    NoPrefix,
    Fields,
    Version,
}

pub(super) fn tagged(version: u32, encoded: &str) -> String {
    format!("{PREFIX}{version}:{encoded}")
}

/// The version and what follows it.
pub(super) fn parse(text: &str) -> Result<(u32, &str), TaggedError> {
    let rest = text.strip_prefix(PREFIX).ok_or(TaggedError::NoPrefix)?;
    let (version, encoded) = rest.split_once(':').ok_or(TaggedError::Fields)?;
    let digits = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let version = if digits { version.parse().ok() } else { None };
    Ok((version.ok_or(TaggedError::Version)?, encoded))
}
