//! `.env` files: the dialect that python-dotenv, docker compose and node's dotenv have in common.
//!
//! Where they differ, the reader follows python-dotenv, and adds backtick quotes (literal, as in node's
//! dotenv). What they skip in silence is an error here: a line without `=`, an unclosed quote, text
//! after a closing quote.

pub(in super::super) mod example;
mod expand;
mod parse;

use std::collections::HashMap;
use std::io::{self, Write};

use super::{
    ENTRIES_MAX, Entry, ExportOptions, Exporter, ImportOptions, Imported, Importer, Problem,
    Problems, Value,
};

/// The format.
pub(super) struct Dotenv;

impl Importer for Dotenv {
    fn name(&self) -> &'static str {
        "dotenv"
    }

    fn about(&self) -> &'static str {
        "NAME=value lines, as in .env files"
    }

    /// `.env`, `.env.local`, `prod.env`, `.envrc`.
    fn claims(&self, file_name: &str) -> bool {
        file_name == ".env"
            || file_name == ".envrc"
            || file_name.starts_with(".env.")
            || super::has_extension(file_name, &["env"])
    }

    fn read(&self, file: &str, text: &str, options: &ImportOptions) -> Result<Imported, Problems> {
        let assignments = parse::assignments(file, text)?;
        if assignments.len() > ENTRIES_MAX {
            let message = format!("the file has more than {ENTRIES_MAX} entries");
            return Err(vec![Problem::new(file, message, "split it into several files")]);
        }
        let mut warnings = Problems::new();
        let assignments = if options.expand {
            expand::expand(file, assignments)?
        } else {
            warnings.extend(expand::warnings(file, &assignments));
            assignments
        };
        let entries = last_wins(file, assignments, &mut warnings);
        Ok(Imported { entries, warnings })
    }
}

/// Keeps the place of the first assignment and the value of the last.
fn last_wins(
    file: &str,
    assignments: Vec<parse::Assignment>,
    warnings: &mut Problems,
) -> Vec<Entry> {
    let mut places: HashMap<String, (usize, usize)> = HashMap::new();
    let mut entries: Vec<Entry> = Vec::new();
    for assignment in assignments {
        let line = assignment.position.line;
        let parse::Assignment { name, value, position, .. } = assignment;
        let next = entries.len();
        let (place, earlier) = *places.entry(name.as_str().to_owned()).or_insert((next, line));
        match entries.get_mut(place) {
            Some(entry) => {
                let message = format!("{name} is set in line {earlier} and in line {line}");
                let hint = format!("line {line} wins; remove line {earlier}");
                warnings.push(Problem::new(file, message, hint).at(position));
                entry.value = value;
                places.insert(name.as_str().to_owned(), (place, line));
            }
            None => entries.push(Entry { name, value }),
        }
    }
    entries
}

impl Exporter for Dotenv {
    fn name(&self) -> &'static str {
        "dotenv"
    }

    fn about(&self) -> &'static str {
        "NAME=value lines, as in .env files"
    }

    /// Bare where that is safe; in single quotes where a reader could expand a `$`; else in double
    /// quotes, where a carriage return can be escaped.
    fn write(&self, entries: &[Entry], _: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
        let mut line = Value::default();
        for Entry { name, value } in entries {
            line.clear();
            line.push_str(name.as_str());
            line.push('=');
            push_value(value, &mut line);
            line.push('\n');
            out.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

fn push_value(value: &str, line: &mut Value) {
    let is_bare = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, '_' | '-' | '.' | '/' | ':' | '@' | ',' | '+' | '=' | '%')
    };
    line.reserve(value.len() + 2);
    if value.chars().all(is_bare) {
        line.push_str(value);
    } else if value.contains('$') && !value.contains('\r') {
        line.push('\'');
        for character in value.chars() {
            if matches!(character, '\'' | '\\') {
                line.push('\\');
            }
            line.push(character);
        }
        line.push('\'');
    } else {
        line.push('"');
        for character in value.chars() {
            match character {
                '"' => line.push_str("\\\""),
                '\\' => line.push_str("\\\\"),
                '\r' => line.push_str("\\r"),
                _ => line.push(character),
            }
        }
        line.push('"');
    }
}

/// What a fuzzer calls: any bytes are read without a panic, and what was read survives being
/// written and read again.
pub fn fuzz_dotenv(bytes: &[u8]) {
    for expand in [false, true] {
        let options = ImportOptions { expand, ..Default::default() };
        let Ok(first) = super::import(&Dotenv, "fuzz", bytes, &options) else { continue };
        let mut written = Vec::new();
        let outcome = super::export(&Dotenv, &first.entries, &Default::default(), &mut written);
        assert!(outcome.is_ok(), "what was read can be written");
        let second = super::import(&Dotenv, "fuzz", &written, &ImportOptions::default());
        assert!(
            second.is_ok_and(|second| second.entries == first.entries),
            "what was written reads as the same"
        );
    }
}

#[cfg(test)]
mod tests;
