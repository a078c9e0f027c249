//! `${NAME}` and `${NAME:-default}` in the values of a `.env` file.

use std::collections::HashMap;

use super::parse::{Assignment, Quote};
use crate::formats::{Name, PROBLEMS_MAX, Problem, Problems, VALUES_BYTES_MAX, Value};

/// Replaces references by the values above them. Single quotes and backticks keep them literal, as in
/// docker compose. The environment is not looked at: an import depends on the file alone.
pub(super) fn expand(
    file: &str,
    assignments: Vec<Assignment>,
) -> Result<Vec<Assignment>, Problems> {
    let mut known: HashMap<String, Value> = HashMap::new();
    let mut expanded = Vec::with_capacity(assignments.len());
    let mut problems = Problems::new();
    let mut bytes = 0_usize;
    for mut assignment in assignments {
        if expands(assignment.quote) {
            match replace(&assignment.value, &known) {
                Ok(value) => assignment.value = value,
                Err(fault) => problems.push(
                    Problem::new(
                        file,
                        format!("the value of {} {}", assignment.name, fault.message()),
                        fault.hint(),
                    )
                    .at(assignment.position),
                ),
            }
        }
        bytes = bytes.saturating_add(assignment.value.len());
        if bytes > VALUES_BYTES_MAX || problems.len() >= PROBLEMS_MAX {
            break;
        }
        known.insert(assignment.name.as_str().to_owned(), assignment.value.clone());
        expanded.push(assignment);
    }
    if bytes > VALUES_BYTES_MAX {
        let message = format!("the values are longer than {VALUES_BYTES_MAX} bytes together");
        problems.push(Problem::new(file, message, "import without expansion"));
    }
    if problems.is_empty() { Ok(expanded) } else { Err(problems) }
}

/// The values that hold a reference which is kept as text.
pub(super) fn warnings(file: &str, assignments: &[Assignment]) -> Problems {
    let holds = |assignment: &&Assignment| {
        expands(assignment.quote)
            && Piece::split(&assignment.value).any(|piece| piece.is_reference())
    };
    let warning = |assignment: &Assignment| {
        let message = format!("the value of {} holds `${{…}}`, kept as it is", assignment.name);
        Problem::new(file, message, "add --expand to replace it").at(assignment.position)
    };
    assignments.iter().filter(holds).take(PROBLEMS_MAX).map(warning).collect()
}

fn expands(quote: Quote) -> bool {
    matches!(quote, Quote::Bare | Quote::Double)
}

enum Fault {
    Unknown(Name),
    Length,
}

impl Fault {
    fn message(&self) -> String {
        match self {
            Self::Unknown(name) => format!("refers to {name}, which is not set above it"),
            Self::Length => format!("becomes longer than {VALUES_BYTES_MAX} bytes"),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Unknown(name) => {
                format!(
                    "set {name} first, give a default as in ${{{name}:-…}}, or use single quotes"
                )
            }
            Self::Length => "import without expansion".to_owned(),
        }
    }
}

fn replace(text: &str, known: &HashMap<String, Value>) -> Result<Value, Fault> {
    let mut value = Value::default();
    for piece in Piece::split(text) {
        let part = match &piece {
            Piece::Text(text) => text,
            Piece::Reference { name, default } => match (known.get(name.as_str()), default) {
                // As in a shell, `:-` stands in for an empty value too.
                (Some(found), Some(default)) if found.is_empty() => default,
                (Some(found), _) => found.as_str(),
                (None, Some(default)) => default,
                (None, None) => return Err(Fault::Unknown(name.clone())),
            },
        };
        if value.len().saturating_add(part.len()) > VALUES_BYTES_MAX {
            return Err(Fault::Length);
        }
        value.push_str(part);
    }
    Ok(value)
}

enum Piece<'a> {
    Text(&'a str),
    Reference { name: Name, default: Option<&'a str> },
}

impl<'a> Piece<'a> {
    fn split(text: &'a str) -> impl Iterator<Item = Piece<'a>> {
        let mut rest = text;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (piece, after) = Self::first(rest);
            rest = after;
            Some(piece)
        })
    }

    /// A `${` that begins no reference is text.
    fn first(text: &'a str) -> (Piece<'a>, &'a str) {
        if let Some((piece, after)) = text.strip_prefix("${").and_then(Self::reference) {
            return (piece, after);
        }
        let from = text.chars().next().map_or(0, char::len_utf8);
        let next = text.get(from..).and_then(|rest| rest.find("${"));
        let (before, after) = text.split_at(next.map_or(text.len(), |index| from + index));
        (Piece::Text(before), after)
    }

    fn reference(inside: &'a str) -> Option<(Piece<'a>, &'a str)> {
        // A default holds no `$`: references are not nested, and the search stays linear.
        let end =
            inside.find(['}', '$']).filter(|end| inside.as_bytes().get(*end) == Some(&b'}'))?;
        let (body, after) = (inside.get(..end)?, inside.get(end + 1..)?);
        let (name, default) = match body.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (body, None),
        };
        Some((Piece::Reference { name: Name::parse(name).ok()?, default }, after))
    }

    fn is_reference(&self) -> bool {
        matches!(self, Self::Reference { .. })
    }
}
