//! TOML as the tree that HCL and JSON are read into, so that one reader of settings serves all three.

use strongroom_core::hcl::{DEPTH_MAX, Item, Node, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;

pub(super) fn of_toml(name: &str, text: &str) -> Result<Vec<Item>, ConfigError> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| ConfigError {
        line: error.span().map(|span| lines.of_offset(span.start)),
        ..ConfigError::of_file(name, format!("is not TOML: {}", error.message()))
    })?;
    let too_deep = || {
        ConfigError::of_file(name, format!("has values that are nested more than {DEPTH_MAX} deep"))
    };
    items(table.get_ref(), &lines, 0).ok_or_else(too_deep)
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(breaks.map(|(offset, _)| offset).collect())
    }

    fn of_offset(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|line_break| *line_break < offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

/// In the order of the text. `None` when it is too deep.
fn items(table: &DeTable<'_>, lines: &Lines, depth: usize) -> Option<Vec<Item>> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut items = Vec::with_capacity(table.len());
    for (key, value) in table {
        let line = lines.of_offset(key.span().start);
        let (key, value) = (key.get_ref().clone().into_owned(), node(value, lines, depth)?);
        items.push(Item { line, key, label: None, value });
    }
    items.sort_by_key(|item| item.line);
    Some(items)
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines, depth: usize) -> Option<Node> {
    let line = lines.of_offset(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(integer) => {
            match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => Value::Integer(integer),
                // Larger than any setting: no whole number, for whoever asks for one.
                Err(_) => Value::Float(f64::INFINITY),
            }
        }
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Value::Bool(*boolean),
        DeValue::Datetime(_) => Value::Null,
        DeValue::Array(array) => {
            if depth >= DEPTH_MAX {
                return None;
            }
            let nodes = array.iter().map(|value| node(value, lines, depth + 1));
            Value::List(nodes.collect::<Option<_>>()?)
        }
        DeValue::Table(table) => Value::Object(items(table, lines, depth + 1)?),
    };
    Some(Node { line, value })
}
