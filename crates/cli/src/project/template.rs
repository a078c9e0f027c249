//! Values that are put together from other secrets: `postgres://${DB_USER}:${DB_PASSWORD}@db/app`.

use crate::formats::{Name, VALUE_BYTES_MAX, Value};

/// A parsed template. `${NAME}` is the value of another secret, `$$` is one `$`; any other `$` is itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Reference(Name),
}

/// A template that cannot be read. The text of a template is committed, so it is no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `${` without `}`.
    #[error("has `${{` without `}}`")]
    Unclosed,
    /// What stands in `${…}` is no name.
    #[error("has a reference whose name {0}")]
    Name(crate::formats::NameFault),
}

/// Why a template has no value now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The secret has no value.
    #[error("needs {0}, which is not set")]
    Missing(Name),
    /// The result is longer than a value may be.
    #[error("becomes longer than {VALUE_BYTES_MAX} bytes")]
    TooLong,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            plain.push_str(before);
            if let Some(inside) = after.strip_prefix('{') {
                let (name, after) = inside.split_once('}').ok_or(TemplateError::Unclosed)?;
                let name = Name::parse(name).map_err(TemplateError::Name)?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Reference(name));
                rest = after;
            } else {
                plain.push('$');
                rest = after.strip_prefix('$').unwrap_or(after);
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// The secrets it is made of, in its order, repetitions included.
    pub fn references(&self) -> impl Iterator<Item = &Name> {
        self.parts.iter().filter_map(|part| match part {
            Part::Reference(name) => Some(name),
            Part::Text(_) => None,
        })
    }

    /// The value, given those of the others.
    ///
    /// # Errors
    /// [`ResolveError`].
    pub fn resolve(
        &self,
        lookup: &mut dyn FnMut(&Name) -> Option<Value>,
    ) -> Result<Value, ResolveError> {
        let mut value = Value::default();
        for part in &self.parts {
            let found;
            let text: &str = match part {
                Part::Text(text) => text,
                Part::Reference(name) => {
                    found = lookup(name).ok_or_else(|| ResolveError::Missing(name.clone()))?;
                    &found
                }
            };
            if value.len().saturating_add(text.len()) > VALUE_BYTES_MAX {
                return Err(ResolveError::TooLong);
            }
            value.push_str(text);
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<String, ResolveError> {
        let mut lookup =
            |name: &Name| (name.as_str() != "MISSING").then(|| Value::new(format!("<{name}>")));
        Template::parse(text).unwrap().resolve(&mut lookup).map(|value| value.to_string())
    }

    #[test]
    fn references_are_replaced_and_dollars_are_kept() {
        for (text, value) in [
            ("", ""),
            ("plain", "plain"),
            ("pg://${U}:${P}@db", "pg://<U>:<P>@db"),
            ("${A}${A}", "<A><A>"),
            ("5$ $A $$ $${A}", "5$ $A $ ${A}"),
            ("$", "$"),
        ] {
            assert_eq!(resolve(text).unwrap(), value, "{text:?}");
        }
    }

    #[test]
    fn a_missing_or_broken_reference_is_named() {
        let missing = resolve("${MISSING}").unwrap_err();
        assert_eq!(missing.to_string(), "needs MISSING, which is not set");
        assert_eq!(Template::parse("${A").unwrap_err().to_string(), "has `${` without `}`");
        assert_eq!(
            Template::parse("${1}").unwrap_err().to_string(),
            "has a reference whose name begins with a digit"
        );
    }

    #[test]
    fn a_result_past_the_size_of_a_value_is_refused() {
        let mut half = |_: &Name| Some(Value::new("x".repeat(VALUE_BYTES_MAX / 2)));
        assert!(Template::parse("${A}${A}").unwrap().resolve(&mut half).is_ok());
        let error = Template::parse("${A}${A}x").unwrap().resolve(&mut half).unwrap_err();
        assert_eq!(error, ResolveError::TooLong);
    }
}
