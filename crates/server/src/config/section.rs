//! A table of settings that knows its place: typed values, errors with file, line and key.

use std::path::PathBuf;
use std::time::Duration;

use strongroom_core::duration::parse_duration;
use strongroom_core::hcl::{Item, Node, Value};
use strongroom_core::spelling::nearest;

use super::{ConfigError, Warning};

/// How values are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A boolean is a boolean, and a number a number.
    Strict,
    /// As Vault reads its configuration: `"true"`, `1` and `true` are one, and so are `"300"` and `300`.
    Vault,
}

#[derive(Clone)]
pub(super) struct Section<'a> {
    file: &'a str,
    style: Style,
    /// The keys that it stands in; empty at the top.
    path: String,
    line: u32,
    items: &'a [Item],
}

impl<'a> Section<'a> {
    pub fn top(file: &'a str, style: Style, items: &'a [Item]) -> Self {
        Self { file, style, path: String::new(), line: 1, items }
    }

    /// A section within this one.
    pub fn within(&self, path: String, line: u32, items: &'a [Item]) -> Self {
        Self { file: self.file, style: self.style, path, line, items }
    }

    pub fn items(&self) -> &'a [Item] {
        self.items
    }

    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// What is wrong at a key, which may be missing.
    pub fn refuse(&self, key: &str, message: impl Into<String>) -> ConfigError {
        self.refuse_at(self.line_of(key), key, message)
    }

    /// The line of a key, the section's where it is missing.
    pub fn line_of(&self, key: &str) -> u32 {
        self.items.iter().find(|item| item.key == key).map_or(self.line, |item| item.line)
    }

    pub fn refuse_at(&self, line: u32, key: &str, message: impl Into<String>) -> ConfigError {
        let (line, key) = (Some(line), Some(self.path_of(key)));
        ConfigError { line, key, ..ConfigError::of_file(self.file, message) }
    }

    pub fn warn(&self, line: u32, key: &str, message: impl Into<String>) -> Warning {
        let (file, key) = (self.file.to_owned(), Some(self.path_of(key)));
        Warning { file, line: Some(line), key, message: message.into() }
    }

    /// Refuses a key that is not among the known ones.
    pub fn only<'b>(
        &self,
        known: impl Iterator<Item = &'b str> + Clone,
    ) -> Result<(), ConfigError> {
        let is_unknown = |item: &&Item| known.clone().all(|known| known != item.key);
        let Some(item) = self.items.iter().find(is_unknown) else { return Ok(()) };
        let error = self.refuse_at(item.line, &item.key, "unknown key");
        Err(match nearest(&item.key, known.clone()) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => {
                error.hint(format!("the keys here are {}", known.collect::<Vec<_>>().join(", ")))
            }
        })
    }

    pub fn has(&self, key: &str) -> bool {
        self.items.iter().any(|item| item.key == key)
    }

    /// The value of a key that stands once. JSON's null is absence.
    pub fn value(&self, key: &str) -> Result<Option<&'a Node>, ConfigError> {
        let mut found = self.items.iter().filter(|item| item.key == key);
        let first = found.next();
        if let Some(again) = found.next() {
            return Err(self.refuse_at(again.line, key, "stands twice"));
        }
        Ok(first.map(|item| &item.value).filter(|node| !matches!(node.value, Value::Null)))
    }

    pub fn text(&self, key: &str) -> Result<Option<&'a str>, ConfigError> {
        self.typed(key, "text in quotes", |value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Text that is not empty.
    pub fn path(&self, key: &str) -> Result<Option<PathBuf>, ConfigError> {
        match self.text(key)? {
            Some("") => Err(self.refuse(key, "is empty")),
            Some(text) if text.contains('\0') => Err(self.refuse(key, "is no path")),
            text => Ok(text.map(PathBuf::from)),
        }
    }

    pub fn boolean(&self, key: &str) -> Result<Option<bool>, ConfigError> {
        let style = self.style;
        self.typed(key, "true or false", |value| match value {
            Value::Bool(boolean) => Some(*boolean),
            Value::Integer(1) if style == Style::Vault => Some(true),
            Value::Integer(0) if style == Style::Vault => Some(false),
            Value::Text(text) if style == Style::Vault => boolean_of_text(text),
            _ => None,
        })
    }

    /// A whole number.
    pub fn integer(&self, key: &str) -> Result<Option<i64>, ConfigError> {
        let style = self.style;
        self.typed(key, "a whole number", |value| match value {
            Value::Integer(integer) => Some(*integer),
            Value::Text(text) if style == Style::Vault => text.trim().parse().ok(),
            _ => None,
        })
    }

    /// Seconds, or a text such as `"10s"`.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>, ConfigError> {
        let expected = "a duration, such as \"30s\" or \"768h\"";
        self.typed(key, expected, |value| match value {
            Value::Integer(seconds) => parse_duration(&seconds.to_string()),
            Value::Text(text) => parse_duration(text),
            _ => None,
        })
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<&'a str>>, ConfigError> {
        self.typed(key, "a list of texts in quotes", |value| match value {
            Value::List(nodes) => nodes.iter().map(|node| text_of(&node.value)).collect(),
            _ => None,
        })
    }

    /// A table that stands once.
    pub fn section(&self, key: &str) -> Result<Option<Section<'a>>, ConfigError> {
        let line = self.value(key)?.map_or(self.line, |node| node.line);
        let items = self.typed(key, "a table", |value| match value {
            Value::Object(items) => Some(items.as_slice()),
            _ => None,
        })?;
        Ok(items.map(|items| self.within(self.path_of(key), line, items)))
    }

    /// A list of tables, `[[key]]`.
    pub fn sections(&self, key: &str) -> Result<Vec<Section<'a>>, ConfigError> {
        let Some(node) = self.value(key)? else { return Ok(Vec::new()) };
        let refuse = || self.refuse(key, format!("is not a list of tables: write [[{key}]]"));
        let Value::List(nodes) = &node.value else { return Err(refuse()) };
        let section = |(place, node): (usize, &'a Node)| match &node.value {
            Value::Object(items) => {
                Ok(self.within(format!("{}[{place}]", self.path_of(key)), node.line, items))
            }
            _ => Err(refuse()),
        };
        nodes.iter().enumerate().map(section).collect()
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(node) = self.value(key)? else { return Ok(None) };
        let value = read(&node.value);
        value.map(Some).ok_or_else(|| self.refuse(key, format!("is not {expected}")))
    }
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// What Go's `strconv.ParseBool` takes, as Vault does.
fn boolean_of_text(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" | "" => Some(false),
        _ => None,
    }
}
