//! From text to rules.

use std::time::Duration;

use super::capability::{Capabilities, Capability};
use super::error::{PolicyError, PolicyProblem};
use super::limits::{PARAMETERS_MAX, POLICY_TEXT_BYTES_MAX, RULES_MAX};
use super::name::PolicyName;
use super::parameters::{ParameterMap, ParameterRules, ParameterValue};
use super::pattern::PathTemplate;
use crate::duration::parse_duration;
use crate::hcl::{self, Item, Node, Value};
use crate::spelling::nearest;

/// A policy: its name, its text as it was written, and its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    name: PolicyName,
    text: String,
    rules: Vec<Rule>,
}

/// One `path` block of a policy.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) line: u32,
    pub(super) path: String,
    pub(super) template: PathTemplate,
    pub(super) capabilities: Capabilities,
    /// Whether `deny` stands beside other capabilities, which then mean nothing.
    pub(super) mixes_deny: bool,
    pub(super) parameters: ParameterRules,
    pub(super) wrapping: WrappingLimits,
}

/// The shortest and the longest time for which an answer can be wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WrappingLimits {
    pub(super) min: Option<Duration>,
    pub(super) max: Option<Duration>,
}

impl Policy {
    /// Reads a policy, HCL or JSON, as Vault writes them.
    ///
    /// # Errors
    /// [`PolicyError`] with the line, the path of the rule where one is at fault, and how to mend it; `root` cannot
    /// be written.
    pub fn parse(name: PolicyName, text: &str) -> Result<Self, PolicyError> {
        let refuse = |problem| PolicyError { line: 1, path: None, problem };
        if !name.is_writable() {
            return Err(refuse(PolicyProblem::RootIsFixed));
        }
        if text.len() > POLICY_TEXT_BYTES_MAX {
            return Err(refuse(PolicyProblem::TextTooLong));
        }
        let items = hcl::read(text).map_err(|error| PolicyError {
            line: error.line,
            path: None,
            problem: error.problem.into(),
        })?;
        let mut rules = Vec::new();
        for item in items {
            read_top_level(item, &mut rules)?;
        }
        Ok(Self { name, text: text.to_owned(), rules })
    }

    /// The policy's name.
    #[must_use]
    pub fn name(&self) -> &PolicyName {
        &self.name
    }

