//! YAML 1.2: a mapping of names and values.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Write};

use serde::de::{
    self, Deserialize, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use serde_norway::Error;

use super::tree::{self, Kind, Member, Node};
use super::{
    Entry, ExportOptions, Exporter, ImportOptions, Imported, Importer, NESTING_MAX, NODES_MAX,
    Position, Problem, Problems, VALUES_BYTES_MAX, Value, has_extension,
};

/// The format.
pub(super) struct Yaml;

impl Importer for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn about(&self) -> &'static str {
        "a YAML mapping of names and values"
    }

    fn claims(&self, file_name: &str) -> bool {
        has_extension(file_name, &["yaml", "yml"])
    }

    fn read(&self, file: &str, text: &str, options: &ImportOptions) -> Result<Imported, Problems> {
        let is_empty =
            |line: &str| matches!(line.trim_start().as_bytes(), [] | [b'#', ..] | b"---");
        if text.lines().all(is_empty) {
            return Ok(Imported::default());
        }
        let root = parse(file, text).map_err(|problem| vec![problem])?;
        tree::collect(file, text, root, &options.nested)
            .map_err(|fault| vec![fault.problem.at_if(locate(text, &fault.path))])
    }
}

impl Exporter for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn about(&self) -> &'static str {
        "a YAML mapping of names and values"
    }

    fn write(&self, entries: &[Entry], _: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
        if entries.is_empty() {
            return out.write_all(b"{}\n");
        }
        let mut text = Value::default();
        for Entry { name, value } in entries {
            text.clear();
            push_quoted(value, &mut text);
            // The name is quoted too: `NO`, `Y` and `NULL` are not text in every parser.
            writeln!(out, "\"{name}\": {}", text.as_str())?;
        }
        Ok(())
    }
}

/// Appends a double-quoted scalar. What YAML's production `c-printable` leaves out is escaped, and
/// so are the line breaks that YAML 1.1 knows (NEL, LS, PS), which a parser would fold.
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
            '\0'..='\x1f' | '\x7f'..='\u{9f}' => {
                out.push_str(&format!("\\x{:02x}", u32::from(character)));
            }
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Reads twice: once for the kinds, once for the scalars as text, so that `1.10` stays `1.10`.
fn parse(file: &str, text: &str) -> Result<Node, Problem> {
    let limits = Limits::default();
    let deserializer = serde_norway::Deserializer::from_str(text);
    let shape = ShapeSeed { depth: 0, limits: &limits }
        .deserialize(deserializer)
        .map_err(|error| limits.problem(file, &error))?;
    let deserializer = serde_norway::Deserializer::from_str(text);
    NodeSeed { shape: &shape, limits: &limits }
        .deserialize(deserializer)
        .map_err(|error| limits.problem(file, &error))
}

/// What stopped the reading; the parser's own messages may quote a value and are not shown.
#[derive(Clone, Copy)]
enum Stop {
    Depth,
    Nodes,
    Bytes,
    Tag,
    Key,
}

#[derive(Default)]
struct Limits {
    nodes: Cell<usize>,
    bytes: Cell<usize>,
    stop: Cell<Option<Stop>>,
}

impl Limits {
    fn stop<E: de::Error>(&self, stop: Stop) -> E {
        self.stop.set(Some(stop));
        E::custom("")
    }

    fn count_node<E: de::Error>(&self) -> Result<(), E> {
        self.nodes.set(self.nodes.get() + 1);
        if self.nodes.get() > NODES_MAX { Err(self.stop(Stop::Nodes)) } else { Ok(()) }
    }

    fn count_bytes<E: de::Error>(&self, bytes: usize) -> Result<(), E> {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
        if self.bytes.get() > VALUES_BYTES_MAX { Err(self.stop(Stop::Bytes)) } else { Ok(()) }
    }

    fn problem(&self, file: &str, error: &Error) -> Problem {
        let problem = match self.stop.get() {
            Some(Stop::Depth) => tree::too_deep(file),
            Some(Stop::Nodes) => {
                let message = format!("the file makes more than {NODES_MAX} values");
                Problem::new(file, message, "split the file, or write aliases out")
            }
            Some(Stop::Bytes) => {
                let message =
                    format!("the values are longer than {VALUES_BYTES_MAX} bytes together");
                Problem::new(file, message, "split the file, or write aliases out")
            }
            Some(Stop::Tag) => {
                Problem::new(file, "the value has a YAML tag (`!…`)", "write it without the tag")
            }
            Some(Stop::Key) => {
                Problem::new(file, "a key is a list or a mapping", "keys are names of variables")
            }
            None => Problem::new(
                file,
                "this is not YAML",
                "indent with spaces, and quote values that hold `: `, ` #` or begin with a sign",
            ),
        };
        problem.at_if(position(error))
    }
}

