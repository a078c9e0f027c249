//! What a role demands of a token's claims, and who the token says its bearer is.

use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::identity::{
    AliasCase, AliasName, METADATA_ENTRIES_MAX, METADATA_KEY_BYTES_MAX, METADATA_VALUE_BYTES_MAX,
};
use strongroom_core::time::Timestamp;

use super::claims::Claims;
use super::error::JwtError;
use super::json::Json;
use super::times::Leeways;

/// The most audiences, claims, values of a claim or mappings of one role.
pub const BINDINGS_MAX: usize = 64;
/// The most groups that a login takes from a token.
pub const GROUPS_MAX: usize = 1_024;
/// The longest name or value in a role's bindings, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;
/// The metadata key under which a login notes its role.
const RESERVED_METADATA: &str = "role";

/// What a role demands.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Bindings {
    /// `iss` must be this; from the mount's configuration.
    #[n(0)]
    pub issuer: Option<String>,
    /// `aud` must hold one of these. Without any, a token that has an `aud` is refused.
    #[n(1)]
    pub audiences: BTreeSet<String>,
    /// `sub` must be this.
    #[n(2)]
    pub subject: Option<String>,
    /// Each claim, by name or JSON pointer, must be or hold one of its values.
    #[n(3)]
    pub claims: BTreeMap<String, Vec<ClaimValue>>,
    /// How values of `claims` are compared.
    #[n(4)]
    pub matching: Matching,
    /// Claims, by name or JSON pointer, that are noted in metadata under another name.
    #[n(5)]
    pub mappings: BTreeMap<String, String>,
    /// The claim that names the bearer.
    #[n(6)]
    pub user_claim: String,
    /// Whether `user_claim` is a JSON pointer when it begins with `/`.
    #[n(7)]
    pub user_claim_is_pointer: bool,
    /// The claim, by name or JSON pointer, that lists the bearer's groups.
    #[n(8)]
    pub groups_claim: Option<String>,
    /// How far times may be off.
    #[n(9)]
    pub leeways: Leeways,
}

/// A value that a claim must have.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum ClaimValue {
    /// A text, or a pattern.
    #[n(0)]
    Text(#[n(0)] String),
    /// `true` or `false`.
    #[n(1)]
    Bool(#[n(0)] bool),
    /// A whole number.
    #[n(2)]
    Number(#[n(0)] i64),
}

/// How a claim's values are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Matching {
    /// To the letter.
    #[default]
    #[n(0)]
    Exact,
    /// A `*` stands for any text, an empty one too. Only texts are compared.
    #[n(1)]
    Glob,
}

/// Who a verified token says its bearer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name of the entity's alias.
    pub user: AliasName,
    /// The names of the aliases of its external groups, each once.
    pub groups: BTreeSet<AliasName>,
    /// Mapped claims.
    pub metadata: BTreeMap<String, String>,
}

/// Why a role's bindings are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BindingsError {
    /// A pattern that is no text.
    #[error("claim is not a string: {0:?}")]
    GlobOfOther(String),
    /// Two claims are mapped to one name.
    #[error("multiple keys are mapped to metadata key {0:?}")]
    MappedTwice(String),
    /// A mapping to what logins note themselves.
    #[error("metadata key {0:?} is reserved and may not be a mapping destination")]
    Reserved(String),
    /// A text is too long, or there are too many.
    #[error("a role has at most {BINDINGS_MAX} of each binding, of at most {TEXT_BYTES_MAX} bytes")]
    TooLarge,
    /// A role that every token of the issuer could use.
    #[error("must have at least one bound constraint when creating/updating a role")]
    Unbound,
    /// No claim names the bearer.
    #[error("a user claim must be defined on the role")]
    UserClaim,
}

impl Bindings {
    /// Check a role before it is stored.
    ///
    /// # Errors
    /// [`BindingsError`]
    pub fn validate(&self) -> Result<(), BindingsError> {
        if self.user_claim.is_empty() {
            return Err(BindingsError::UserClaim);
        }
        self.check_sizes()?;
        let mut targets = BTreeSet::new();
        for target in self.mappings.values() {
            if target == RESERVED_METADATA {
                return Err(BindingsError::Reserved(target.clone()));
            }
            if !targets.insert(target) {
                return Err(BindingsError::MappedTwice(target.clone()));
            }
        }
        let is_text = |value: &ClaimValue| matches!(value, ClaimValue::Text(_));
        if self.matching == Matching::Glob {
            let mut claims = self.claims.iter();
            if let Some((name, _)) = claims.find(|(_, values)| !values.iter().all(is_text)) {
                return Err(BindingsError::GlobOfOther(name.clone()));
            }
        }
        Ok(())
    }

