//! What the user sees: values and requested data on the standard output, everything else on the standard error
//! output, colours on a terminal only.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::Failure;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The two streams.
#[derive(Debug)]
pub struct Output {
    /// Whether requested data is written as JSON.
    pub json: bool,
    quiet: bool,
    color: bool,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const DONE: Style = AnsiColor::Green.on_default();
/// For column titles.
pub const TITLE: Style = Style::new().bold();

impl Output {
    /// Streams for these choices.
    #[must_use]
    pub fn new(json: bool, quiet: bool, color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                io::stderr().is_terminal() && !refused
            }
        };
        Self { json, quiet, color }
    }

    /// Write requested data.
    ///
    /// # Errors
    /// A closed pipe ends the command quietly; another failure is told.
    pub fn data(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(stdout_failure)
    }

    /// Write a line of requested data.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        self.data(format!("{text}\n").as_bytes())
    }

    /// Write requested data as one JSON document.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value).map_err(Failure::new)?;
        text.push('\n');
        self.data(text.as_bytes())
    }

    /// Write rows as columns with titles, or nothing when there are no rows.
    ///
    /// # Errors
    /// As [`Self::data`].
    pub fn table<const N: usize>(
        &self,
        titles: [&str; N],
        rows: &[[String; N]],
    ) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut widths = titles.map(|title| title.chars().count());
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let colored = self.color && io::stdout().is_terminal();
        let mut text = String::new();
        let title = if colored { TITLE } else { Style::new() };
        text.push_str(&format!("{title}{}{title:#}\n", row_text(&titles, &widths)));
        for row in rows {
            text.push_str(&row_text(&row.each_ref().map(String::as_str), &widths));
            text.push('\n');
        }
        self.data(text.as_bytes())
    }

    /// Say what was done.
    pub fn done(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            self.err(DONE, "", &text.to_string());
        }
    }

    /// Say something.
    pub fn note(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            self.err(Style::new(), "", &text.to_string());
        }
    }

    /// Say something that may matter, whether quiet or not.
    pub fn warning(&self, text: impl std::fmt::Display) {
        self.err(WARNING, "warning: ", &text.to_string());
    }

    /// Give a hint.
    pub fn hint(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            self.err(HINT, "hint: ", &text.to_string());
        }
    }

    /// Tell of a failure.
    pub(crate) fn failure(&self, message: &str, hints: &[String]) {
        if self.json {
            let value = serde_json::json!({ "error": message, "hints": hints });
            self.err(Style::new(), "", &value.to_string());
            return;
        }
        self.err(ERROR, "error: ", message);
        for hint in hints {
            self.err(HINT, "hint: ", hint);
        }
    }

    /// The first word is coloured, or the whole line when there is none.
    fn err(&self, style: Style, word: &str, text: &str) {
        let style = if self.color { style } else { Style::new() };
        let line = match word {
            "" => format!("{style}{text}{style:#}\n"),
            word => format!("{style}{word}{style:#}{text}\n"),
        };
        // A closed standard error output leaves nobody to tell.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

fn row_text(cells: &[&str], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        text.push_str(cell);
        let padding = width.saturating_sub(cell.chars().count()) + 2;
        text.extend(std::iter::repeat_n(' ', padding));
    }
    text.trim_end().to_owned()
}

fn stdout_failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Failure::closed_pipe();
    }
    Failure::new(format_args!("cannot write to the standard output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        assert_eq!(row_text(&["a", "b"], &[3, 1]), "a    b");
        assert_eq!(row_text(&["ü", "b"], &[1, 1]), "ü  b");
    }
}
