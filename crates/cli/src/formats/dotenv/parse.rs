//! The grammar of `.env` files.

use crate::formats::{Name, PROBLEMS_MAX, Position, Problem, Problems, Value};

/// One `NAME=value`.
pub(super) struct Assignment {
    pub(super) name: Name,
    pub(super) value: Value,
    pub(super) quote: Quote,
    pub(super) position: Position,
}

/// How the value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quote {
    Bare,
    Single,
    Double,
    Backtick,
}

/// A line of the file that means something.
pub(super) enum Item {
    Assignment(Assignment),
    /// A comment on a line of its own, without its `#`.
    Comment(String),
    /// One or more empty lines.
    Blank,
}

/// The assignments of a file, in its order.
pub(super) fn assignments(file: &str, text: &str) -> Result<Vec<Assignment>, Problems> {
    let assignment = |item| match item {
        Item::Assignment(assignment) => Some(assignment),
        Item::Comment(_) | Item::Blank => None,
    };
    Ok(items(file, text)?.into_iter().filter_map(assignment).collect())
}

/// Everything in a file; goes on after a broken line, so that all of them are reported at once.
pub(super) fn items(file: &str, text: &str) -> Result<Vec<Item>, Problems> {
    let mut scanner = Scanner { file, rest: text, line: 1, column: 1 };
    let mut items = Vec::new();
    let mut problems = Problems::new();
    while !scanner.rest.is_empty() && problems.len() < PROBLEMS_MAX {
        match scanner.item() {
            Ok(Item::Blank) if matches!(items.last(), None | Some(Item::Blank)) => {}
            Ok(item) => items.push(item),
            Err(problem) => {
                problems.push(problem);
                scanner.skip_line();
            }
        }
    }
    if problems.is_empty() { Ok(items) } else { Err(problems) }
}

struct Scanner<'a> {
    file: &'a str,
    rest: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Scanner<'a> {
    /// Reads to the end of a line; after an error it stands somewhere in the broken line.
    fn item(&mut self) -> Result<Item, Problem> {
        self.skip_spaces();
        if self.skip_line_end() {
            return Ok(Item::Blank);
        }
        if self.peek() == Some('#') {
            let comment = self.take_line().trim_start_matches('#').trim().to_owned();
            self.skip_line_end();
            return Ok(Item::Comment(comment));
        }
        self.skip_export();
        let position = self.position();
        let name = self.name()?;
        let (value, quote) = self.value()?;
        Ok(Item::Assignment(Assignment { name, value, quote, position }))
    }

    /// The name and the `=` after it. The name is quoted in no message: it may be a line of a value.
    fn name(&mut self) -> Result<Name, Problem> {
        let start = self.position();
        let line = line_of(self.rest);
        let Some((before, _)) = line.split_once('=') else {
            let (message, hint) = if line
                .split_once(':')
                .is_some_and(|(name, _)| Name::parse(name).is_ok())
            {
                ("this line has `:` in the place of `=`", "write NAME=value")
            } else {
                ("this line has no `=`", "write NAME=value; a value of several lines needs quotes")
            };
            return Err(self.problem(message, hint, start));
        };
        let name = Name::parse(before.trim_end_matches(is_space)).map_err(|fault| {
            self.problem(&format!("the name before `=` {fault}"), fault.hint(), start)
        })?;
        self.advance(before.len() + 1);
        Ok(name)
    }

    fn value(&mut self) -> Result<(Value, Quote), Problem> {
        let spaces = self.skip_spaces();
        let quote = match self.peek() {
            Some('\'') => Quote::Single,
            Some('"') => Quote::Double,
            Some('`') => Quote::Backtick,
            // `NAME= # comment` is empty, `NAME=#1` is not.
            Some('#') if spaces > 0 => {
                self.skip_line();
                return Ok((Value::default(), Quote::Bare));
            }
            _ => return Ok((self.bare_value(), Quote::Bare)),
        };
        let value = self.quoted_value(quote)?;
        self.skip_spaces();
        if self.peek() == Some('#') {
            self.take_line();
        }
        if !self.rest.is_empty() && !self.skip_line_end() {
            let hint = "put the whole value inside the quotes, and a comment after ` #`";
            return Err(self.problem("text after the closing quote", hint, self.position()));
        }
        Ok((value, quote))
    }

    fn bare_value(&mut self) -> Value {
        let line = self.take_line();
        self.skip_line_end();
        let mut end = line.len();
        let mut after_space = false;
        for (index, character) in line.char_indices() {
            if character == '#' && after_space {
                end = index;
                break;
            }
            after_space = is_space(character);
        }
        let value = line.get(..end).unwrap_or_default().trim_end_matches(is_space);
        Value::new(value.to_owned())
    }

    fn quoted_value(&mut self, quote: Quote) -> Result<Value, Problem> {
        let (mark, called) = match quote {
            Quote::Single => ('\'', "single"),
            Quote::Backtick => ('`', "backtick"),
            Quote::Double | Quote::Bare => ('"', "double"),
        };
        let opened = self.position();
        let body = self.rest.get(1..).unwrap_or_default();
        let Some(length) = closing_quote(body, mark, quote != Quote::Backtick) else {
            let message = format!("the {called} quote that opens here is never closed");
            let hint = format!("close it with {mark}, or write \\{mark} for one inside the value");
            return Err(self.problem(&message, &hint, opened));
        };
        let raw = body.get(..length).unwrap_or_default();
        let value = unescape(raw, quote);
        self.advance(1 + length + 1);
        Ok(value)
    }

    /// `export ` before a name.
    fn skip_export(&mut self) {
        if let Some(rest) = self.rest.strip_prefix("export")
            && rest.starts_with(is_space)
        {
            self.advance("export".len());
            self.skip_spaces();
        }
    }

    fn skip_spaces(&mut self) -> usize {
        let rest = self.rest.trim_start_matches(is_space);
        let count = self.rest.len() - rest.len();
        self.advance(count);
        count
    }

    /// `\n`, `\r\n` or `\r`.
    fn skip_line_end(&mut self) -> bool {
        let length = match self.rest.as_bytes() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => return false,
        };
        self.advance(length);
        true
    }

    fn skip_line(&mut self) {
        self.take_line();
        self.skip_line_end();
    }

    fn take_line(&mut self) -> &'a str {
        let line = line_of(self.rest);
        self.advance(line.len());
        line
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Goes on by some bytes and keeps count of lines and columns.
    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let mut characters = passed.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '\n' || (character == '\r' && characters.peek() != Some(&'\n')) {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.rest = rest;
    }

    fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }

    fn problem(&self, message: &str, hint: &str, position: Position) -> Problem {
        Problem::new(self.file, message, hint).at(position)
    }
}