    /// The text, byte for byte as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

fn read_top_level(item: Item, rules: &mut Vec<Rule>) -> Result<(), PolicyError> {
    let Item { line, key, label, value } = item;
    let refuse = |problem| Err(PolicyError { line, path: None, problem });
    match (key.as_str(), label, value.value) {
        ("path", Some(path), Value::Object(items)) => push_rule(line, path, items, rules),
        ("path", None, Value::Object(blocks)) => read_path_map(blocks, rules),
        ("path", None, Value::List(nodes)) => {
            for node in nodes {
                let line = node.line;
                let Value::Object(blocks) = node.value else {
                    return Err(PolicyError { line, path: None, problem: rules_expected() });
                };
                read_path_map(blocks, rules)?;
            }
            Ok(())
        }
        ("path", ..) => refuse(rules_expected()),
        // A name in the text is allowed, as in Vault; the name under which the policy is written counts.
        ("name", None, Value::Text(_) | Value::Null) => Ok(()),
        ("name", ..) => refuse(PolicyProblem::WrongType { key, expected: "a text" }),
        _ => refuse(PolicyProblem::UnknownTopLevelKey { key }),
    }
}

fn rules_expected() -> PolicyProblem {
    PolicyProblem::WrongType { key: "path".into(), expected: "an object of rules by path" }
}

/// `path = { "secret/a" = { … } }`, the shape of JSON.
fn read_path_map(blocks: Vec<Item>, rules: &mut Vec<Rule>) -> Result<(), PolicyError> {
    for Item { line, key, label, value } in blocks {
        match (label, value.value) {
            (None, Value::Object(items)) => push_rule(line, key, items, rules)?,
            _ => return Err(PolicyError { line, path: None, problem: rules_expected() }),
        }
    }
    Ok(())
}

fn push_rule(
    line: u32,
    path: String,
    items: Vec<Item>,
    rules: &mut Vec<Rule>,
) -> Result<(), PolicyError> {
    let at = |line, problem| PolicyError { line, path: Some(path.clone()), problem };
    if rules.len() == RULES_MAX {
        return Err(at(line, PolicyProblem::TooManyRules));
    }
    let template =
        PathTemplate::parse(&path).map_err(|problem| at(line, PolicyProblem::Path(problem)))?;
    let mut fields = Fields::default();
    let mut seen: Vec<String> = Vec::new();
    for item in items {
        if seen.contains(&item.key) {
            return Err(at(item.line, PolicyProblem::RepeatedKey { key: item.key }));
        }
        seen.push(item.key.clone());
        let line = item.line;
        fields.read(item).map_err(|problem| at(line, problem))?;
    }
    let Fields { words, parameters, wrapping } = fields;
    if let (Some(min), Some(max)) = (wrapping.min, wrapping.max)
        && max < min
    {
        return Err(at(line, PolicyProblem::WrappingOrder));
    }
    let capabilities = Capabilities::from_iter(words.iter().copied());
    let denies = capabilities == Capabilities::DENY;
    let mixes_deny = denies && words.iter().any(|word| *word != Capability::Deny);
    rules.push(Rule { line, path, template, capabilities, mixes_deny, parameters, wrapping });
    Ok(())
}

/// What the keys of one rule say.
#[derive(Default)]
struct Fields {
    words: Vec<Capability>,
    parameters: ParameterRules,
    wrapping: WrappingLimits,
}

impl Fields {
    fn read(&mut self, item: Item) -> Result<(), PolicyProblem> {
        let Item { key, label, value, .. } = item;
        if label.is_some() {
            return Err(unknown_key(key));
        }
        // JSON's null is an absent key.
        let absent = matches!(value.value, Value::Null);
        match key.as_str() {
            _ if absent && KEYS.contains(&key.as_str()) => {}
            "capabilities" => {
                for word in texts(value, &key)? {
                    self.words.push(capability(word)?);
                }
            }
            "policy" => self.words.extend(shorthand(text(value, &key)?)?),
            "min_wrapping_ttl" => {
                self.wrapping.min = duration(value, "min_wrapping_ttl")?;
            }
            "max_wrapping_ttl" => {
                self.wrapping.max = duration(value, "max_wrapping_ttl")?;
            }
            "allowed_parameters" => {
                self.parameters.allowed = parameter_map(value, "allowed_parameters")?;
            }
            "denied_parameters" => {
                self.parameters.denied = parameter_map(value, "denied_parameters")?;
            }
            "required_parameters" => {
                let names = texts(value, &key)?;
                if names.len() > PARAMETERS_MAX {
                    return Err(PolicyProblem::TooManyParameters { key: "required_parameters" });
                }
                self.parameters.required =
                    names.into_iter().map(|name| name.to_lowercase()).collect();
            }
            "comment" => {
                text(value, &key)?;
            }
            "mfa_methods"
            | "control_group"
            | "pagination_limit"
            | "expiration"
            | "list_scan_response_keys_filter_path"
            | "subscribe_event_types" => {
                return Err(PolicyProblem::UnsupportedKey { key });
            }
            _ => return Err(unknown_key(key)),
        }
        Ok(())
    }
}

const KEYS: [&str; 8] = [
    "capabilities",
    "policy",
    "min_wrapping_ttl",
    "max_wrapping_ttl",
    "allowed_parameters",
    "denied_parameters",
    "required_parameters",
    "comment",
];

fn unknown_key(key: String) -> PolicyProblem {
    let nearest = nearest(&key.to_ascii_lowercase(), KEYS);
    PolicyProblem::UnknownKey { key, nearest }
}

fn capability(word: String) -> Result<Capability, PolicyProblem> {
    Capability::from_word(&word).ok_or_else(|| {
        let nearest = nearest(&word.to_ascii_lowercase(), Capability::ALL.map(Capability::as_str));
        PolicyProblem::UnknownCapability { word, nearest }
    })
}

/// The capabilities of Vault's first policies, which knew `policy` only.
fn shorthand(word: String) -> Result<Vec<Capability>, PolicyProblem> {
    use Capability::{Create, Delete, Deny, List, Read, Sudo, Update};
    match word.as_str() {
        "deny" => Ok(vec![Deny]),
        "read" => Ok(vec![Read, List]),
        "write" => Ok(vec![Create, Read, Update, Delete, List]),
        "sudo" => Ok(vec![Create, Read, Update, Delete, List, Sudo]),
        _ => Err(PolicyProblem::UnknownShorthand { word }),
    }
}

fn duration(node: Node, key: &'static str) -> Result<Option<Duration>, PolicyProblem> {
    let parsed = match node.value {
        Value::Integer(seconds) => parse_duration(&seconds.to_string()),
        Value::Text(text) => parse_duration(&text),
        _ => None,
    };
    let duration = parsed.ok_or(PolicyProblem::NotADuration { key })?;
    // As in Vault, zero is no limit.
    Ok(Some(duration).filter(|duration| !duration.is_zero()))
}

fn parameter_map(node: Node, key: &'static str) -> Result<ParameterMap, PolicyProblem> {
    let wrong = || PolicyProblem::WrongType {
        key: key.into(),
        expected: "an object of lists of values by parameter",
    };
    let Value::Object(items) = node.value else {
        return Err(wrong());
    };
    let mut map = ParameterMap::new();
    let mut count = items.len();
    for Item { key: name, label, value, .. } in items {
        let Value::List(values) = value.value else {
            return Err(wrong());
        };
        count += values.len();
        if count > PARAMETERS_MAX {
            return Err(PolicyProblem::TooManyParameters { key });
        }
        let values = values.into_iter().map(parameter_value).collect::<Option<_>>();
        let name = name.to_lowercase();
        if label.is_some() {
            return Err(wrong());
        }
        if map.contains_key(&name) {
            return Err(PolicyProblem::RepeatedKey { key: name });
        }
        map.insert(name, values.ok_or_else(wrong)?);
    }
    Ok(map)
}

/// `None` for a block inside a value, which no parameter can equal.
fn parameter_value(node: Node) -> Option<ParameterValue> {
    Some(match node.value {
        Value::Null => ParameterValue::Null,
        Value::Bool(value) => ParameterValue::Bool(value),
        Value::Integer(value) => ParameterValue::Integer(value),
        Value::Float(value) => ParameterValue::Float(value),
        Value::Text(value) => ParameterValue::Text(value),
        Value::List(nodes) => {
            ParameterValue::List(nodes.into_iter().map(parameter_value).collect::<Option<_>>()?)
        }
        Value::Object(items) => {
            let member = |item: Item| match item.label {
                None => Some((item.key, parameter_value(item.value)?)),
                Some(_) => None,
            };
            ParameterValue::Map(items.into_iter().map(member).collect::<Option<_>>()?)
        }
    })
}

fn texts(node: Node, key: &str) -> Result<Vec<String>, PolicyProblem> {
    let wrong = || PolicyProblem::WrongType { key: key.to_owned(), expected: "a list of texts" };
    let Value::List(nodes) = node.value else {
        return Err(wrong());
    };
    nodes
        .into_iter()
        .map(|node| match node.value {
            Value::Text(text) => Ok(text),
            _ => Err(wrong()),
        })
        .collect()
}

fn text(node: Node, key: &str) -> Result<String, PolicyProblem> {
    match node.value {
        Value::Text(text) => Ok(text),
        _ => Err(PolicyProblem::WrongType { key: key.to_owned(), expected: "a text" }),
    }
}
