//! JSON (RFC 8259): one object of names and values.

use std::io::{self, Write};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{self, Kind, Member, Node};
use super::{
    Entry, ExportOptions, Exporter, ImportOptions, Imported, Importer, NESTING_MAX, Position,
    Problem, Problems, Value, has_extension,
};

/// The format.
pub(super) struct Json;

impl Importer for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one JSON object of names and values"
    }

    fn claims(&self, file_name: &str) -> bool {
        has_extension(file_name, &["json"])
    }

    fn read(&self, file: &str, text: &str, options: &ImportOptions) -> Result<Imported, Problems> {
        let reader = Reader { file, text };
        let root = reader.whole().map_err(|problem| vec![problem])?;
        tree::collect(file, text, root, &options.nested).map_err(|fault| vec![fault.problem])
    }
}

impl Exporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one JSON object of names and values"
    }

    fn write(&self, entries: &[Entry], _: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
        let mut text = Value::default();
        for (index, Entry { name, value }) in entries.iter().enumerate() {
            text.clear();
            text.push_str(if index == 0 { "{\n  " } else { ",\n  " });
            push_quoted(name.as_str(), &mut text);
            text.push_str(": ");
            push_quoted(value, &mut text);
            out.write_all(text.as_bytes())?;
        }
        out.write_all(if entries.is_empty() { b"{}\n" } else { b"\n}\n" })
    }
}

/// Appends a JSON string; control characters and DEL are escaped.
pub(super) fn push_quoted(text: &str, out: &mut Value) {
    out.reserve(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Keeps each value as a piece of the text, so that numbers stay as written and have a position.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn whole(&self) -> Result<Node, Problem> {
        let raw: &RawValue = serde_json::from_str(self.text).map_err(|error| {
            let position = Position { line: error.line().max(1), column: error.column().max(1) };
            self.syntax(&error, position)
        })?;
        self.node(raw, 0)
    }

    fn node(&self, raw: &'a RawValue, depth: usize) -> Result<Node, Problem> {
        let piece = raw.get();
        let offset = self.offset(piece);
        let kind = match piece.as_bytes().first() {
            Some(b'n') => Kind::Null,
            Some(b'"') => Kind::Text(self.part::<String>(piece)?.into()),
            Some(b'[' | b'{') if depth >= NESTING_MAX => {
                return Err(tree::too_deep(self.file).at(Position::of_offset(self.text, offset)));
            }
            Some(b'[') => {
                let elements: Vec<&'a RawValue> = self.part(piece)?;
                let nodes = elements.into_iter().map(|element| self.node(element, depth + 1));
                Kind::List(nodes.collect::<Result<_, _>>()?)
            }
            Some(b'{') => {
                let Members(pairs) = self.part(piece)?;
                let members = pairs.into_iter().map(|(key, value)| {
                    let key_text = self.part::<String>(key.get())?;
                    let offset = Some(self.offset(key.get()));
                    Ok(Member { key: key_text, offset, value: self.node(value, depth + 1)? })
                });
                Kind::Table(members.collect::<Result<_, Problem>>()?)
            }
            _ => Kind::Plain(Value::new(piece.to_owned())),
        };
        Ok(Node { offset: Some(offset), kind })
    }

    /// Reads a piece whose kind its first character has told; what can still fail is an escape.
    fn part<T: Deserialize<'a>>(&self, piece: &'a str) -> Result<T, Problem> {
        serde_json::from_str(piece).map_err(|error| {
            self.syntax(&error, Position::of_offset(self.text, self.offset(piece)))
        })
    }

    fn offset(&self, piece: &str) -> usize {
        (piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize)
    }

    /// The parser's words only where they are fixed: those for wrong types quote the value.
    fn syntax(&self, error: &serde_json::Error, position: Position) -> Problem {
        let words = match error.classify() {
            serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
                let all = error.to_string();
                let end = all.rfind(" at line ").unwrap_or(all.len());
                format!(": {}", all.get(..end).unwrap_or_default())
            }
            _ => String::new(),
        };
        let hint = format!("find the place: python3 -m json.tool {} /dev/null", self.file);
        Problem::new(self.file, format!("this is not JSON{words}"), hint).at(position)
    }
}