fn position(error: &Error) -> Option<Position> {
    let location = error.location()?;
    Some(Position { line: location.line().max(1), column: location.column().max(1) })
}

enum Shape {
    Null,
    Plain,
    Text,
    List(Vec<Shape>),
    Table(Vec<Shape>),
}

#[derive(Clone, Copy)]
struct ShapeSeed<'a> {
    depth: usize,
    limits: &'a Limits,
}

impl<'a> ShapeSeed<'a> {
    fn inner<E: de::Error>(self) -> Result<ShapeSeed<'a>, E> {
        if self.depth >= NESTING_MAX {
            return Err(self.limits.stop(Stop::Depth));
        }
        Ok(ShapeSeed { depth: self.depth + 1, limits: self.limits })
    }
}

impl<'de> DeserializeSeed<'de> for ShapeSeed<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        self.limits.count_node()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed<'_> {
    type Value = Shape;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Plain)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let inner = self.inner()?;
        let mut shapes = Vec::new();
        while let Some(shape) = seq.next_element_seed(inner)? {
            shapes.push(shape);
        }
        Ok(Shape::List(shapes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let inner = self.inner()?;
        let mut shapes = Vec::new();
        while let Some(key) = map.next_key_seed(inner)? {
            if matches!(key, Shape::List(_) | Shape::Table(_)) {
                return Err(self.limits.stop(Stop::Key));
            }
            shapes.push(map.next_value_seed(inner)?);
        }
        Ok(Shape::Table(shapes))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Shape, A::Error> {
        Err(self.limits.stop(Stop::Tag))
    }
}

struct NodeSeed<'a> {
    shape: &'a Shape,
    limits: &'a Limits,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let kind = match self.shape {
            Shape::Null => {
                IgnoredAny::deserialize(deserializer)?;
                Kind::Null
            }
            Shape::Plain => Kind::Plain(self.scalar(deserializer)?),
            Shape::Text => Kind::Text(self.scalar(deserializer)?),
            Shape::List(_) => deserializer.deserialize_seq(self)?,
            Shape::Table(_) => deserializer.deserialize_map(self)?,
        };
        Ok(Node { offset: None, kind })
    }
}

impl NodeSeed<'_> {
    fn scalar<'de, D: Deserializer<'de>>(&self, deserializer: D) -> Result<Value, D::Error> {
        let value = Value::new(String::deserialize(deserializer)?);
        self.limits.count_bytes(value.len())?;
        Ok(value)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Kind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list or a mapping")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let Shape::List(shapes) = self.shape else { return Err(self.limits.stop(Stop::Key)) };
        let mut nodes = Vec::with_capacity(shapes.len());
        for shape in shapes {
            nodes.extend(seq.next_element_seed(NodeSeed { shape, limits: self.limits })?);
        }
        Ok(Kind::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let Shape::Table(shapes) = self.shape else { return Err(self.limits.stop(Stop::Key)) };
        let mut members = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let Some(key) = map.next_key::<String>()? else { break };
            let value = map.next_value_seed(NodeSeed { shape, limits: self.limits })?;
            members.push(Member { key, offset: None, value });
        }
        Ok(Kind::Table(members))
    }
}

/// Where the value at the end of a path is: reads again and stops there.
fn locate(text: &str, path: &[usize]) -> Option<Position> {
    let deserializer = serde_norway::Deserializer::from_str(text);
    let error = PathSeed { path }.deserialize(deserializer).err()?;
    position(&error)
}

struct PathSeed<'a> {
    path: &'a [usize],
}

