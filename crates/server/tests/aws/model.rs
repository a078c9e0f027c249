//! The registry held to AWS's own service model: what the model has is served, or refused for a reason that is told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use strongroom_server::aws::registry::{Entry, OPERATIONS, UNANSWERED, UNUSED_ERRORS, errors};
use strongroom_server::aws::{Member, Written};

const MODEL: &str = include_str!("../../../../fixtures/aws/secretsmanager-2017-10-17.json");

struct Model(Value);

impl Model {
    fn read() -> Self {
        Self(serde_json::from_str(MODEL).expect("JSON"))
    }

    fn operations(&self) -> BTreeMap<&str, &Value> {
        let operations = self.0["operations"].as_object().expect("operations");
        operations.iter().map(|(name, operation)| (name.as_str(), operation)).collect()
    }

    fn shape(&self, name: &str) -> &Value {
        let shape = &self.0["shapes"][name];
        assert!(shape.is_object(), "{name} is a shape");
        shape
    }

    /// The members of a structure, or of the structures in a list, with the names of their shapes.
    fn members(&self, shape: &str) -> BTreeMap<&str, &str> {
        let shape = self.shape(shape);
        match shape["type"].as_str() {
            Some("structure") => {
                let members = shape["members"].as_object().expect("members");
                members
                    .iter()
                    .map(|(name, member)| {
                        (name.as_str(), member["shape"].as_str().expect("a shape"))
                    })
                    .collect()
            }
            Some("list") => self.members(shape["member"]["shape"].as_str().expect("a shape")),
            _ => BTreeMap::new(),
        }
    }
}

fn entry(name: &str) -> &'static Entry {
    let found = OPERATIONS.iter().find(|entry| entry.name == name);
    found.unwrap_or_else(|| panic!("{name} is not in the registry"))
}

#[test]
fn the_operations_are_those_of_the_service_model() {
    let model = Model::read();
    let modelled: Vec<&str> = model.operations().into_keys().collect();
    let registered: Vec<&str> = OPERATIONS.iter().map(|entry| entry.name).collect();
    assert_eq!(registered, modelled);
}

#[test]
fn every_request_member_is_read_with_the_constraints_of_the_model() {
    let model = Model::read();
    for (name, operation) in model.operations() {
        let input = operation["input"]["shape"].as_str().expect("a shape");
        check_members(&model, input, entry(name).reads, name);
    }
}

fn check_members(model: &Model, shape: &str, members: &[Member], at: &str) {
    let modelled = model.members(shape);
    let read: BTreeSet<&str> = members.iter().map(|member| member.name).collect();
    assert_eq!(read, modelled.keys().copied().collect(), "{at}");
    let required = model.shape(shape)["required"].as_array().cloned().unwrap_or_default();
    for member in members {
        let at = format!("{at}.{}", member.name);
        let is_required = required.iter().any(|name| name == member.name);
        assert_eq!(member.is_required, is_required, "{at} is required");
        let of = modelled[member.name];
        assert_eq!(member.rules.shape, of, "{at}");
        check_rules(model.shape(of), member, &at);
        if !member.members.is_empty() {
            check_members(model, structure(model, of), member.members, &at);
        }
        if let Some(inner) = model.shape(of)["member"]["shape"].as_str() {
            let is_structure = model.shape(inner)["type"] == "structure";
            assert_eq!(is_structure, !member.members.is_empty(), "{at} lists structures");
        }
    }
}

fn structure<'m>(model: &'m Model, shape: &'m str) -> &'m str {
    model.shape(shape)["member"]["shape"].as_str().unwrap_or(shape)
}

fn check_rules(modelled: &Value, member: &Member, at: &str) {
    let rules = &member.rules;
    assert_eq!(rules.least, modelled["min"].as_u64(), "{at}: the least");
    assert_eq!(rules.most, modelled["max"].as_u64(), "{at}: the most");
    let pattern = rules.pattern.map(|pattern| pattern.text);
    assert_eq!(pattern, modelled["pattern"].as_str(), "{at}: the pattern");
    let words = modelled["enum"].as_array().cloned().unwrap_or_default();
    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    assert_eq!(rules.words, words, "{at}: the words");
    let is_sensitive = modelled["sensitive"].as_bool().unwrap_or(false);
    assert_eq!(rules.is_sensitive, is_sensitive, "{at}: whether it is sensitive");
}

#[test]
fn every_answer_member_is_written_or_left_out_for_a_reason_that_is_told() {
    let model = Model::read();
    let mut left_out = BTreeSet::new();
    for (name, operation) in model.operations() {
        let entry = entry(name);
        match operation["output"]["shape"].as_str() {
            Some(output) if entry.never.is_none() => {
                assert!(!entry.writes.is_empty(), "{name} writes something");
                check_written(&model, output, entry.writes, name, &mut left_out);
            }
            _ => assert!(entry.writes.is_empty(), "{name} writes nothing"),
        }
    }
    let told: BTreeSet<String> = UNANSWERED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(left_out, told, "what is left out, and what is told of");
}

fn check_written(
    model: &Model,
    shape: &str,
    members: &[Written],
    at: &str,
    left_out: &mut BTreeSet<String>,
) {
    let modelled = model.members(shape);
    for member in members {
        let at = format!("{at}.{}", member.name);
        let of = modelled.get(member.name).unwrap_or_else(|| panic!("{at} is not in the model"));
        check_written(model, of, member.members, &at, left_out);
    }
    if members.is_empty() {
        return;
    }
    for name in modelled.keys() {
        if members.iter().any(|member| member.name == *name) {
            continue;
        }
        let is_told = UNANSWERED.iter().any(|(told, _)| told == name);
        assert!(is_told, "{at} leaves {name} out, and no reason is told");
        left_out.insert((*name).to_owned());
    }
}

#[test]
fn every_error_of_the_model_is_in_the_table_or_unused_for_a_reason_that_is_told() {
    let model = Model::read();
    let names: BTreeSet<&str> = errors().map(|(name, _, _)| name).collect();
    let unused: BTreeSet<&str> = UNUSED_ERRORS.iter().map(|(name, _)| *name).collect();
    let mut modelled = BTreeSet::new();
    for operation in model.operations().values() {
        for error in operation["errors"].as_array().expect("errors") {
            modelled.insert(error["shape"].as_str().expect("a shape").to_owned());
        }
    }
    for name in &modelled {
        let name = name.as_str();
        assert!(names.contains(name) != unused.contains(name), "{name}: one of the two");
    }
    assert!(unused.iter().all(|name| modelled.contains(*name)), "{unused:?}");
}

#[test]
fn what_is_refused_is_in_the_model() {
    let model = Model::read();
    for entry in OPERATIONS {
        let input = model.operations()[entry.name]["input"]["shape"].as_str().expect("a shape");
        let members = model.members(input);
        for refused in entry.refused {
            assert!(members.contains_key(refused.member), "{}.{}", entry.name, refused.member);
            assert!(refused.text.ends_with('.'));
        }
        for partly in entry.partly {
            assert!(members.contains_key(partly.member), "{}.{}", entry.name, partly.member);
        }
    }
}
