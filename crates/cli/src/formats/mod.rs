//! Reading secrets from files and writing them out for other programs.
//!
//! A format is one file of this folder and one line in [`IMPORTERS`] or [`EXPORTERS`]; the tests
//! below walk both lists. Values are secrets: no error, warning or `Debug` of this module holds one,
//! and no error quotes a line of a file. A position is the file, the line and the column.
//!
//! Values are wiped on drop. The buffers that the YAML and TOML parsers keep inside are not.

mod docker;
mod dotenv;
mod github_actions;
mod json;
mod kubernetes;
mod limits;
mod name;
mod problem;
mod shell;
#[cfg(test)]
mod testing;
mod toml;
mod tree;
mod yaml;

use std::fmt;
use std::io::{self, Write};

pub use dotenv::example::render_example;
pub use dotenv::fuzz_dotenv;
pub use kubernetes::{check_label, check_subdomain};
pub use limits::*;
pub use name::{Name, NameFault};
pub use problem::{Position, Problem};

/// The text of a secret: wiped on drop.
pub type Value = zeroize::Zeroizing<String>;

/// Every format that can be read.
pub const IMPORTERS: &[&dyn Importer] = &[&dotenv::Dotenv, &json::Json, &yaml::Yaml, &toml::Toml];

/// Every format that can be written.
pub const EXPORTERS: &[&dyn Exporter] = &[
    &dotenv::Dotenv,
    &shell::Shell,
    &json::Json,
    &yaml::Yaml,
    &toml::Toml,
    &docker::Docker,
    &kubernetes::Kubernetes,
    &github_actions::GithubActions,
];

/// A format that can be read. [`import`] is the entry; it checks what all formats have in common.
pub trait Importer: Sync {
    /// The word of `--format`.
    fn name(&self) -> &'static str;
    /// One line for the help.
    fn about(&self) -> &'static str;
    /// Whether a file of this name (without its folder) is in this format.
    fn claims(&self, file_name: &str) -> bool;
    /// Reads the text, which is at most [`FILE_BYTES_MAX`] long and has no byte-order mark.
    ///
    /// # Errors
    /// One problem for each place that cannot be read, in the order of the file.
    fn read(&self, file: &str, text: &str, options: &ImportOptions) -> Result<Imported, Problems>;
}

/// A format that can be written. [`export`] is the entry.
pub trait Exporter: Sync {
    /// The word of `--format`.
    fn name(&self) -> &'static str;
    /// One line for the help.
    fn about(&self) -> &'static str;
    /// Says why an entry has no place in this format.
    ///
    /// # Errors
    /// [`ExportError::Refused`] names the entry.
    fn check(&self, _entries: &[Entry], _options: &ExportOptions) -> Result<(), ExportError> {
        Ok(())
    }
    /// Writes entries that [`Exporter::check`] has passed.
    ///
    /// # Errors
    /// Those of `out`.
    fn write(
        &self,
        entries: &[Entry],
        options: &ExportOptions,
        out: &mut dyn Write,
    ) -> io::Result<()>;
    /// Writes the commands that make the reader hide the values in its logs, for the formats whose
    /// reader has such commands. They belong on the standard output of the job, not in the file.
    ///
    /// # Errors
    /// Those of `out`.
    fn write_masks(&self, _entries: &[Entry], _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A name and its value. `Debug` shows the name only.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Value,
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Entry").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a file holds: names are unique, the order is the file's.
#[derive(Debug, Default)]
pub struct Imported {
    /// The entries.
    pub entries: Vec<Entry>,
    /// What the person should know; nothing was lost.
    pub warnings: Problems,
}

/// Problems in the order of the file, at most [`PROBLEMS_MAX`].
pub type Problems = Vec<Problem>;

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Dotenv: replaces `${NAME}` and `${NAME:-default}` by the values above it in the file.
    pub expand: bool,
    /// JSON, YAML, TOML: what to do with a value that holds values.
    pub nested: Nested,
}

/// What to do with a list or a table in the place of a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Nested {
    /// An error that names it.
    #[default]
    Refuse,
    /// One entry for each value inside, the names and list positions joined.
    Flatten {
        /// What stands between, `__` or `_`.
        separator: String,
    },
    /// One entry whose value is the JSON text.
    Json,
}

