//! What is wrong in a file, and where.

use std::fmt;

/// A place in a file, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// The place after `text`, which is everything before it in the file.
    pub fn at_end_of(text: &str) -> Self {
        let line_start = text.rfind('\n').map_or(0, |index| index + 1);
        let column = text.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line: text.bytes().filter(|byte| *byte == b'\n').count() + 1, column }
    }

    /// The place of a byte offset in the text of a file.
    pub fn of_offset(text: &str, offset: usize) -> Self {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self::at_end_of(text.get(..end).unwrap_or_default())
    }
}

/// One thing that is wrong in a file. Never holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the person named it.
    pub file: String,
    /// Where; none when it is about the whole file.
    pub position: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Problem {
    /// A problem with the whole file.
    pub fn new(file: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { file: file.to_owned(), position: None, message: message.into(), hint: hint.into() }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }

    /// The same, with a place when there is one.
    #[must_use]
    pub fn at_if(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }
}

/// `file:line:column: message`, without the hint.
impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(formatter, "{line}:{column}:")?;
        }
        write!(formatter, " {}", self.message)
    }
}

impl std::error::Error for Problem {}

/// A key of a structured file for a message: control characters escaped, cut at 64 characters.
pub(super) fn quoted_key(key: &str) -> String {
    const KEY_CHARS_SHOWN: usize = 64;
    let mut shown: String =
        key.chars().take(KEY_CHARS_SHOWN).flat_map(char::escape_debug).collect();
    if key.chars().nth(KEY_CHARS_SHOWN).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        assert_eq!(Position::at_end_of(""), Position { line: 1, column: 1 });
        assert_eq!(Position::at_end_of("a\nüb"), Position { line: 2, column: 3 });
        assert_eq!(Position::of_offset("a\nüb", 3), Position { line: 2, column: 1 });
        assert_eq!(Position::of_offset("a", 99), Position { line: 1, column: 2 });
    }

    #[test]
    fn a_problem_reads_like_a_compilers() {
        let problem = Problem::new(".env", "no `=`", "write NAME=value");
        assert_eq!(problem.to_string(), ".env: no `=`");
        assert_eq!(problem.at(Position { line: 3, column: 1 }).to_string(), ".env:3:1: no `=`");
    }

    #[test]
    fn a_key_in_a_message_cannot_move_the_terminal() {
        assert_eq!(quoted_key("a\u{1b}[2J"), "`a\\u{1b}[2J`");
        assert_eq!(quoted_key(&"k".repeat(65)).chars().count(), 67);
    }
}