impl<'de> DeserializeSeed<'de> for PathSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Where the path ends, the visitor takes nothing, and the parser adds the place to its refusal.
impl<'de> Visitor<'de> for PathSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some((index, path)) = self.path.split_first() else {
            return Err(de::Error::custom(""));
        };
        for _ in 0..*index {
            seq.next_element::<IgnoredAny>()?;
        }
        seq.next_element_seed(PathSeed { path })?;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((index, path)) = self.path.split_first() else {
            return Err(de::Error::custom(""));
        };
        for _ in 0..*index {
            map.next_entry::<IgnoredAny, IgnoredAny>()?;
        }
        map.next_key::<IgnoredAny>()?;
        map.next_value_seed(PathSeed { path })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Nested;
    use super::super::testing::{import_with, message_of, pairs, read, unicode_entries, write};
    use super::*;

    #[test]
    fn scalars_become_their_text_as_written() {
        let text = "# top\nA: x y\nB: 1.10\nC: 0o17\nD: True\nE: \"a\\nb\"\nF: |\n  l1\n  l2\nG: ''\nH: yes\nI: 007\n";
        assert_eq!(
            pairs(&read(&Yaml, text).unwrap().entries),
            [
                ("A", "x y"),
                ("B", "1.10"),
                ("C", "0o17"),
                ("D", "True"),
                ("E", "a\nb"),
                ("F", "l1\nl2\n"),
                ("G", ""),
                ("H", "yes"),
                ("I", "007")
            ]
        );
    }

    #[test]
    fn an_empty_file_has_no_entries() {
        for text in ["", "# nothing\n", "---\n", "{}\n"] {
            assert_eq!(read(&Yaml, text).unwrap().entries.len(), 0, "{text:?}");
        }
    }

    #[test]
    fn errors_name_the_place_and_never_the_value() {
        for (text, message) in [
            ("A: 1\nB: ~\n", "f:2:4: the value of `B` is null"),
            ("A: 1\nB:\n  - canary\n", "f:3:3: the value of `B` is a list"),
            ("A: 1\nB:\n  C: canary\n", "f:3:3: the value of `B` is a table"),
            ("A: canary\nA: 1\n", "f:2:4: A is there twice"),
            ("A: !canary x\n", "f:1:4: the value has a YAML tag (`!…`)"),
            ("canary\n", "f:1:1: the file is not a table of names"),
            ("A: 'canary\n", "f:2:1: this is not YAML"),
            ("? [canary]\n: x\n", "f:1:1: a key is a list or a mapping"),
            ("A: 1\n---\nB: canary\n", "f: this is not YAML"),
        ] {
            assert_eq!(message_of(read(&Yaml, text)), message);
        }
    }

    #[test]
    fn nested_values_are_flattened_or_kept_as_json_when_asked() {
        let text = "DB:\n  HOST: h\n  PORTS: [1, 2.50]\n";
        let flatten = Nested::Flatten { separator: "__".into() };
        assert_eq!(
            pairs(&import_with(&Yaml, text, flatten).unwrap().entries),
            [("DB__HOST", "h"), ("DB__PORTS__0", "1"), ("DB__PORTS__1", "2.50")]
        );
        assert_eq!(
            pairs(&import_with(&Yaml, text, Nested::Json).unwrap().entries),
            [("DB", r#"{"HOST":"h","PORTS":[1,2.50]}"#)]
        );
    }

    #[test]
    fn aliases_cannot_make_a_small_file_large() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let alias = format!("*a{}", level - 1);
            let list = [alias.as_str(); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{list}]\n"));
        }
        let message = message_of(import_with(&Yaml, &text, Nested::Json));
        assert!(message.starts_with('f'), "{message}");
        let big = format!("A: &a \"{}\"\nB: [{}]\n", "x".repeat(1 << 20), ["*a"; 17].join(", "));
        let message = message_of(import_with(&Yaml, &big, Nested::Json));
        assert!(message.contains("bytes together"), "{message}");
    }

    #[test]
    fn nesting_past_its_limit_is_refused() {
        let nested = |lists: usize| {
            let text = format!("A: {}1{}", "[".repeat(lists), "]".repeat(lists));
            import_with(&Yaml, &text, Nested::Json)
        };
        assert!(nested(NESTING_MAX - 1).is_ok());
        assert!(message_of(nested(NESTING_MAX)).ends_with("more than 32 deep"));
        assert!(nested(10_000).is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let entries = unicode_entries();
        assert_eq!(read(&Yaml, &write(&Yaml, &entries)).unwrap().entries, entries);
        assert_eq!(write(&Yaml, &[]), "{}\n");
    }
}