    /// Check that not every token of the issuer can use the role. `has_addresses` says that it is bound to networks.
    /// A role of the OIDC flow is bound to its client.
    ///
    /// # Errors
    /// [`BindingsError::Unbound`]
    pub fn demand_constraint(&self, has_addresses: bool) -> Result<(), BindingsError> {
        let is_unbound = self.audiences.is_empty()
            && self.subject.as_ref().is_none_or(String::is_empty)
            && self.claims.is_empty()
            && !has_addresses;
        if is_unbound { Err(BindingsError::Unbound) } else { Ok(()) }
    }

    /// Check a verified token's times, issuer, audience, subject and claims, in this order, and say whose it is.
    ///
    /// # Errors
    /// [`JwtError`]
    pub fn check(&self, claims: &Claims, now: Timestamp) -> Result<Login, JwtError> {
        self.leeways.check(claims, now)?;
        if let Some(issuer) = self.issuer.as_deref().filter(|issuer| !issuer.is_empty())
            && claims.text("iss")? != Some(issuer)
        {
            return Err(JwtError::Issuer);
        }
        self.check_audience(claims)?;
        self.check_others(claims)
    }

    /// Check the subject and the claims, and say whose the token is, when the rest is checked.
    pub(super) fn check_others(&self, claims: &Claims) -> Result<Login, JwtError> {
        if let Some(subject) = self.subject.as_deref().filter(|subject| !subject.is_empty())
            && claims.text("sub")? != Some(subject)
        {
            return Err(JwtError::Subject);
        }
        for (name, wanted) in &self.claims {
            self.check_claim(claims, name, wanted)?;
        }
        Ok(Login {
            user: self.user(claims)?,
            groups: self.groups(claims)?,
            metadata: self.metadata(claims)?,
        })
    }

    fn check_sizes(&self) -> Result<(), BindingsError> {
        let texts = self.claims.values().flatten().filter_map(|value| match value {
            ClaimValue::Text(text) => Some(text),
            _ => None,
        });
        let mut texts = texts
            .chain(self.claims.keys())
            .chain(&self.issuer)
            .chain(&self.subject)
            .chain(&self.audiences)
            .chain(self.mappings.keys())
            .chain(&self.groups_claim)
            .chain([&self.user_claim]);
        let is_long = texts.any(|text| text.len() > TEXT_BYTES_MAX);
        let has_long_target =
            self.mappings.values().any(|key| key.is_empty() || key.len() > METADATA_KEY_BYTES_MAX);
        let is_much = self.claims.values().any(|values| values.len() > BINDINGS_MAX)
            || self.claims.len() > BINDINGS_MAX
            || self.audiences.len() > BINDINGS_MAX
            || self.mappings.len() >= METADATA_ENTRIES_MAX;
        if is_long || has_long_target || is_much { Err(BindingsError::TooLarge) } else { Ok(()) }
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), JwtError> {
        let audiences = claims.audiences()?;
        if self.audiences.is_empty() {
            return if audiences.is_empty() { Ok(()) } else { Err(JwtError::UnboundAudience) };
        }
        let is_ours = audiences.iter().any(|audience| self.audiences.contains(*audience));
        if is_ours { Ok(()) } else { Err(JwtError::Audience) }
    }

    fn check_claim(
        &self,
        claims: &Claims,
        name: &str,
        wanted: &[ClaimValue],
    ) -> Result<(), JwtError> {
        let value = claims.find(name).ok_or_else(|| JwtError::MissingClaim(name.to_owned()))?;
        let found = match value {
            Json::Object(_) => return Err(JwtError::ClaimType(name.to_owned())),
            Json::List(elements) => elements.as_slice(),
            one => std::slice::from_ref(one),
        };
        let is_wanted =
            |found: &Json| wanted.iter().any(|wanted| wanted.is_met(found, self.matching));
        if found.iter().any(is_wanted) { Ok(()) } else { Err(JwtError::Claim(name.to_owned())) }
    }

