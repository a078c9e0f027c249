//! Reads a policy.

use super::condition::Condition;
use super::error::{PolicyError, PolicyProblem};
use super::operator::Operator;
use super::pattern::{Meaning, Pattern};
use super::principal::Principal;
use crate::hcl::{self, Item, Node, Value};

/// The longest policy, in bytes (AWS's limit).
pub const POLICY_BYTES_MAX: usize = 20_480;
/// The version of the language that knows variables.
const VERSION_WITH_VARIABLES: &str = "2012-10-17";
const VERSION_BEFORE: &str = "2008-10-17";

/// A policy as it is kept: the text, and what it says.
#[derive(Clone, Debug)]
pub struct PolicyDocument {
    text: String,
    pub(super) statements: Vec<Statement>,
}

/// What is allowed or denied, to whom, of what, when.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) principals: OneOf<Vec<Principal>>,
    pub(super) actions: OneOf<Vec<Pattern>>,
    pub(super) resources: OneOf<Vec<Pattern>>,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// What is listed, or everything else.
#[derive(Clone, Debug)]
pub(super) enum OneOf<T> {
    Listed(T),
    NotListed(T),
}

type Read<T> = Result<T, PolicyProblem>;

impl PolicyDocument {
    /// # Errors
    /// [`PolicyError`] with the statement.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let of_document = |problem| PolicyError { statement: 0, problem };
        if text.len() > POLICY_BYTES_MAX {
            return Err(of_document(PolicyProblem::TooLong));
        }
        let items =
            hcl::read_json(text).map_err(|error| of_document(PolicyProblem::Json(error)))?;
        let mut fields =
            Fields::new(items, &["Version", "Id", "Statement"]).map_err(of_document)?;
        fields.text("Id").map_err(of_document)?;
        let variables = match fields.text("Version").map_err(of_document)?.as_deref() {
            Some(VERSION_WITH_VARIABLES) => true,
            None | Some(VERSION_BEFORE) => false,
            Some(_) => {
                let expected = "2012-10-17 or 2008-10-17";
                let key = "Version".to_owned();
                return Err(of_document(PolicyProblem::Value { key, expected }));
            }
        };
        let nodes = match fields.take("Statement") {
            None => return Err(of_document(PolicyProblem::Missing("Statement"))),
            Some(Value::List(nodes)) if !nodes.is_empty() => {
                nodes.into_iter().map(|node| node.value).collect()
            }
            Some(value) => vec![value],
        };
        let mut statements: Vec<Statement> = Vec::with_capacity(nodes.len());
        for (index, value) in nodes.into_iter().enumerate() {
            let at = |problem| PolicyError { statement: index + 1, problem };
            let statement = Statement::parse(value, variables).map_err(at)?;
            let same = |other: &Statement| other.sid.is_some() && other.sid == statement.sid;
            if statements.iter().any(same) {
                return Err(at(PolicyProblem::DuplicateKey("Sid".to_owned())));
            }
            statements.push(statement);
        }
        Ok(Self { text: text.to_owned(), statements })
    }

    /// The policy as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Statement {
    fn parse(value: Value, variables: bool) -> Read<Self> {
        let Value::Object(items) = value else { return Err(wrong("Statement", "an object")) };
        let known = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let mut fields = Fields::new(items, &known)?;
        let effect = match fields.text("Effect")?.as_deref() {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            Some(_) => return Err(wrong("Effect", "Allow or Deny")),
            None => return Err(PolicyProblem::Missing("Effect")),
        };
        let principals = fields.one_of("Principal", "NotPrincipal", principals)?;
        if matches!(principals, OneOf::NotListed(_)) && effect == Effect::Allow {
            return Err(PolicyProblem::NotPrincipalAllows);
        }
        let resources = fields.one_of("Resource", "NotResource", |value| {
            patterns("Resource", value, Meaning { wildcards: true, variables }, is_resource)
        })?;
        let actions = fields.one_of("Action", "NotAction", |value| {
            let lower = |text: String| text.to_ascii_lowercase();
            let meaning = Meaning { wildcards: true, variables: false };
            let texts = texts("Action", value)?.into_iter().map(lower).collect();
            parse_all("Action", texts, meaning, is_action)
        })?;
        Ok(Self {
            sid: fields.text("Sid")?,
            effect,
            principals,
            actions,
            resources,
            conditions: conditions(fields.take("Condition"), variables)?,
        })
    }
}

/// The members of an object, each known and there once.
struct Fields(Vec<Item>);

impl Fields {
    fn new(items: Vec<Item>, known: &[&str]) -> Read<Self> {
        for (index, item) in items.iter().enumerate() {
            if !known.contains(&item.key.as_str()) {
                return Err(PolicyProblem::UnknownKey(item.key.clone()));
            }
            if items.iter().take(index).any(|earlier| earlier.key == item.key) {
                return Err(PolicyProblem::DuplicateKey(item.key.clone()));
            }
        }
        Ok(Self(items))
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        let index = self.0.iter().position(|item| item.key == key)?;
        Some(self.0.swap_remove(index).value.value)
    }