/// The members of an object in the order of the file, repeated keys included.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'a> Visitor<'a> for MembersVisitor {
            type Value = Members<'a>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Members(pairs))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entries, message_of, pairs, read};
    use super::*;

    #[test]
    fn scalars_become_their_text_as_written() {
        let text = r#"{"A": "x\u00e9\n", "B": 1.10, "C": 12345678901234567890123, "D": true, "E": 1e5, "F": ""}"#;
        assert_eq!(
            pairs(&read(&Json, text).unwrap().entries),
            [
                ("A", "xé\n"),
                ("B", "1.10"),
                ("C", "12345678901234567890123"),
                ("D", "true"),
                ("E", "1e5"),
                ("F", "")
            ]
        );
    }

    #[test]
    fn errors_name_the_place_and_never_the_value() {
        for (text, message) in [
            ("{\n \"A\": canary\n}", "f:2:7: this is not JSON: expected value"),
            ("\"canary\"", "f:1:1: the file is not a table of names"),
            ("{\"A\": \"canary\"", "f:1:14: this is not JSON: EOF while parsing an object"),
            ("{\"A\": null}", "f:1:7: the value of `A` is null"),
            ("{\"A\": 1,\n\"A\": \"canary\"}", "f:2:1: A is there twice, first in line 1"),
            ("{\"A\": [\"canary\"]}", "f:1:7: the value of `A` is a list"),
            ("{\"A\": {\"B\": \"canary\"}}", "f:1:7: the value of `A` is a table"),
            ("{\"1A\": \"canary\"}", "f:1:2: the name `1A` begins with a digit"),
            ("{\"A\": \"canary\\ud800\"}", "f:1:7: this is not JSON: unexpected end of hex escape"),
        ] {
            assert_eq!(message_of(read(&Json, text)), message);
        }
    }

    #[test]
    fn nested_values_are_flattened_or_kept_as_json_when_asked() {
        let text = r#"{"DB": {"HOST": "h", "PORTS": [1, 2.50]}, "X": "y"}"#;
        let flatten = Nested::Flatten { separator: "__".into() };
        let options = ImportOptions { nested: flatten, ..Default::default() };
        let imported = super::super::import(&Json, "f", text.as_bytes(), &options).unwrap();
        assert_eq!(
            pairs(&imported.entries),
            [("DB__HOST", "h"), ("DB__PORTS__0", "1"), ("DB__PORTS__1", "2.50"), ("X", "y")]
        );
        let options = ImportOptions { nested: Nested::Json, ..Default::default() };
        let imported = super::super::import(&Json, "f", text.as_bytes(), &options).unwrap();
        assert_eq!(
            pairs(&imported.entries),
            [("DB", r#"{"HOST":"h","PORTS":[1,2.50]}"#), ("X", "y")]
        );
    }

    #[test]
    fn flattened_names_that_meet_are_refused() {
        let options = ImportOptions {
            nested: Nested::Flatten { separator: "_".into() },
            ..Default::default()
        };
        let text = r#"{"A": {"B": 1}, "A_B": 2}"#;
        let result = super::super::import(&Json, "f", text.as_bytes(), &options);
        assert_eq!(message_of(result), "f:1:17: A_B is there twice, first in line 1");
    }

    #[test]
    fn nesting_is_taken_up_to_its_limit_and_refused_past_it() {
        let options = ImportOptions { nested: Nested::Json, ..Default::default() };
        let nested = |lists: usize| {
            let text = format!("{{\"A\": {}{}}}", "[".repeat(lists), "]".repeat(lists));
            super::super::import(&Json, "f", text.as_bytes(), &options)
        };
        assert!(nested(super::super::NESTING_MAX - 1).is_ok());
        let message = message_of(nested(super::super::NESTING_MAX));
        assert!(message.ends_with("lists and tables are more than 32 deep"), "{message}");
        assert!(nested(100_000).is_err());
    }

    #[test]
    fn what_is_written_is_read_back_by_python() {
        super::super::testing::check_with_python(
            &Json,
            "import json,sys; json.dump(json.load(sys.stdin), sys.stdout)",
        );
    }

    #[test]
    fn no_entries_make_an_empty_object() {
        assert_eq!(super::super::testing::write(&Json, &entries(&[])), "{}\n");
    }

    use super::super::Nested;
}
