//! What is wrong with a configuration, and where.

use std::fmt;

/// A configuration that is refused. `Display` is `file:line: key: what is wrong`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as it was named.
    pub file: String,
    /// The line, counted from 1; `None` when no line is at fault.
    pub line: Option<u32>,
    /// The key with those it stands in, `limits.connections_max`.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// How to mend it, where that is known.
    pub hint: Option<String>,
}

/// What is left out of a configuration, or dangerous in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file, as it was named.
    pub file: String,
    /// The line, counted from 1; `None` when it is about no line.
    pub line: Option<u32>,
    /// The key that is left out.
    pub key: Option<String>,
    /// What that means.
    pub message: String,
}

impl ConfigError {
    pub(super) fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, key: None, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Warning {
    pub(super) fn of_file(file: &str, message: String) -> Self {
        Self { file: file.to_owned(), line: None, key: None, message }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(formatter, &self.file, self.line, self.key.as_deref())?;
        formatter.write_str(&self.message)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        place(formatter, &self.file, self.line, self.key.as_deref())?;
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

fn place(
    formatter: &mut fmt::Formatter<'_>,
    file: &str,
    line: Option<u32>,
    key: Option<&str>,
) -> fmt::Result {
    formatter.write_str(file)?;
    if let Some(line) = line {
        write!(formatter, ":{line}")?;
    }
    formatter.write_str(": ")?;
    match key {
        Some(key) => write!(formatter, "{}: ", key.escape_debug()),
        None => Ok(()),
    }
}
