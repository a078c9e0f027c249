//! Policies compiled for one identity, and the decisions they make.
//!
//! Exact rules stand in a sorted list. The other rules stand in groups of one literal head (the text before the
//! first wildcard), sorted by head; each group knows the group of the longest shorter head that begins it. Of the
//! heads that begin a path the longest is the last head not above the path, or one that begins that head, so one
//! binary search and a walk along those links visits them from the longest on, which is Vault's first rule of
//! priority. A check allocates nothing.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::capability::{Capabilities, Capability};
use super::decision::{Decision, Reason};
use super::name::PolicyName;
use super::parameters::{ParameterDenial, ParameterRules, ParameterValue};
use super::parse::{Policy, Rule, WrappingLimits};
use super::pattern::{PathPattern, Segment, tail_can_begin_with, tail_matches};
use super::template::TemplateContext;

/// What a caller may do: its policies, with the templates filled, compiled for look-up. The default is to deny.
#[derive(Clone, Debug)]
pub struct Acl {
    root: bool,
    policies: Vec<PolicyName>,
    exact: Vec<CompiledRule>,
    groups: Vec<Group>,
    dropped: Vec<DroppedRule>,
}

/// All rules of the policies on one path, joined.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    text: Box<str>,
    pattern: PathPattern,
    head: Box<str>,
    tail: Box<[Segment]>,
    capabilities: Capabilities,
    parameters: ParameterRules,
    wrapping: WrappingLimits,
    sources: Vec<RuleSource>,
}

/// Where a part of a compiled rule was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSource {
    /// The policy.
    pub policy: PolicyName,
    /// The line of its text, counted from 1.
    pub line: u32,
    /// What it grants there.
    pub capabilities: Capabilities,
}

/// A rule that says nothing for this identity, because a template in its path has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedRule {
    /// The policy.
    pub policy: PolicyName,
    /// The line of its text, counted from 1.
    pub line: u32,
    /// The path as written.
    pub path: String,
    /// The template that has no value, without braces.
    pub template: String,
}

#[derive(Clone, Debug)]
struct Group {
    head: Box<str>,
    /// The group with the longest head that begins this one's head.
    parent: Option<usize>,
    /// Highest priority first.
    rules: Vec<CompiledRule>,
}

/// Why an answer cannot be wrapped for the time that was asked for, or must be wrapped.
#[derive(Debug, thiserror::Error)]
#[error("{rule} asks for an answer wrapped for {}", self.bounds())]
pub struct WrappingDenial<'a> {
    rule: &'a CompiledRule,
}

