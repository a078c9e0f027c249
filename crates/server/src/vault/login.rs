//! What the login methods have in common: the members that say what their tokens are like
//! (<https://developer.hashicorp.com/vault/api-docs/auth/approle#parameters>, `token_*`).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_engine::{Error, Kind, LoginTokenKind, TokenParameters, TokenParametersChange};

use super::body::{Span, Words};
use super::fault::Fault;
use super::lenient::{Truth, Whole};

/// The members of a role's or user's body that speak of its tokens, each with its older name.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct TokenMembers {
    token_ttl: Option<Span>,
    ttl: Option<Span>,
    token_max_ttl: Option<Span>,
    max_ttl: Option<Span>,
    token_policies: Option<Words>,
    policies: Option<Words>,
    token_bound_cidrs: Option<Words>,
    bound_cidrs: Option<Words>,
    token_explicit_max_ttl: Option<Span>,
    token_no_default_policy: Option<Truth>,
    token_num_uses: Option<Whole>,
    num_uses: Option<Whole>,
    token_period: Option<Span>,
    period: Option<Span>,
    token_type: Option<String>,
}

impl TokenMembers {
    /// What is to be changed. The newer name counts where both are written.
    pub fn change(self) -> Result<TokenParametersChange, Fault> {
        let span = |new: Option<Span>, old: Option<Span>| new.or(old).map(|span| span.0);
        let words = |new: Option<Words>, old: Option<Words>| new.or(old).map(|words| words.0);
        let kind = self.token_type.as_deref().map(|word| {
            LoginTokenKind::from_word(word).ok_or_else(|| Fault::invalid("invalid 'token_type'"))
        });
        Ok(TokenParametersChange {
            ttl: span(self.token_ttl, self.ttl),
            max_ttl: span(self.token_max_ttl, self.max_ttl),
            policies: words(self.token_policies, self.policies),
            bound_cidrs: words(self.token_bound_cidrs, self.bound_cidrs),
            explicit_max: span(self.token_explicit_max_ttl, None),
            without_default_policy: self.token_no_default_policy.map(|truth| truth.0),
            uses: count("token_num_uses", self.token_num_uses.or(self.num_uses))?,
            period: span(self.token_period, self.period),
            kind: kind.transpose()?,
        })
    }
}

/// What a login is told that did not succeed. Whatever was wrong with it, the answer is this one.
pub(super) fn refusal(error: Error, message: &str) -> Fault {
    match error.kind() {
        Kind::Unauthenticated => Fault::invalid(message),
        _ => error.into(),
    }
}

/// A number of uses; 0 is any number.
pub(super) fn count(member: &str, written: Option<Whole>) -> Result<Option<u64>, Fault> {
    let negative = |_| Fault::invalid(format!("{member} cannot be negative"));
    written.map(|whole| u64::try_from(whole.0).map_err(negative)).transpose()
}

/// The members that say what a role's or user's tokens are like, for its answer.
pub(super) fn token_members(parameters: &TokenParameters) -> Map<String, Value> {
    let members = [
        ("token_ttl", json!(parameters.ttl.0)),
        ("token_max_ttl", json!(parameters.max_ttl.0)),
        ("token_policies", json!(parameters.policies)),
        ("token_bound_cidrs", json!(parameters.bound_cidrs)),
        ("token_explicit_max_ttl", json!(parameters.explicit_max.0)),
        ("token_no_default_policy", json!(parameters.without_default_policy)),
        ("token_num_uses", json!(parameters.uses)),
        ("token_period", json!(parameters.period.0)),
        ("token_type", json!(parameters.kind.word())),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
