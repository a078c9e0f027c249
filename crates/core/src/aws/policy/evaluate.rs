//! What a policy means for a call.

use super::condition::{Lookup, single};
use super::document::{Effect, OneOf, PolicyDocument, Statement};
use super::pattern::{Pattern, matches};
use super::principal::{Met, Principal};
use crate::aws::arn::AccountId;

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Every ARN that the caller goes by: of the user, or of the session and its role.
    pub arns: &'a [&'a str],
    /// The caller's account.
    pub account: &'a AccountId,
}

/// A call.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Who calls.
    pub caller: Caller<'a>,
    /// What: `secretsmanager:GetSecretValue`.
    pub action: &'a str,
    /// The ARN of what it is done to.
    pub resource: &'a str,
    /// The values of a condition's key, in lower case (`aws:sourceip`, `aws:resourcetag/team`); `None` where it has none.
    pub context: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

/// What a policy says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement denies it, whatever another policy says.
    ExplicitDeny,
    /// A statement allows it to the caller.
    Allow,
    /// A statement allows it to the caller's account: the caller's own policies decide.
    AccountAllowed,
    /// No statement speaks of it.
    NoDecision,
}

impl PolicyDocument {
    /// Denials come first, then what is allowed to the caller, then what is allowed to the account.
    #[must_use]
    pub fn evaluate(&self, question: &Question<'_>) -> Decision {
        let call = Call {
            action: question.action.to_ascii_lowercase().chars().collect(),
            resource: question.resource.chars().collect(),
            caller: question.caller,
            lookup: question.context,
        };
        let mut decision = Decision::NoDecision;
        for statement in &self.statements {
            decision = match (statement.effect, statement.met_by(&call), decision) {
                (_, Met::No, before) => before,
                (Effect::Deny, _, _) => return Decision::ExplicitDeny,
                (Effect::Allow, Met::Directly, _) => Decision::Allow,
                (Effect::Allow, Met::Account, Decision::NoDecision) => Decision::AccountAllowed,
                (Effect::Allow, Met::Account, before) => before,
            };
        }
        decision
    }
}

struct Call<'a> {
    action: Vec<char>,
    resource: Vec<char>,
    caller: Caller<'a>,
    lookup: Lookup<'a>,
}

impl Statement {
    fn met_by(&self, call: &Call<'_>) -> Met {
        let met = match &self.principals {
            OneOf::Listed(principals) => best(principals, &call.caller),
            OneOf::NotListed(principals) => match best(principals, &call.caller) {
                Met::No => Met::Directly,
                Met::Account | Met::Directly => Met::No,
            },
        };
        let applies = met != Met::No
            && is_one_of(&self.actions, &call.action, call.lookup)
            && is_one_of(&self.resources, &call.resource, call.lookup)
            && self.conditions.iter().all(|condition| condition.holds(call.lookup));
        if applies { met } else { Met::No }
    }
}

fn best(principals: &[Principal], caller: &Caller<'_>) -> Met {
    principals.iter().map(|principal| principal.met_by(caller)).max().unwrap_or(Met::No)
}

/// A pattern whose variable has no value matches nothing; in `NotResource` too, which then says nothing of the call.
fn is_one_of(patterns: &OneOf<Vec<Pattern>>, text: &[char], lookup: Lookup<'_>) -> bool {
    let resolve = |pattern: &Pattern| pattern.resolve(&|key| single(lookup(key)));
    match patterns {
        OneOf::Listed(patterns) => {
            patterns.iter().filter_map(resolve).any(|tokens| matches(&tokens, text))
        }
        OneOf::NotListed(patterns) => patterns
            .iter()
            .map(resolve)
            .all(|tokens| tokens.is_some_and(|tokens| !matches(&tokens, text))),
    }
}