impl Acl {
    /// The ACL of the `root` policy: everything is allowed on every path.
    #[must_use]
    pub fn root() -> Self {
        Self {
            root: true,
            policies: Vec::new(),
            exact: Vec::new(),
            groups: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// The policies joined, with templates filled from `identity`.
    ///
    /// Rules on one path are one rule: capabilities are united, a deny takes all of them away, parameters and
    /// wrapping times are joined as Vault does. A rule with a template that has no value is dropped; a rule that
    /// denies is kept instead, with `+` in place of the segment that has no value.
    #[must_use]
    pub fn compile(policies: &[Policy], identity: &TemplateContext) -> Self {
        let mut joined: BTreeMap<PathPattern, CompiledRule> = BTreeMap::new();
        let mut dropped = Vec::new();
        for policy in policies {
            for rule in policy.rules() {
                let pattern = match rule.template.resolve(identity) {
                    Ok(pattern) => pattern,
                    Err(_) if rule.capabilities == Capabilities::DENY => {
                        rule.template.resolve_widely(identity)
                    }
                    Err(selector) => {
                        dropped.push(DroppedRule {
                            policy: policy.name().clone(),
                            line: rule.line,
                            path: rule.path.clone(),
                            template: selector.to_string(),
                        });
                        continue;
                    }
                };
                joined
                    .entry(pattern)
                    .and_modify(|existing| existing.join(policy.name(), rule))
                    .or_insert_with_key(|pattern| CompiledRule::new(pattern, policy.name(), rule));
            }
        }
        let (mut exact, globs): (Vec<_>, Vec<_>) =
            joined.into_values().partition(|rule| rule.pattern.is_exact());
        exact.sort_by(|a, b| a.text.cmp(&b.text));
        Self {
            root: false,
            policies: policies.iter().map(|policy| policy.name().clone()).collect(),
            exact,
            groups: group(globs),
            dropped,
        }
    }

    /// Whether this is the ACL of the `root` policy.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.root
    }

    /// The rules that were dropped because a template in their path has no value.
    #[must_use]
    pub fn dropped_rules(&self) -> &[DroppedRule] {
        &self.dropped
    }

    pub(super) fn policies(&self) -> &[PolicyName] {
        &self.policies
    }

    /// All rules, those on one path first.
    pub fn rules(&self) -> impl Iterator<Item = &CompiledRule> {
        self.exact.iter().chain(self.groups.iter().flat_map(|group| &group.rules))
    }

    /// What the caller may do to the path, a trailing `/` taken as for a list: what Vault answers at
    /// `sys/capabilities`.
    #[must_use]
    pub fn capabilities(&self, path: &str) -> Capabilities {
        let Some(path) = canonical(path) else {
            return Capabilities::NONE;
        };
        if self.root {
            return Capabilities::ALL;
        }
        self.find_for_list(path).map_or(Capabilities::NONE, |rule| rule.capabilities)
    }

    /// Whether the caller has the capability on the path, and why.
    ///
    /// [`Capability::List`] on `path/` is also granted by a rule on `path`; a rule that matches with the slash comes
    /// first. [`Capability::Deny`] is never granted. A path with a segment `.` or `..`, or a control character, is
    /// denied to everyone.
    pub fn check<'a>(&'a self, path: &'a str, capability: Capability) -> Decision<'a> {
        Decision::new(self, path, capability, self.reason(path, capability))
    }

    /// As [`Self::check`], for a versioned secret, which policies name in two ways: by its canonical path
    /// `<mount>/<path>`, and, as Vault's KV version 2 has it, by `<mount>/<word>/<path>`, where the word says what is
    /// done. A rule on the second name is a rule on the first that holds for that word alone: so of the two rules
    /// found, the one decides that comes first when the word is taken out of the other's path, and at a draw a denial.
    ///
    /// `api` is the longer name, and its capability may be another one. `mount_bytes` is how long `<mount>/` is.
    pub fn check_either<'a>(
        &'a self,
        canonical: (&'a str, Capability),
        api: (&'a str, Capability),
        mount_bytes: usize,
    ) -> Decision<'a> {
        let of_canonical = self.check(canonical.0, canonical.1);
        if self.root {
            return of_canonical;
        }
        let of_api = self.check(api.0, api.1);
        let (Some(plain), Some(worded)) = (of_canonical.rule(), of_api.rule()) else {
            return if of_api.rule().is_some() { of_api } else { of_canonical };
        };
        let word_bytes = api.0.len().saturating_sub(canonical.0.len());
        // A rule that covers both names is outdone by what outdoes it on the longer one.
        let covers_both = || self.matching_globs(api.0).any(|rule| std::ptr::eq(rule, plain));
        let order = if std::ptr::eq(plain, worded) {
            Ordering::Equal
        } else if covers_both() {
            Ordering::Less
        } else {
            plain.rank(0, 0).cmp(&worded.rank(mount_bytes, word_bytes))
        };
        let denies = |decision: &Decision<'_>| matches!(decision.reason(), Reason::ExplicitDeny(_));
        match order {
            Ordering::Greater => of_canonical,
            Ordering::Less => of_api,
            Ordering::Equal if denies(&of_canonical) => of_canonical,
            Ordering::Equal if denies(&of_api) || of_api.is_allowed() => of_api,
            Ordering::Equal => of_canonical,
        }
    }

    fn reason(&self, path: &str, capability: Capability) -> Reason<'_> {
        let Some(path) = canonical(path) else {
            return Reason::NotCanonical;
        };
        if self.root {
            return match capability {
                Capability::Deny => Reason::NoRule,
                _ => Reason::Root,
            };
        }
        let found = match capability {
            Capability::List => self.find_for_list(path),
            _ => self.find(path),
        };
        match found {
            None => Reason::NoRule,
            Some(rule) if rule.capabilities == Capabilities::DENY => Reason::ExplicitDeny(rule),
            Some(rule) if rule.capabilities.contains(capability) => Reason::Granted(rule),
            Some(rule) => Reason::NotGranted(rule),
        }
    }

