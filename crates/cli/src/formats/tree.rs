//! From a tree of tables, lists and scalars to entries: what JSON, YAML and TOML share.

use std::collections::HashMap;

use super::problem::quoted_key;
use super::{
    ENTRIES_MAX, Entry, Imported, NESTING_MAX, Name, Nested, Position, Problem, VALUES_BYTES_MAX,
    Value,
};

/// A value of a structured file.
pub(super) struct Node {
    /// Where it begins in the text, in bytes.
    pub(super) offset: Option<usize>,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Null,
    /// A number, boolean or date, as written.
    Plain(Value),
    Text(Value),
    List(Vec<Node>),
    Table(Vec<Member>),
}

pub(super) struct Member {
    pub(super) key: String,
    pub(super) offset: Option<usize>,
    pub(super) value: Node,
}

/// A problem and the way to it from the root: indices of members and elements.
pub(super) struct Fault {
    pub(super) path: Vec<usize>,
    pub(super) problem: Problem,
}

/// The entries of a file whose root is a table.
pub(super) fn collect(
    file: &str,
    text: &str,
    root: Node,
    nested: &Nested,
) -> Result<Imported, Fault> {
    let mut collector = Collector {
        file,
        text,
        nested,
        seen: HashMap::new(),
        entries: Vec::new(),
        bytes: 0,
        path: Vec::new(),
    };
    match root.kind {
        Kind::Table(members) => collector.table("", members)?,
        _ => {
            let hint = "write a table of names and values at the top of the file";
            return Err(collector.fault("the file is not a table of names", hint, root.offset));
        }
    }
    Ok(Imported { entries: collector.entries, warnings: Vec::new() })
}

/// The problem of lists and tables more than [`NESTING_MAX`] inside one another.
pub(super) fn too_deep(file: &str) -> Problem {
    let message = format!("lists and tables are more than {NESTING_MAX} deep");
    Problem::new(file, message, "flatten the file")
}

struct Collector<'a> {
    file: &'a str,
    text: &'a str,
    nested: &'a Nested,
    seen: HashMap<Name, Option<usize>>,
    entries: Vec<Entry>,
    bytes: usize,
    path: Vec<usize>,
}

impl Collector<'_> {
    fn table(&mut self, prefix: &str, members: Vec<Member>) -> Result<(), Fault> {
        for (index, member) in members.into_iter().enumerate() {
            self.path.push(index);
            let name = self.joined(prefix, &member.key);
            self.node(&name, member.offset, member.value)?;
            self.path.pop();
        }
        Ok(())
    }

    fn node(&mut self, name: &str, key: Option<usize>, node: Node) -> Result<(), Fault> {
        let offset = node.offset.or(key);
        match (node.kind, self.nested) {
            (Kind::Plain(value) | Kind::Text(value), _) => self.entry(name, key, value),
            (Kind::Null, _) => {
                let message = format!("the value of {} is null", quoted_key(name));
                Err(self.fault(&message, "write \"\" for an empty value, or remove it", offset))
            }
            (Kind::Table(members), Nested::Flatten { .. }) => self.table(name, members),
            (Kind::List(nodes), Nested::Flatten { .. }) => {
                for (index, node) in nodes.into_iter().enumerate() {
                    self.path.push(index);
                    let name = self.joined(name, &index.to_string());
                    self.node(&name, key, node)?;
                    self.path.pop();
                }
                Ok(())
            }
            (kind, Nested::Json) => {
                let mut value = Value::default();
                write_json(&kind, &mut value);
                self.entry(name, key, value)
            }
            (kind, Nested::Refuse) => {
                let what = if matches!(kind, Kind::List(_)) { "a list" } else { "a table" };
                let message = format!("the value of {} is {what}", quoted_key(name));
                let hint = "add --nested flatten to join the names with `__`, \
                            or --nested json to keep it as JSON";
                Err(self.fault(&message, hint, offset))
            }
        }
    }

    fn entry(&mut self, name: &str, key: Option<usize>, value: Value) -> Result<(), Fault> {
        let parsed = Name::parse(name).map_err(|fault| {
            let message = format!("the name {} {fault}", quoted_key(name));
            self.fault(&message, fault.hint(), key)
        })?;
        if let Some(first) = self.seen.insert(parsed.clone(), key) {
            let above = first.map(|first| {
                format!(", first in line {}", Position::of_offset(self.text, first).line)
            });
            let message = format!("{parsed} is there twice{}", above.unwrap_or_default());
            return Err(self.fault(&message, "remove or rename one of them", key));
        }
        self.bytes = self.bytes.saturating_add(value.len());
        if self.bytes > VALUES_BYTES_MAX {
            let message = format!("the values are longer than {VALUES_BYTES_MAX} bytes together");
            return Err(self.fault(&message, "split the file", key));
        }
        if self.entries.len() >= ENTRIES_MAX {
            let message = format!("the file has more than {ENTRIES_MAX} entries");
            return Err(self.fault(&message, "split the file", key));
        }
        self.entries.push(Entry { name: parsed, value });
        Ok(())
    }

    fn joined(&self, prefix: &str, key: &str) -> String {
        match self.nested {
            Nested::Flatten { separator } if !prefix.is_empty() => {
                format!("{prefix}{separator}{key}")
            }
            _ => key.to_owned(),
        }
    }

    fn fault(&self, message: &str, hint: &str, offset: Option<usize>) -> Fault {
        let position = offset.map(|offset| Position::of_offset(self.text, offset));
        let problem = Problem::new(self.file, message, hint).at_if(position);
        Fault { path: self.path.clone(), problem }
    }
}

fn write_json(kind: &Kind, out: &mut Value) {
    match kind {
        Kind::Null => out.push_str("null"),
        Kind::Plain(text) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => {
            out.push_str(text);
        }
        Kind::Plain(text) | Kind::Text(text) => super::json::push_quoted(text, out),
        Kind::List(nodes) => {
            out.push('[');
            for (index, node) in nodes.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(&node.kind, out);
            }
            out.push(']');
        }
        Kind::Table(members) => {
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                super::json::push_quoted(&member.key, out);
                out.push(':');
                write_json(&member.value.kind, out);
            }
            out.push('}');
        }
    }
}
