use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::time::Seconds;

use super::role::{JwtRole, JwtRoleKind};
use crate::error::Error;
use crate::jwt::{ClaimValue, Leeway, Matching};
use crate::login::TokenParametersChange;

/// What is written of a role; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwtRoleChange {
    /// [`JwtRole::kind`]
    pub kind: Option<JwtRoleKind>,
    /// The claim that names the bearer.
    pub user_claim: Option<String>,
    /// Whether it is a JSON pointer when it begins with `/`.
    pub user_claim_is_pointer: Option<bool>,
    /// `aud` must hold one of these.
    pub audiences: Option<Vec<String>>,
    /// `sub` must be this.
    pub subject: Option<String>,
    /// Claims and the values that they may have.
    pub claims: Option<BTreeMap<String, Vec<ClaimValue>>>,
    /// How these are compared.
    pub matching: Option<Matching>,
    /// Claims that are noted, and under which name.
    pub mappings: Option<BTreeMap<String, String>>,
    /// The claim that lists groups.
    pub groups_claim: Option<String>,
    /// How far `exp`, `nbf` and all times may be off.
    pub expiration_leeway: Option<Leeway>,
    /// See [`Self::expiration_leeway`].
    pub not_before_leeway: Option<Leeway>,
    /// See [`Self::expiration_leeway`].
    pub clock_skew_leeway: Option<Leeway>,
    /// [`JwtRole::redirect_uris`]
    pub redirect_uris: Option<Vec<String>>,
    /// [`JwtRole::scopes`]
    pub scopes: Option<Vec<String>>,
    /// [`JwtRole::max_age`]; none when 0.
    pub max_age: Option<Seconds>,
    /// [`JwtRole::verbose_logging`]
    pub verbose_logging: Option<bool>,
    /// [`JwtRole::token`]
    pub token: TokenParametersChange,
}

impl JwtRoleChange {
    /// The role with the change, once it may be kept.
    pub(super) fn apply(self, mut role: JwtRole) -> Result<JwtRole, Error> {
        let bindings = &mut role.bindings;
        set(&mut bindings.user_claim, self.user_claim);
        set(&mut bindings.user_claim_is_pointer, self.user_claim_is_pointer);
        set(
            &mut bindings.audiences,
            self.audiences.map(|list| list.into_iter().collect::<BTreeSet<_>>()),
        );
        if let Some(subject) = self.subject {
            bindings.subject = Some(subject).filter(|subject| !subject.is_empty());
        }
        set(&mut bindings.claims, self.claims);
        set(&mut bindings.matching, self.matching);
        set(&mut bindings.mappings, self.mappings);
        if let Some(claim) = self.groups_claim {
            bindings.groups_claim = Some(claim).filter(|claim| !claim.is_empty());
        }
        set(&mut bindings.leeways.expiration, self.expiration_leeway);
        set(&mut bindings.leeways.not_before, self.not_before_leeway);
        set(&mut bindings.leeways.clock_skew, self.clock_skew_leeway);
        set(&mut role.kind, self.kind);
        set(&mut role.redirect_uris, self.redirect_uris);
        set(&mut role.scopes, self.scopes);
        if let Some(max_age) = self.max_age {
            role.max_age = Some(max_age).filter(|age| age.0 > 0);
        }
        set(&mut role.verbose_logging, self.verbose_logging);
        role.token = role.token.changed(&self.token)?;
        role.check()?;
        Ok(role)
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
