//! Reads HCL or JSON, as Vault's policies and server configurations are written, into items with their lines.
//!
//! The HCL is Vault's (HCL 1): a key can be quoted, items need no line break between them, and there are no
//! expressions. A text whose first character is `{` is JSON (RFC 8259). Nothing is evaluated, and depth and number of
//! values are bounded while reading, so that no text costs more than a small multiple of its length. The caller bounds
//! the length.

/// How deep lists and objects of a text can stand in each other.
pub const DEPTH_MAX: usize = 16;
/// How many values (texts, numbers, lists, objects) a text can hold.
pub const VALUES_MAX: usize = 65_536;

/// `keys value`: `path "x" { … }`, `capabilities = […]`, or a member of a JSON object.
#[derive(Debug)]
pub struct Item {
    /// The line of the key, counted from 1.
    pub line: u32,
    /// The key.
    pub key: String,
    /// The quoted word after the key, of a block such as `path "x" { … }`.
    pub label: Option<String>,
    /// What follows.
    pub value: Node,
}

/// A value and the line on which it begins.
#[derive(Debug)]
pub struct Node {
    /// The line, counted from 1.
    pub line: u32,
    /// The value.
    pub value: Value,
}

/// What a value is.
#[derive(Debug)]
pub enum Value {
    /// JSON's `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without a fraction.
    Integer(i64),
    /// A number with one, or a large one.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A block of HCL or an object of JSON.
    Object(Vec<Item>),
}

/// What is wrong, and on which line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct SyntaxError {
    /// The line, counted from 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: SyntaxProblem,
}

/// What is wrong in a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxProblem {
    /// Lists and objects stand in each other more than [`DEPTH_MAX`] deep.
    #[error("values are nested more than {DEPTH_MAX} deep")]
    TooDeep,
    /// There are more than [`VALUES_MAX`] values.
    #[error("the text holds more than {VALUES_MAX} values")]
    TooManyValues,
    /// The grammar wants something else here.
    #[error("found {found} where {expected} should be")]
    Unexpected {
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// A string or a comment has no end.
    #[error("this {what} has no end")]
    Unclosed {
        /// `string` or `comment`.
        what: &'static str,
    },
    /// A backslash is followed by what is no escape.
    #[error("`\\{escape}` is no escape")]
    Escape {
        /// The character after the backslash.
        escape: char,
    },
    /// A string holds `${` or `%{`.
    #[error("`${{` and `%{{` are not part of the language")]
    Interpolation,
    /// A number cannot be held.
    #[error("this number is out of range")]
    NumberOutOfRange,
}

type Read<T> = Result<T, SyntaxError>;

/// The items at the top level of the text.
///
/// # Errors
/// [`SyntaxError`] with the line.
pub fn read(text: &str) -> Read<Vec<Item>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let dialect = if text.trim_start().starts_with('{') { Dialect::Json } else { Dialect::Hcl };
    let mut reader = Reader { rest: text, line: 1, dialect, templates: false, depth: 0, values: 0 };
    match dialect {
        Dialect::Hcl => reader.hcl_items(Ends::WithText),
        Dialect::Json => reader.json_members(),
    }
}

/// The members of a text that is an object of JSON and nothing else. `${` is text like any other.
///
/// # Errors
/// [`SyntaxError`] with the line.
pub fn read_json(text: &str) -> Read<Vec<Item>> {
    let dialect = Dialect::Json;
    Reader { rest: text, line: 1, dialect, templates: true, depth: 0, values: 0 }.json_members()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Hcl,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    WithText,
    WithBrace,
}