    fn text(&mut self, key: &str) -> Read<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(key, "a text")),
        }
    }

    fn one_of<T>(
        &mut self,
        key: &'static str,
        not_key: &str,
        read: impl FnOnce(Value) -> Read<T>,
    ) -> Read<OneOf<T>> {
        match (self.take(key), self.take(not_key)) {
            (Some(value), None) => read(value).map(OneOf::Listed),
            (None, Some(value)) => read(value).map(OneOf::NotListed),
            (Some(_), Some(_)) => Err(PolicyProblem::Both(key)),
            (None, None) => Err(PolicyProblem::Missing(key)),
        }
    }
}

fn principals(value: Value) -> Read<Vec<Principal>> {
    let items = match value {
        Value::Text(text) if text == "*" => return Ok(vec![Principal::Everybody]),
        Value::Text(text) => return Err(PolicyProblem::Principal(text)),
        Value::Object(items) if !items.is_empty() => items,
        _ => return Err(wrong("Principal", "\"*\" or an object")),
    };
    let mut fields = Fields::new(items, &["AWS", "Service", "Federated", "CanonicalUser"])?;
    let mut principals = Vec::new();
    if let Some(value) = fields.take("AWS") {
        for text in texts("AWS", value)? {
            principals.push(Principal::parse(&text)?);
        }
    }
    if let Some(value) = fields.take("Service") {
        for text in texts("Service", value)? {
            principals.push(Principal::parse_service(&text)?);
        }
    }
    match fields.0.first() {
        Some(item) => Err(PolicyProblem::Principal(item.key.clone())),
        None => Ok(principals),
    }
}

fn conditions(value: Option<Value>, variables: bool) -> Read<Vec<Condition>> {
    let operators = match value {
        None => return Ok(Vec::new()),
        Some(Value::Object(operators)) => operators,
        Some(_) => return Err(wrong("Condition", "an object")),
    };
    let mut conditions = Vec::new();
    let mut seen = Vec::new();
    for Item { key, value: Node { value, .. }, .. } in operators {
        if seen.contains(&key) {
            return Err(PolicyProblem::DuplicateKey(key));
        }
        let operator = Operator::parse(&key)?;
        let Value::Object(keys) = value else {
            return Err(PolicyProblem::Value { key, expected: "an object" });
        };
        for (index, item) in keys.iter().enumerate() {
            let same = |earlier: &Item| earlier.key.eq_ignore_ascii_case(&item.key);
            if keys.iter().take(index).any(same) {
                return Err(PolicyProblem::DuplicateKey(item.key.clone()));
            }
        }
        for item in keys {
            let values = texts(&item.key, item.value.value)?;
            conditions.push(Condition::parse(operator, &item.key, &values, variables)?);
        }
        seen.push(key);
    }
    Ok(conditions)
}

fn patterns(
    key: &str,
    value: Value,
    meaning: Meaning,
    good: fn(&str) -> bool,
) -> Read<Vec<Pattern>> {
    parse_all(key, texts(key, value)?, meaning, good)
}

fn parse_all(
    key: &str,
    texts: Vec<String>,
    meaning: Meaning,
    good: fn(&str) -> bool,
) -> Read<Vec<Pattern>> {
    if !texts.iter().all(|text| good(text)) {
        return Err(wrong(key, "written as it must be"));
    }
    texts.iter().map(|text| Pattern::parse(text, meaning)).collect()
}

/// `*` or `service:Action`.
fn is_action(text: &str) -> bool {
    let part = |part: &str| {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b"*?-".contains(&c);
        !part.is_empty() && part.bytes().all(allowed)
    };
    text == "*"
        || text.split_once(':').is_some_and(|(service, action)| part(service) && part(action))
}

/// `*` or an ARN.
fn is_resource(text: &str) -> bool {
    text == "*" || (text.starts_with("arn:") && text.split(':').count() >= 6)
}

/// One value or a list of them; numbers and booleans as texts.
fn texts(key: &str, value: Value) -> Read<Vec<String>> {
    let one = |value| match value {
        Value::Text(text) => Ok(text),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Null | Value::List(_) | Value::Object(_) => Err(wrong(key, "a text")),
    };
    match value {
        Value::List(nodes) if nodes.is_empty() => Err(wrong(key, "a list that is not empty")),
        Value::List(nodes) => nodes.into_iter().map(|node| one(node.value)).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn wrong(key: &str, expected: &'static str) -> PolicyProblem {
    PolicyProblem::Value { key: key.to_owned(), expected }
}