    /// Whether the path itself can be shown to the caller in a list: it may read or list it.
    #[must_use]
    pub fn may_see(&self, path: &str) -> bool {
        [Capability::Read, Capability::List]
            .into_iter()
            .any(|capability| self.check(path, capability).is_allowed())
    }

    /// Whether some path that begins with `prefix` could be shown to the caller: for folders in a list.
    ///
    /// Never false where [`Acl::may_see`] is true of such a path. It can be true where rules with several wildcards
    /// hide each other's paths. Looks at every rule.
    #[must_use]
    pub fn may_see_below(&self, prefix: &str) -> bool {
        canonical(prefix).is_some_and(|prefix| {
            self.may_see(prefix) || self.has_rule_below(prefix, CompiledRule::shows)
        })
    }

    /// Whether something could be granted to the caller on some path that begins with `prefix`, or on `prefix` itself
    /// without the slash at its end: whether it has business there at all.
    ///
    /// Never false where a path that begins so is granted something, as [`Acl::may_see_below`].
    #[must_use]
    pub fn may_do_below(&self, prefix: &str) -> bool {
        let grants = |rule: &CompiledRule| !rule.capabilities.grants_nothing();
        canonical(prefix).is_some_and(|prefix| {
            !self.capabilities(prefix).grants_nothing() || self.has_rule_below(prefix, grants)
        })
    }

    /// Whether a rule of this sort could decide on some path that begins with `prefix`.
    fn has_rule_below(&self, prefix: &str, is_wanted: impl Fn(&CompiledRule) -> bool) -> bool {
        let first = self.exact.partition_point(|rule| *rule.text < *prefix);
        let mut exact = self.exact.iter().skip(first);
        if exact.by_ref().take_while(|rule| rule.text.starts_with(prefix)).any(&is_wanted) {
            return true;
        }
        // What covers all of the prefix hides every rule of lower priority below it.
        let covering = self
            .matching_globs(prefix)
            .find(|rule| rule.pattern.prefix)
            .map(CompiledRule::priority);
        let globs = self.groups.iter().flat_map(|group| &group.rules);
        globs
            .filter(|rule| covering.as_ref().is_none_or(|covering| rule.priority() >= *covering))
            .any(|rule| is_wanted(rule) && rule.can_begin_with(prefix))
    }

    /// Whether the rule on the path lets these parameters of a create, read, update or patch through. It says
    /// nothing of capabilities.
    ///
    /// # Errors
    /// [`ParameterDenial`] names the first parameter that is missing, denied or not allowed, and the rule.
    pub fn check_parameters<'a>(
        &'a self,
        path: &str,
        parameters: &[(&'a str, ParameterValue)],
    ) -> Result<(), ParameterDenial<'a>> {
        let rule = canonical(path).and_then(|path| self.find(path));
        match rule {
            _ if self.root && canonical(path).is_some() => Ok(()),
            None => Err(ParameterDenial::NoRule),
            Some(rule) => rule.parameters.check(rule, parameters),
        }
    }

