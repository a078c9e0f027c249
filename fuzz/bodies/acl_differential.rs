//! The compiled ACL against a matcher written straight from the documentation of Vault's policies, with no index
//! and no order kept.

use std::cmp::Ordering;

use strongroom_core::policy::{Acl, Capabilities, Capability, Policy, PolicyName, TemplateContext};

/// A rule: its path and what it grants.
#[derive(Clone, Debug)]
pub struct Granted {
    pub path: String,
    pub capabilities: Capabilities,
}

/// Reads the first line as a path and each other line as a rule: a letter whose bits are the capabilities, and a path.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.lines();
    let Some(path) = lines.next() else { return };
    let mut rules = Vec::new();
    for line in lines.take(64) {
        let mut characters = line.chars();
        let Some(first) = characters.next() else { continue };
        let bits = u32::from(first);
        let chosen = Capability::ALL.into_iter().filter(|one| bits & (1 << *one as u32) != 0);
        let plain = |c: char| c.is_ascii_graphic() && !"\"\\$%{}".contains(c);
        if characters.as_str().chars().all(plain) {
            rules.push(Granted {
                path: characters.as_str().to_owned(),
                capabilities: chosen.collect(),
            });
        }
    }
    agree(rules, path);
}

/// # Panics
/// Where the compiled ACL and the reference disagree on the path.
pub fn agree(rules: Vec<Granted>, path: &str) {
    let (policies, rules): (Vec<Policy>, Vec<Granted>) =
        rules.into_iter().filter_map(|rule| Some((parse(&rule)?, rule))).unzip();
    let acl = Acl::compile(&policies, &TemplateContext::default());

    for capability in Capability::ALL {
        let expected = capability != Capability::Deny && allows(&rules, path, capability);
        let decision = acl.check(path, capability);
        assert_eq!(decision.is_allowed(), expected, "{decision}; rules {rules:?}");
    }
    let expected = if is_canonical(path) { listed(&rules, path) } else { None };
    assert_eq!(acl.capabilities(path), expected.unwrap_or_default(), "{path:?}; rules {rules:?}");

    let sees = acl.may_see(path);
    for (end, _) in path.char_indices() {
        let prefix = &path[..end];
        if sees && is_canonical(prefix) {
            assert!(acl.may_see_below(prefix), "{path:?} below {prefix:?}; rules {rules:?}");
        }
    }
}

fn parse(rule: &Granted) -> Option<Policy> {
    let words: Vec<String> = rule.capabilities.iter().map(|word| format!("\"{word}\"")).collect();
    let text = format!("path \"{}\" {{ capabilities = [{}] }}", rule.path, words.join(", "));
    Policy::parse(PolicyName::new("reference").ok()?, &text).ok()
}

fn allows(rules: &[Granted], path: &str, capability: Capability) -> bool {
    let found = match capability {
        _ if !is_canonical(path) => None,
        Capability::List => listed(rules, path),
        _ => exact(rules, trim(path)).or_else(|| wild(rules, trim(path))),
    };
    found.is_some_and(|granted| granted.contains(capability))
}

fn listed(rules: &[Granted], path: &str) -> Option<Capabilities> {
    let path = trim(path);
    let trimmed = path.strip_suffix('/').unwrap_or(path);
    exact(rules, path)
        .or_else(|| exact(rules, trimmed))
        .or_else(|| wild(rules, path))
        .or_else(|| wild(rules, trimmed))
}

fn trim(path: &str) -> &str {
    path.trim_start_matches('/')
}

fn is_canonical(path: &str) -> bool {
    let plain = |byte: u8| byte >= 0x20 && byte != 0x7F;
    path.bytes().all(plain) && !path.split('/').any(|segment| segment == "." || segment == "..")
}

fn exact(rules: &[Granted], path: &str) -> Option<Capabilities> {
    joined(rules, |rule| is_exact(rule) && rule == path)
}

/// "If there are several patterns that match, the one of the highest priority applies."
fn wild(rules: &[Granted], path: &str) -> Option<Capabilities> {
    let best = rules
        .iter()
        .map(|rule| written(&rule.path))
        .filter(|rule| !is_exact(rule) && matches(rule, path))
        .max_by(|a, b| priority(a, b))?;
    joined(rules, |rule| rule == best)
}

fn joined(rules: &[Granted], chosen: impl Fn(&str) -> bool) -> Option<Capabilities> {
    rules
        .iter()
        .filter(|rule| chosen(written(&rule.path)))
        .map(|rule| rule.capabilities)
        .reduce(Capabilities::union)
}

fn written(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

fn is_exact(rule: &str) -> bool {
    !rule.ends_with('*') && !rule.split('/').any(|segment| segment == "+")
}

fn matches(rule: &str, path: &str) -> bool {
    match (rule.split_once('/'), path.split_once('/')) {
        (Some((first, rule)), Some((segment, path))) => {
            (first == "+" || first == segment) && matches(rule, path)
        }
        (Some(_), None) => false,
        (None, rest) => match rule.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => rest.is_none() && (rule == "+" || rule == path),
        },
    }
}

/// The five steps of the documentation, in its order and words: each makes the first pattern the lower one.
fn priority(p1: &str, p2: &str) -> Ordering {
    let first_wildcard = |pattern: &str| {
        let mut position = 0;
        for segment in pattern.split('/') {
            if segment == "+" {
                return position;
            }
            position += segment.len() + 1;
        }
        pattern.len() - 1
    };
    let ends_with_glob = |pattern: &str| pattern.ends_with('*');
    let plus_segments = |pattern: &str| pattern.split('/').filter(|one| *one == "+").count();
    first_wildcard(p1)
        .cmp(&first_wildcard(p2))
        .then_with(|| ends_with_glob(p2).cmp(&ends_with_glob(p1)))
        .then_with(|| plus_segments(p2).cmp(&plus_segments(p1)))
        .then_with(|| p1.len().cmp(&p2.len()))
        .then_with(|| p1.cmp(p2))
}
