//! A TOML table that knows its place, its path and which keys it may have.

use std::ops::Range;

use strongroom_core::spelling::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::formats::{Position, Problem};

/// The file, for errors.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
}

impl File<'_> {
    pub(super) fn problem(
        self,
        offset: usize,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Problem {
        Problem::new(self.name, message, hint).at(Position::of_offset(self.text, offset))
    }
}

pub(super) struct Table<'a> {
    pub(super) file: File<'a>,
    /// `secrets.API_KEY`; empty at the top.
    pub(super) path: String,
    pub(super) offset: usize,
    table: &'a DeTable<'a>,
}

/// A value and where it begins.
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) offset: usize,
}

impl<'a> Table<'a> {
    pub(super) fn root(file: File<'a>, table: &'a DeTable<'a>) -> Self {
        Self { file, path: String::new(), offset: 0, table }
    }

    /// Refuses a key that is not among the known ones.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let mut unknown: Vec<_> =
            self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).collect();
        unknown.sort_by_key(|key| key.span().start);
        let Some(key) = unknown.first() else { return Ok(()) };
        let hint = match nearest(key.get_ref(), known.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the keys here are {}", known.join(", ")),
        };
        let message = format!("unknown key `{}`", self.path_of(key.get_ref()));
        Err(self.file.problem(key.span().start, message, hint))
    }

    pub(super) fn string(&self, key: &str) -> Result<Option<Placed<&'a str>>, Problem> {
        self.typed(key, "text in quotes", DeValue::as_str)
    }

    pub(super) fn boolean(&self, key: &str) -> Result<Option<Placed<bool>>, Problem> {
        self.typed(key, "true or false", DeValue::as_bool)
    }

    pub(super) fn count(&self, key: &str) -> Result<Option<Placed<usize>>, Problem> {
        self.typed(key, "a whole number from 0", |value| {
            let integer = value.as_integer()?;
            usize::from_str_radix(integer.as_str(), integer.radix()).ok()
        })
    }

    pub(super) fn table(&self, key: &str) -> Result<Option<Table<'a>>, Problem> {
        let table = self.typed(key, "a table", DeValue::as_table)?;
        Ok(table.map(|Placed { value, offset }| Table {
            file: self.file,
            path: self.path_of(key),
            offset,
            table: value,
        }))
    }

    /// The tables inside, in the order of the file.
    pub(super) fn tables(&self) -> Result<Vec<(&'a str, Table<'a>)>, Problem> {
        let mut keys: Vec<&'a Spanned<_>> = self.table.keys().collect();
        keys.sort_by_key(|key| key.span().start);
        let mut tables = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(table) = self.table(key.get_ref())? {
                tables.push((key.get_ref().as_ref(), Table { offset: key.span().start, ..table }));
            }
        }
        Ok(tables)
    }

    pub(super) fn holds_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| value.get_ref().is_str())
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Placed<T>>, Problem> {
        let Some(found) = self.table.get(key) else { return Ok(None) };
        let Range { start: offset, .. } = found.span();
        match read(found.get_ref()) {
            Some(value) => Ok(Some(Placed { value, offset })),
            None => {
                let message = format!("`{}` is not {expected}", self.path_of(key));
                Err(self.file.problem(offset, message, format!("write {expected}")))
            }
        }
    }
}