    /// Whether the rule on the path agrees with wrapping the answer for this time, or (`None`) not at all. A path
    /// without a rule has no such limits. It says nothing of capabilities.
    ///
    /// # Errors
    /// [`WrappingDenial`] names the rule and its limits.
    pub fn check_wrapping<'a>(
        &'a self,
        path: &str,
        capability: Capability,
        ttl: Option<Duration>,
    ) -> Result<(), WrappingDenial<'a>> {
        let Some(path) = canonical(path) else {
            return Ok(());
        };
        let found = match capability {
            Capability::List => self.find_for_list(path),
            _ => self.find(path),
        };
        match found {
            Some(rule) if !rule.wrapping.permits(ttl) => Err(WrappingDenial { rule }),
            _ => Ok(()),
        }
    }

    fn find_for_list(&self, path: &str) -> Option<&CompiledRule> {
        let trimmed = path.strip_suffix('/');
        self.find_exact(path)
            .or_else(|| self.find_exact(trimmed?))
            .or_else(|| self.matching_globs(path).next())
            .or_else(|| self.matching_globs(trimmed?).next())
    }

    fn find(&self, path: &str) -> Option<&CompiledRule> {
        self.find_exact(path).or_else(|| self.matching_globs(path).next())
    }

    fn find_exact(&self, path: &str) -> Option<&CompiledRule> {
        let index = self.exact.binary_search_by(|rule| (*rule.text).cmp(path)).ok()?;
        self.exact.get(index)
    }

    /// The rules with wildcards that match, highest priority first.
    fn matching_globs<'a, 'p>(
        &'a self,
        path: &'p str,
    ) -> impl Iterator<Item = &'a CompiledRule> + use<'a, 'p> {
        let last = self.groups.partition_point(|group| *group.head <= *path).checked_sub(1);
        std::iter::successors(last, |index| self.groups.get(*index)?.parent)
            .filter_map(|index| self.groups.get(index))
            .filter_map(|group| Some((group, path.strip_prefix(&*group.head)?)))
            .flat_map(|(group, rest)| {
                group
                    .rules
                    .iter()
                    .filter(move |rule| tail_matches(&rule.tail, rule.pattern.prefix, rest))
            })
    }
}

/// The path without slashes in front, `None` if it has a segment `.` or `..` or a control character.
fn canonical(path: &str) -> Option<&str> {
    let path = path.trim_start_matches('/');
    let mut segment_start = true;
    let mut dots_only = false;
    let mut dots = 0_u8;
    for byte in path.bytes() {
        match byte {
            b'/' if dots_only => return None,
            b'/' => segment_start = true,
            b'.' if segment_start || dots_only => {
                dots = if segment_start { 1 } else { dots + 1 };
                dots_only = dots <= 2;
                segment_start = false;
            }
            0..=0x1F | 0x7F => return None,
            _ => (segment_start, dots_only) = (false, false),
        }
    }
    (!dots_only).then_some(path)
}

fn group(mut rules: Vec<CompiledRule>) -> Vec<Group> {
    rules.sort_by(|a, b| a.head.cmp(&b.head).then_with(|| b.priority().cmp(&a.priority())));
    let mut groups: Vec<Group> = Vec::new();
    for rule in rules {
        match groups.last_mut() {
            Some(group) if group.head == rule.head => group.rules.push(rule),
            before => {
                let mut parent = before.is_some().then(|| groups.len() - 1);
                while let Some(group) = parent.and_then(|index| groups.get(index))
                    && !rule.head.starts_with(&*group.head)
                {
                    parent = group.parent;
                }
                groups.push(Group { head: rule.head.clone(), parent, rules: vec![rule] });
            }
        }
    }
    groups
}

/// Vault's order of two rules that match one path, the higher one first to apply.
type Priority<'a> = (usize, bool, Reverse<usize>, usize, &'a PathPattern);

