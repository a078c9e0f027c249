//! What was asked for, as Vault's command writes it.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::failure::Failure;

/// How to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Columns.
    #[default]
    Table,
    /// JSON.
    Json,
}

/// The members of an object, in columns.
pub(super) fn members(context: &Context, members: &Map<String, Value>) -> Result<(), Failure> {
    let width = members.keys().map(|key| key.chars().count()).max().unwrap_or(0).max(3);
    context.output.line(&format!("{:width$}    Value", "Key"))?;
    context.output.line(&format!("{:width$}    -----", "---"))?;
    members.iter().try_for_each(|(key, value)| {
        context.output.line(&format!("{key:width$}    {}", shown(value)))
    })
}

/// A title between signs of equality.
pub(super) fn title(context: &Context, text: &str, width: usize) -> Result<(), Failure> {
    let around = width.saturating_sub(text.chars().count() + 2);
    let (left, right) = ("=".repeat(around / 2), "=".repeat(around - around / 2));
    context.output.line(&format!("{left} {text} {right}"))
}

/// A value in one line: texts as they are, Go's words for the rest.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" "))
        }
        Value::Object(members) => {
            let pairs: Vec<_> =
                members.iter().map(|(key, value)| format!("{key}:{}", shown(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        other => other.to_string(),
    }
}