/// How to write.
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    /// Kubernetes: the name of the Secret, a DNS-1123 subdomain.
    pub object_name: String,
    /// Kubernetes: the namespace, a DNS-1123 label; none leaves it to `kubectl`.
    pub namespace: Option<String>,
}

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The format has no way to write this.
    #[error("{message}")]
    Refused {
        /// What has no place in the format; names the entry, never its value.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Writing failed.
    #[error("cannot write: {0}")]
    Io(#[from] io::Error),
}

/// The importer of this name.
pub fn importer(name: &str) -> Option<&'static dyn Importer> {
    IMPORTERS.iter().copied().find(|format| format.name() == name)
}

/// The importer that claims a file of this name (without its folder).
pub fn importer_of(file_name: &str) -> Option<&'static dyn Importer> {
    IMPORTERS.iter().copied().find(|format| format.claims(file_name))
}

/// The exporter of this name.
pub fn exporter(name: &str) -> Option<&'static dyn Exporter> {
    EXPORTERS.iter().copied().find(|format| format.name() == name)
}

/// Reads a file's bytes; `file` is its name for the errors.
///
/// # Errors
/// Text that is not UTF-8, what the format cannot read, and anything past a limit of this module.
pub fn import(
    format: &dyn Importer,
    file: &str,
    bytes: &[u8],
    options: &ImportOptions,
) -> Result<Imported, Problems> {
    let text = decode(file, bytes).map_err(|problem| vec![problem])?;
    let imported = format.read(file, text, options)?;
    check_limits(file, &imported)?;
    Ok(imported)
}

/// Writes the entries.
///
/// # Errors
/// [`ExportError::Refused`] before anything is written; those of `out`.
pub fn export(
    format: &dyn Exporter,
    entries: &[Entry],
    options: &ExportOptions,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    format.check(entries, options)?;
    format.write(entries, options, out)?;
    Ok(())
}

fn decode<'bytes>(file: &str, bytes: &'bytes [u8]) -> Result<&'bytes str, Problem> {
    if bytes.len() > FILE_BYTES_MAX {
        let message =
            format!("the file is {} bytes long; at most {FILE_BYTES_MAX} are read", bytes.len());
        return Err(Problem::new(file, message, "split it into several files"));
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(Problem::new(
            file,
            "the file is in UTF-16",
            format!("convert it: iconv -f UTF-16 -t UTF-8 {file} > utf8.env"),
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let position = Position::at_end_of(&String::from_utf8_lossy(valid));
        Problem::new(file, "this byte is not UTF-8", "save the file as UTF-8").at(position)
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}

fn check_limits(file: &str, imported: &Imported) -> Result<(), Problems> {
    let mut problems = Problems::new();
    if imported.entries.len() > ENTRIES_MAX {
        let message = format!(
            "the file has {} entries; at most {ENTRIES_MAX} are read",
            imported.entries.len()
        );
        problems.push(Problem::new(file, message, "split it into several files"));
    }
    for Entry { name, value } in &imported.entries {
        if value.len() > VALUE_BYTES_MAX {
            let message = format!(
                "the value of {name} is {} bytes long; at most {VALUE_BYTES_MAX} are kept",
                value.len()
            );
            problems.push(Problem::new(file, message, "keep a file of this size elsewhere"));
        } else if value.contains('\0') {
            let message = format!("the value of {name} holds a NUL character");
            let hint = "an environment variable cannot hold NUL; store the value in base64";
            problems.push(Problem::new(file, message, hint));
        }
    }
    problems.truncate(PROBLEMS_MAX);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The extension of a file name, as `claims` asks for it.
fn has_extension(file_name: &str, extensions: &[&str]) -> bool {
    let extension = file_name.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|found| extensions.iter().any(|known| found.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests;
