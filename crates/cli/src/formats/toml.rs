//! TOML 1.0: names and values at the top level.

use std::io::{self, Write};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tree::{self, Kind, Member, Node};
use super::{
    Entry, ExportOptions, Exporter, ImportOptions, Imported, Importer, NESTING_MAX, Position,
    Problem, Problems, Value, has_extension,
};

/// The format.
pub(super) struct Toml;

impl Importer for Toml {
    fn name(&self) -> &'static str {
        "toml"
    }

    fn about(&self) -> &'static str {
        "TOML names and values"
    }

    fn claims(&self, file_name: &str) -> bool {
        has_extension(file_name, &["toml"])
    }

    fn read(&self, file: &str, text: &str, options: &ImportOptions) -> Result<Imported, Problems> {
        // The parser's messages are made of fixed words: they hold nothing of the file.
        let table = DeTable::parse(text).map_err(|error| {
            let position = error.span().map(|span| Position::of_offset(text, span.start));
            let message = format!("this is not TOML: {}", error.message());
            let hint = "values need quotes: NAME = \"value\"";
            vec![Problem::new(file, message, hint).at_if(position)]
        })?;
        let reader = Reader { file, text };
        let kind = reader.table(table.get_ref(), 1).map_err(|problem| vec![problem])?;
        let root = Node { offset: None, kind };
        tree::collect(file, text, root, &options.nested).map_err(|fault| vec![fault.problem])
    }
}

impl Exporter for Toml {
    fn name(&self) -> &'static str {
        "toml"
    }

    fn about(&self) -> &'static str {
        "TOML names and values"
    }

    fn write(&self, entries: &[Entry], _: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
        let mut text = Value::default();
        for Entry { name, value } in entries {
            text.clear();
            // A JSON string is a TOML basic string: the same escapes, control characters escaped.
            super::json::push_quoted(value, &mut text);
            writeln!(out, "{name} = {}", text.as_str())?;
        }
        Ok(())
    }
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn table(&self, table: &DeTable<'_>, depth: usize) -> Result<Kind, Problem> {
        // The parser sorts by name; the file's order is the order of the places.
        let mut members: Vec<_> = table.iter().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        let members = members.into_iter().map(|(key, value)| {
            let offset = Some(key.span().start);
            let value = self.node(value, depth)?;
            Ok(Member { key: key.get_ref().clone().into_owned(), offset, value })
        });
        Ok(Kind::Table(members.collect::<Result<_, Problem>>()?))
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Problem> {
        let span = value.span();
        let offset = Some(span.start);
        let kind = match value.get_ref() {
            DeValue::String(text) => Kind::Text(Value::new(text.clone().into_owned())),
            DeValue::Array(_) | DeValue::Table(_) if depth >= NESTING_MAX => {
                return Err(
                    tree::too_deep(self.file).at(Position::of_offset(self.text, span.start))
                );
            }
            DeValue::Array(array) => {
                let nodes = array.iter().map(|element| self.node(element, depth + 1));
                Kind::List(nodes.collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => self.table(table, depth + 1)?,
            DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => {
                let written = self.text.get(span).unwrap_or_default();
                Kind::Plain(Value::new(written.to_owned()))
            }
        };
        Ok(Node { offset, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Nested;
    use super::super::testing::{check_with_python, import_with, message_of, pairs, read};
    use super::*;

    #[test]
    fn scalars_become_their_text_as_written_in_the_order_of_the_file() {
        let text = "Z = \"x\\n\"\nB = 1_000\nC = 1.50\nD = false\nE = 1979-05-27\nF = '''a\nb'''\nA = 0x1F\n";
        assert_eq!(
            pairs(&read(&Toml, text).unwrap().entries),
            [
                ("Z", "x\n"),
                ("B", "1_000"),
                ("C", "1.50"),
                ("D", "false"),
                ("E", "1979-05-27"),
                ("F", "a\nb"),
                ("A", "0x1F")
            ]
        );
    }

    #[test]
    fn errors_name_the_place_and_never_the_value() {
        for (text, message) in [
            (
                "A = 1\nB = canary",
                "f:2:5: this is not TOML: string values must be quoted, expected literal string",
            ),
            ("A = 1\nA = \"canary\"", "f:2:1: this is not TOML: duplicate key"),
            ("A = \"canary", "f:1:12: this is not TOML: invalid basic string, expected `\"`"),
            ("[A]\nB = \"canary\"", "f:1:1: the value of `A` is a table"),
            ("A = [\"canary\"]", "f:1:5: the value of `A` is a list"),
            (
                "\"a b\" = \"canary\"",
                "f:1:1: the name `a b` has a character that is not a letter, a digit or `_` (number 2 of the name)",
            ),
        ] {
            assert_eq!(message_of(read(&Toml, text)), message);
        }
    }

    #[test]
    fn tables_are_flattened_when_asked() {
        let nested = Nested::Flatten { separator: "__".into() };
        let text = "A.B = 1\n[DB]\nHOST = 'h'\n[[L]]\nX = 1\n[[L]]\nX = 2\n";
        assert_eq!(
            pairs(&import_with(&Toml, text, nested).unwrap().entries),
            [("A__B", "1"), ("DB__HOST", "h"), ("L__0__X", "1"), ("L__1__X", "2")]
        );
    }

    #[test]
    fn nesting_past_its_limit_is_refused() {
        let nested = |lists: usize| {
            let text = format!("A = {}{}", "[".repeat(lists), "]".repeat(lists));
            import_with(&Toml, &text, Nested::Json)
        };
        assert!(nested(super::super::NESTING_MAX - 1).is_ok());
        assert!(nested(super::super::NESTING_MAX).is_err());
        assert!(nested(50_000).is_err());
    }

    #[test]
    fn what_is_written_is_read_back_by_python() {
        check_with_python(
            &Toml,
            "import json,sys,tomllib; json.dump(tomllib.loads(sys.stdin.buffer.read().decode()), sys.stdout)",
        );
    }
}