impl CompiledRule {
    fn new(pattern: &PathPattern, policy: &PolicyName, rule: &Rule) -> Self {
        let (head, tail) = pattern.split_at_wildcard();
        let mut compiled = Self {
            text: pattern.text().into(),
            pattern: pattern.clone(),
            head: head.into(),
            tail: tail.into(),
            capabilities: Capabilities::NONE,
            parameters: ParameterRules::default(),
            wrapping: WrappingLimits::default(),
            sources: Vec::new(),
        };
        compiled.join(policy, rule);
        compiled
    }

    fn join(&mut self, policy: &PolicyName, rule: &Rule) {
        self.capabilities = self.capabilities.union(rule.capabilities);
        self.parameters.merge(&rule.parameters);
        self.wrapping.merge(rule.wrapping);
        self.sources.push(RuleSource {
            policy: policy.clone(),
            line: rule.line,
            capabilities: rule.capabilities,
        });
    }

    /// The path as a policy writes it, with the templates filled.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.text
    }

    /// What the policies together grant on it.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Where it was written: the policies and their lines.
    #[must_use]
    pub fn sources(&self) -> &[RuleSource] {
        &self.sources
    }

    fn shows(&self) -> bool {
        self.capabilities.contains(Capability::Read) || self.capabilities.contains(Capability::List)
    }

    fn can_begin_with(&self, start: &str) -> bool {
        tail_can_begin_with(&self.pattern.segments, self.pattern.prefix, start)
    }

    /// The priority without the last tie-break, as if a word of `word_bytes` bytes behind the mount were taken out of a
    /// path that names it literally.
    fn rank(&self, mount_bytes: usize, word_bytes: usize) -> (usize, bool, Reverse<usize>, usize) {
        let (head, whole, wildcards, length, _) = self.priority();
        let taken = if head >= mount_bytes + word_bytes { word_bytes } else { 0 };
        (head - taken, whole, wildcards, length - taken)
    }

    /// A later first wildcard, no `*` at the end, fewer `+`, a longer path, and a greater path come first.
    fn priority(&self) -> Priority<'_> {
        let length = self.text.len() - usize::from(self.pattern.prefix);
        let wildcards = Reverse(self.pattern.wildcards());
        (self.head.len(), !self.pattern.prefix, wildcards, length, &self.pattern)
    }
}

/// `policy "app" line 3, path "secret/*"`; all sources where there are several.
impl fmt::Display for CompiledRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, source) in self.sources.iter().enumerate() {
            let and = if index == 0 { "" } else { " and " };
            write!(f, "{and}policy \"{}\" line {}", source.policy, source.line)?;
        }
        write!(f, ", path \"{}\"", self.text)
    }
}

impl WrappingLimits {
    /// The lesser of both limits, as Vault joins them.
    fn merge(&mut self, other: Self) {
        let lesser = |a: Option<Duration>, b: Option<Duration>| a.into_iter().chain(b).min();
        self.min = lesser(self.min, other.min);
        self.max = lesser(self.max, other.max);
    }

    fn permits(self, ttl: Option<Duration>) -> bool {
        match (self.min, self.max, ttl) {
            (None, None, _) => true,
            (_, _, None) => false,
            (min, max, Some(ttl)) => {
                min.is_none_or(|min| ttl >= min) && max.is_none_or(|max| ttl <= max)
            }
        }
    }
}

impl WrappingDenial<'_> {
    fn bounds(&self) -> String {
        let seconds = |duration: Duration| format!("{} s", duration.as_secs_f64());
        match (self.rule.wrapping.min, self.rule.wrapping.max) {
            (Some(min), Some(max)) => format!("{} to {}", seconds(min), seconds(max)),
            (Some(min), None) => format!("at least {}", seconds(min)),
            (None, Some(max)) => format!("at most {}", seconds(max)),
            (None, None) => "any time".to_owned(),
        }
    }
}