    fn user(&self, claims: &Claims) -> Result<AliasName, JwtError> {
        let name = &self.user_claim;
        let value = if self.user_claim_is_pointer { claims.find(name) } else { claims.get(name) };
        alias(value.ok_or_else(|| JwtError::MissingClaim(name.clone()))?)
            .ok_or_else(|| JwtError::ClaimType(name.clone()))
    }

    /// Empty names are passed over, as Vault does.
    fn groups(&self, claims: &Claims) -> Result<BTreeSet<AliasName>, JwtError> {
        let Some(name) = self.groups_claim.as_ref().filter(|name| !name.is_empty()) else {
            return Ok(BTreeSet::new());
        };
        let value = claims.find(name).ok_or_else(|| JwtError::MissingClaim(name.clone()))?;
        let wrong_type = || JwtError::ClaimType(name.clone());
        let names = match value {
            Json::List(elements) => elements.as_slice(),
            Json::Text(_) => std::slice::from_ref(value),
            _ => return Err(wrong_type()),
        };
        if names.len() > GROUPS_MAX {
            return Err(JwtError::TooManyGroups);
        }
        let names = names.iter().filter(|name| name.as_text() != Some(""));
        names.map(alias).collect::<Option<_>>().ok_or_else(wrong_type)
    }

    /// What a token does not have is not noted, as in Vault.
    fn metadata(&self, claims: &Claims) -> Result<BTreeMap<String, String>, JwtError> {
        let mut metadata = BTreeMap::new();
        for (source, target) in &self.mappings {
            let Some(value) = claims.find(source) else { continue };
            let text = value.as_text().filter(|text| text.len() <= METADATA_VALUE_BYTES_MAX);
            let text = text.ok_or_else(|| JwtError::ClaimType(source.clone()))?;
            metadata.insert(target.clone(), text.to_owned());
        }
        Ok(metadata)
    }
}

impl ClaimValue {
    fn is_met(&self, found: &Json, matching: Matching) -> bool {
        match (self, found, matching) {
            (Self::Text(wanted), Json::Text(found), Matching::Exact) => wanted == found,
            (Self::Text(wanted), Json::Text(found), Matching::Glob) => glob_matches(wanted, found),
            (Self::Bool(wanted), Json::Bool(found), Matching::Exact) => wanted == found,
            (Self::Number(wanted), Json::Number(_), Matching::Exact) => {
                found.as_integer() == Some(*wanted)
            }
            _ => false,
        }
    }
}

/// Capitals count: two subjects of an issuer are two people.
fn alias(value: &Json) -> Option<AliasName> {
    AliasName::new(value.as_text()?, AliasCase::Sensitive).ok()
}

/// Whether a text is of a pattern in which `*` stands for any text. Takes time in proportion to the product of the
/// lengths at most, with no recursion.
fn glob_matches(pattern: &str, text: &str) -> bool {
    let Some((first, pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = pattern.rsplit_once('*').unwrap_or(("", pattern));
    for part in middle.split('*') {
        let Some(start) = text.find(part) else { return false };
        text = text.get(start + part.len()..).unwrap_or_default();
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, matches) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "anything", true),
            ("a*", "a", true),
            ("a*", "ba", false),
            ("*@example.com", "mary@example.com", true),
            ("*@example.com", "mary@example.com.evil.org", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*a", "a", false),
            ("**", "x", true),
            ("a**b", "ab", true),
            ("a.c", "abc", false),
            ("a?c", "abc", false),
        ] {
            assert_eq!(glob_matches(pattern, text), matches, "{pattern:?} of {text:?}");
        }
    }

    /// By definition, and slow.
    fn matches_by_definition(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => {
                (0..=text.len()).any(|skipped| matches_by_definition(rest, &text[skipped..]))
            }
            Some((first, rest)) => {
                text.first() == Some(first) && matches_by_definition(rest, &text[1..])
            }
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_as_it_does_by_definition(pattern in "[ab*\u{e9}]{0,8}", text in "[ab\u{e9}]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let expected = matches_by_definition(&chars(&pattern), &chars(&text));
            prop_assert_eq!(glob_matches(&pattern, &text), expected);
        }
    }
}