/// The text before the line's end.
fn line_of(text: &str) -> &str {
    text.split(['\n', '\r']).next().unwrap_or_default()
}

/// Space inside a line, as Python's `\s` has it.
fn is_space(character: char) -> bool {
    character != '\n'
        && character != '\r'
        && (character.is_whitespace() || ('\x1c'..='\x1f').contains(&character))
}

/// The bytes before the closing quote; a backslash hides the character after it.
fn closing_quote(body: &str, mark: char, backslash_hides: bool) -> Option<usize> {
    let mut characters = body.char_indices();
    while let Some((index, character)) = characters.next() {
        if character == mark {
            return Some(index);
        }
        if character == '\\' && backslash_hides {
            characters.next();
        }
    }
    None
}

/// Escapes as in python-dotenv; an unknown one stays as it is. Line ends become `\n`.
fn unescape(raw: &str, quote: Quote) -> Value {
    let mut value = Value::new(String::with_capacity(raw.len()));
    let mut characters = raw.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\r' {
            if characters.peek() == Some(&'\n') {
                characters.next();
            }
            value.push('\n');
            continue;
        }
        let escaped = match (character, characters.peek()) {
            ('\\', Some(&next)) => escape(next, quote),
            _ => None,
        };
        match escaped {
            Some(meant) => {
                characters.next();
                value.push(meant);
            }
            None => value.push(character),
        }
    }
    value
}

fn escape(after_backslash: char, quote: Quote) -> Option<char> {
    match (quote, after_backslash) {
        (Quote::Single | Quote::Double, '\\' | '\'') => Some(after_backslash),
        (Quote::Double, '"') => Some('"'),
        (Quote::Double, 'a') => Some('\x07'),
        (Quote::Double, 'b') => Some('\x08'),
        (Quote::Double, 'f') => Some('\x0c'),
        (Quote::Double, 'n') => Some('\n'),
        (Quote::Double, 'r') => Some('\r'),
        (Quote::Double, 't') => Some('\t'),
        (Quote::Double, 'v') => Some('\x0b'),
        _ => None,
    }
}