struct Reader<'a> {
    rest: &'a str,
    line: u32,
    dialect: Dialect,
    /// Whether `${` and `%{` can stand in a string.
    templates: bool,
    depth: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn json_members(&mut self) -> Read<Vec<Item>> {
        let Node { value: Value::Object(items), .. } = self.value()? else {
            return Err(self.unexpected("an object"));
        };
        self.skip_blanks()?;
        if self.peek().is_some() {
            return Err(self.unexpected("the end of the text"));
        }
        Ok(items)
    }

    fn hcl_items(&mut self, ends: Ends) -> Read<Vec<Item>> {
        let mut items = Vec::new();
        loop {
            self.skip_blanks()?;
            match (self.peek(), ends) {
                (None, Ends::WithText) => return Ok(items),
                (Some('}'), Ends::WithBrace) => {
                    self.bump();
                    return Ok(items);
                }
                (None, Ends::WithBrace) => return Err(self.unexpected("`}`")),
                (Some(_), _) => items.push(self.hcl_item()?),
            }
            self.skip_blanks()?;
            if ends == Ends::WithBrace {
                self.eat(',');
            }
        }
    }

    fn hcl_item(&mut self) -> Read<Item> {
        let line = self.line;
        let key = self.hcl_key()?;
        self.skip_blanks()?;
        let label = match self.peek() {
            Some('"') => Some(self.string()?),
            _ => None,
        };
        self.skip_blanks()?;
        if label.is_none() && self.eat('=') {
            return Ok(Item { line, key, label, value: self.value()? });
        }
        if self.peek() != Some('{') {
            let expected = if label.is_some() { "`{`" } else { "`=` or `{`" };
            return Err(self.unexpected(expected));
        }
        Ok(Item { line, key, label, value: self.value()? })
    }

    fn hcl_key(&mut self) -> Read<String> {
        match self.peek() {
            Some('"') => self.string(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => Ok(self.word().to_owned()),
            _ => Err(self.unexpected("a key")),
        }
    }

    fn value(&mut self) -> Read<Node> {
        self.skip_blanks()?;
        let line = self.line;
        self.values += 1;
        if self.values > VALUES_MAX {
            return Err(self.error(SyntaxProblem::TooManyValues));
        }
        let value = match self.peek() {
            Some('"') => Value::Text(self.string()?),
            Some('[') => Value::List(self.nested(Self::list)?),
            Some('{') => Value::Object(self.nested(Self::object)?),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number()?,
            Some(c) if c.is_ascii_alphabetic() => {
                let before = (self.rest, self.line);
                match (self.word(), self.dialect) {
                    ("true", _) => Value::Bool(true),
                    ("false", _) => Value::Bool(false),
                    ("null", Dialect::Json) => Value::Null,
                    _ => {
                        (self.rest, self.line) = before;
                        return Err(self.unexpected("a value"));
                    }
                }
            }
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { line, value })
    }

    /// Takes the opening bracket and reads what follows one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(SyntaxProblem::TooDeep));
        }
        self.bump();
        self.depth += 1;
        let inner = read(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn list(&mut self) -> Read<Vec<Node>> {
        let mut nodes = Vec::new();
        self.skip_blanks()?;
        if self.eat(']') {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.value()?);
            self.skip_blanks()?;
            if self.eat(']') {
                return Ok(nodes);
            }
            if !self.eat(',') {
                return Err(self.unexpected("`,` or `]`"));
            }
            self.skip_blanks()?;
            if self.dialect == Dialect::Hcl && self.eat(']') {
                return Ok(nodes);
            }
        }
    }

    fn object(&mut self) -> Read<Vec<Item>> {
        if self.dialect == Dialect::Hcl {
            return self.hcl_items(Ends::WithBrace);
        }
        let mut items = Vec::new();
        self.skip_blanks()?;
        if self.eat('}') {
            return Ok(items);
        }
        loop {
            self.skip_blanks()?;
            let line = self.line;
            if self.peek() != Some('"') {
                return Err(self.unexpected("a quoted key"));
            }
            let key = self.string()?;
            self.skip_blanks()?;
            if !self.eat(':') {
                return Err(self.unexpected("`:`"));
            }
            items.push(Item { line, key, label: None, value: self.value()? });
            self.skip_blanks()?;
            if self.eat('}') {
                return Ok(items);
            }
            if !self.eat(',') {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
    }

    fn number(&mut self) -> Read<Value> {
        let digits = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'));
        if let Ok(integer) = digits.parse::<i64>() {
            return Ok(Value::Integer(integer));
        }
        let shaped =
            digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        match digits.parse::<f64>() {
            Ok(float) if shaped && float.is_finite() => Ok(Value::Float(float)),
            Ok(_) if shaped => Err(self.error(SyntaxProblem::NumberOutOfRange)),
            _ => Err(self.error(SyntaxProblem::Unexpected {
                found: format!("`{digits}`"),
                expected: "a value",
            })),
        }
    }

    fn string(&mut self) -> Read<String> {
        let opened = self.line;
        self.bump();
        let mut text = String::new();
        loop {
            let unclosed =
                SyntaxError { line: opened, problem: SyntaxProblem::Unclosed { what: "string" } };
            match self.bump() {
                None | Some('\n') => return Err(unclosed),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some('$' | '%') if !self.templates && self.peek() == Some('{') => {
                    return Err(self.error(SyntaxProblem::Interpolation));
                }
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let Some(escape) = self.bump() else {
            return Err(self.error(SyntaxProblem::Unclosed { what: "string" }));
        };
        let refused = self.error(SyntaxProblem::Escape { escape });
        match escape {
            '"' | '\\' | '/' => Ok(escape),
            'n' => Ok('\n'),
            't' => Ok('\t'),
            'r' => Ok('\r'),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{C}'),
            'u' => {
                let unit = self.hexadecimal(4).ok_or(refused)?;
                self.join_surrogates(unit)
                    .ok_or_else(|| self.error(SyntaxProblem::Escape { escape }))
            }
            'U' if self.dialect == Dialect::Hcl => {
                self.hexadecimal(8).and_then(char::from_u32).ok_or(refused)
            }
            _ => Err(refused),
        }
    }

    /// JSON writes a character beyond U+FFFF as two escapes (RFC 8259, section 7).
    fn join_surrogates(&mut self, unit: u32) -> Option<char> {
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit);
        }
        self.rest = self.rest.strip_prefix("\\u")?;
        let low = self.hexadecimal(4).filter(|low| (0xDC00..0xE000).contains(low))?;
        char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
    }

    fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let (head, tail) = self.rest.split_at_checked(digits)?;
        if !head.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        self.rest = tail;
        u32::from_str_radix(head, 16).ok()
    }

    fn skip_blanks(&mut self) -> Read<()> {
        loop {
            self.take_while(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
            if self.dialect == Dialect::Json {
                return Ok(());
            }
            if self.rest.starts_with('#') || self.rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                let opened = self.line;
                let Some(end) = self.rest.find("*/") else {
                    let problem = SyntaxProblem::Unclosed { what: "comment" };
                    return Err(SyntaxError { line: opened, problem });
                };
                self.take(end + "*/".len());
            } else {
                return Ok(());
            }
        }
    }

    fn word(&mut self) -> &'a str {
        self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        let breaks = taken.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        taken
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.take(next.len_utf8());
        Some(next)
    }

    fn unexpected(&self, expected: &'static str) -> SyntaxError {
        let found = match self.peek() {
            None => "the end of the text".to_owned(),
            Some('\n') => "the end of the line".to_owned(),
            Some(c) if c.is_ascii_alphanumeric() => {
                let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric());
                let word = end.and_then(|end| self.rest.get(..end)).unwrap_or(self.rest);
                format!("`{}`", word.chars().take(40).collect::<String>())
            }
            Some(c) => format!("`{}`", c.escape_debug()),
        };
        self.error(SyntaxProblem::Unexpected { found, expected })
    }

    fn error(&self, problem: SyntaxProblem) -> SyntaxError {
        SyntaxError { line: self.line, problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (u32, SyntaxProblem) {
        let error = read(text).expect_err(text);
        (error.line, error.problem)
    }

    #[test]
    fn hcl_and_json_of_one_policy_read_alike() {
        let hcl = read("path \"a\" {\n  capabilities = [\"read\", ] # why\n}\n").unwrap();
        assert_eq!((hcl[0].key.as_str(), hcl[0].label.as_deref()), ("path", Some("a")));
        let Value::Object(items) = &hcl[0].value.value else { panic!("{hcl:?}") };
        assert_eq!((items[0].key.as_str(), items[0].line), ("capabilities", 2));

        let json = read("{\"path\": {\"a\": {\"capabilities\": [\"read\"]}}}").unwrap();
        let Value::Object(rules) = &json[0].value.value else { panic!("{json:?}") };
        assert_eq!(rules[0].key, "a");
    }

    #[test]
    fn comments_and_quoted_keys_and_missing_line_breaks_are_read() {
        let text = "# a\n// b\n/* c\n d */ \"path\" \"x\" { \"policy\" = \"read\" comment = \"y\", n = -1.5e3 }";
        let items = read(text).unwrap();
        let Value::Object(inner) = &items[0].value.value else { panic!("{items:?}") };
        assert_eq!(inner.len(), 3);
        assert_eq!(items[0].line, 4);
        assert!(matches!(inner[2].value.value, Value::Float(float) if float == -1500.0));
    }

    #[test]
    fn escapes_are_those_of_both_languages() {
        let json = read(r#"{"a": "\u0041\ud83d\ude00\/\"\\"}"#).unwrap();
        assert!(matches!(&json[0].value.value, Value::Text(text) if text == "A\u{1F600}/\"\\"));
        assert_eq!(problem(r#"a = "\q""#), (1, SyntaxProblem::Escape { escape: 'q' }));
        assert_eq!(problem(r#"{"a": "\ud83d"}"#), (1, SyntaxProblem::Escape { escape: 'u' }));
        assert_eq!(problem(r#"{"a": "\u00e"}"#), (1, SyntaxProblem::Escape { escape: 'u' }));
    }

    #[test]
    fn broken_text_is_refused_at_its_line() {
        let unexpected =
            |found: &str, expected| SyntaxProblem::Unexpected { found: found.to_owned(), expected };
        for (text, line, wanted) in [
            ("\n\npath \"a\" {", 3, unexpected("the end of the text", "`}`")),
            ("path \"a\" = {}", 1, unexpected("`=`", "`{`")),
            ("name{}\n}", 2, unexpected("`}`", "a key")),
            ("\na = [1 2]", 2, unexpected("`2`", "`,` or `]`")),
            ("a = b", 1, unexpected("`b`", "a value")),
            ("a = 0x", 1, unexpected("`0x`", "a value")),
            ("a = 1e999", 1, SyntaxProblem::NumberOutOfRange),
            ("a = \"b\nc\"", 1, SyntaxProblem::Unclosed { what: "string" }),
            ("\n/* a\n\n", 2, SyntaxProblem::Unclosed { what: "comment" }),
            ("a = \"${b}\"", 1, SyntaxProblem::Interpolation),
            ("{\"a\": 1,}", 1, unexpected("`}`", "a quoted key")),
            ("{\"a\": 1} x", 1, unexpected("`x`", "the end of the text")),
            ("{\"a\" 1}", 1, unexpected("`1`", "`:`")),
            ("{/**/}", 1, unexpected("`/`", "a quoted key")),
        ] {
            assert_eq!(problem(text), (line, wanted), "{text:?}");
        }
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let nested = |depth: usize| format!("a = {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(DEPTH_MAX)).is_ok());
        assert_eq!(problem(&nested(DEPTH_MAX + 1)).1, SyntaxProblem::TooDeep);
        let json = format!("{{\"a\":{}", "{\"a\":".repeat(100_000));
        assert_eq!(problem(&json).1, SyntaxProblem::TooDeep);

        let many = |count: usize| format!("a = [{}]", "1,".repeat(count));
        assert!(read(&many(VALUES_MAX - 1)).is_ok());
        assert_eq!(problem(&many(VALUES_MAX)).1, SyntaxProblem::TooManyValues);
    }

    #[test]
    fn a_reader_of_json_alone_takes_templates_as_text_and_no_hcl() {
        let items = read_json("{\"a\": \"${b}\"}").unwrap();
        assert!(matches!(&items[0].value.value, Value::Text(text) if text == "${b}"));
        assert_eq!(read("{\"a\": \"${b}\"}").unwrap_err().problem, SyntaxProblem::Interpolation);
        for text in ["", "[]", "a = 1", "{} {}", "{\"a\" = 1}", "# {}\n{}"] {
            assert!(read_json(text).is_err(), "{text}");
        }
    }
}
