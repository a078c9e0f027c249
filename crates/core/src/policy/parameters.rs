//! Which parameters a request can carry, and with which values.

use std::collections::BTreeMap;

use super::acl::CompiledRule;

/// A value of a parameter, in a rule or in a request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ParameterValue {
    /// JSON's null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// A text. In a rule, `*` at its beginning or end stands for any text.
    Text(String),
    /// A list.
    List(Vec<ParameterValue>),
    /// A map.
    Map(BTreeMap<String, ParameterValue>),
}

impl ParameterValue {
    /// Whether a request's value is the one that a rule names.
    fn is_named_by(&self, named: &Self) -> bool {
        match (named, self) {
            (Self::Text(named), Self::Text(value)) => text_matches(named, value),
            (Self::Integer(named), Self::Float(value)) => named.to_string() == value.to_string(),
            (Self::Float(named), Self::Integer(value)) => named.to_string() == value.to_string(),
            (named, value) => named == value,
        }
    }
}

/// Vault's globs in values: `*` at the beginning, at the end, or both.
fn text_matches(named: &str, value: &str) -> bool {
    if named == "*" {
        return true;
    }
    match (named.strip_prefix('*'), named.strip_suffix('*')) {
        (Some(end), None) => value.ends_with(end),
        (None, Some(beginning)) => value.starts_with(beginning),
        (Some(rest), Some(_)) => value.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (None, None) => named == value,
    }
}

/// Parameters by lower-case name; an empty list of values is every value.
pub(super) type ParameterMap = BTreeMap<String, Vec<ParameterValue>>;

/// What a rule says of parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ParameterRules {
    pub(super) allowed: ParameterMap,
    pub(super) denied: ParameterMap,
    pub(super) required: Vec<String>,
}

/// Why a request's parameters are refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterDenial<'a> {
    /// No rule matches the path.
    #[error("no rule matches the path")]
    NoRule,
    /// A required parameter is absent.
    #[error("parameter `{name}` is required by {rule}")]
    Missing {
        /// The parameter.
        name: &'a str,
        /// The rule that requires it.
        rule: &'a CompiledRule,
    },
    /// A parameter, or its value, is denied.
    #[error("parameter `{name}` is denied, or its value is, by {rule}")]
    Denied {
        /// The parameter.
        name: &'a str,
        /// The rule that denies it.
        rule: &'a CompiledRule,
    },
    /// A parameter, or its value, is not among those allowed.
    #[error("parameter `{name}` or its value is not among those allowed by {rule}")]
    NotAllowed {
        /// The parameter.
        name: &'a str,
        /// The rule that allows others.
        rule: &'a CompiledRule,
    },
}

impl ParameterRules {
    /// Vault's merging of two rules on one path: every name of both; an empty list of values wins.
    pub(super) fn merge(&mut self, other: &Self) {
        merge_maps(&mut self.allowed, &other.allowed);
        merge_maps(&mut self.denied, &other.denied);
        for name in &other.required {
            if !self.required.contains(name) {
                self.required.push(name.clone());
            }
        }
    }

    pub(super) fn check<'a>(
        &'a self,
        rule: &'a CompiledRule,
        parameters: &[(&'a str, ParameterValue)],
    ) -> Result<(), ParameterDenial<'a>> {
        for name in &self.required {
            if !parameters.iter().any(|(given, _)| given == name) {
                return Err(ParameterDenial::Missing { name, rule });
            }
        }
        let denies_all = self.denied.contains_key("*");
        let allows_all = self.allowed.is_empty() || self.allowed.contains_key("*");
        for (name, value) in parameters {
            let folded = name.to_lowercase();
            if denies_all || self.denied.get(&folded).is_some_and(|values| names(values, value)) {
                return Err(ParameterDenial::Denied { name, rule });
            }
            let allowed = match self.allowed.get(&folded) {
                Some(values) => names(values, value),
                None => allows_all,
            };
            if !allowed {
                return Err(ParameterDenial::NotAllowed { name, rule });
            }
        }
        Ok(())
    }
}

fn names(values: &[ParameterValue], value: &ParameterValue) -> bool {
    values.is_empty() || values.iter().any(|named| value.is_named_by(named))
}

fn merge_maps(map: &mut ParameterMap, other: &ParameterMap) {
    for (name, values) in other {
        match map.get_mut(name) {
            None => {
                map.insert(name.clone(), values.clone());
            }
            Some(existing) if existing.is_empty() || values.is_empty() => existing.clear(),
            Some(existing) => existing.extend(values.iter().cloned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_at_an_end_of_a_value_stands_for_any_text() {
        for (named, value, expected) in [
            ("*", "", true),
            ("bad*", "bad glob", true),
            ("bad*", "a bad", false),
            ("*good", "very good", true),
            ("*mid*", "a mid b", true),
            ("*mid*", "a b", false),
            ("plain", "plain", true),
            ("pl*in", "plain", false),
        ] {
            assert_eq!(text_matches(named, value), expected, "{named} {value}");
        }
    }

    #[test]
    fn numbers_of_one_value_are_equal_however_written() {
        assert!(ParameterValue::Float(2.0).is_named_by(&ParameterValue::Integer(2)));
        assert!(ParameterValue::Integer(2).is_named_by(&ParameterValue::Float(2.0)));
        assert!(!ParameterValue::Float(2.5).is_named_by(&ParameterValue::Integer(2)));
        assert!(!ParameterValue::Text("2".into()).is_named_by(&ParameterValue::Integer(2)));
    }
}
