use strongroom_core::identifier::RoleKey;
use strongroom_core::time::Seconds;

use super::rule;
use crate::error::Error;
use crate::jwt::Bindings;
use crate::login::TokenParameters;

/// The most addresses, or scopes, of one role.
const ENTRIES_MAX: usize = 64;
/// The longest of them, in bytes.
const ENTRY_BYTES_MAX: usize = 2_048;

/// Which tokens let their bearers in, and what the bearers get.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct JwtRole {
    /// By which way.
    #[n(0)]
    pub kind: JwtRoleKind,
    /// What is demanded of a token's claims. The issuer is the configuration's.
    #[n(1)]
    pub bindings: Bindings,
    /// Where browsers may be sent back to.
    #[n(2)]
    pub redirect_uris: Vec<String>,
    /// What is asked of the provider besides `openid`.
    #[n(3)]
    pub scopes: Vec<String>,
    /// How long ago the user may have logged in at the provider.
    #[n(4)]
    pub max_age: Option<Seconds>,
    /// What the tokens of logins are like.
    #[n(5)]
    pub token: TokenParameters,
    /// Tells it from a role of the same name that was there before.
    #[n(6)]
    pub key: RoleKey,
    /// Kept and shown; nothing of a provider's answer is ever logged.
    #[n(7)]
    pub verbose_logging: bool,
}

/// By which way a role lets in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum JwtRoleKind {
    /// The caller shows a token.
    #[n(1)]
    Jwt,
    /// The caller's browser brings a code.
    #[default]
    #[n(2)]
    Oidc,
}

impl JwtRole {
    /// A new role that lets nobody in yet.
    pub(super) fn empty(key: RoleKey) -> Self {
        Self {
            kind: JwtRoleKind::default(),
            bindings: Bindings::default(),
            redirect_uris: Vec::new(),
            scopes: Vec::new(),
            max_age: None,
            token: TokenParameters::default(),
            key,
            verbose_logging: false,
        }
    }

    /// Whether it may be kept.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.bindings.validate().map_err(rule)?;
        let entries = [&self.redirect_uris, &self.scopes];
        let is_large = entries.into_iter().any(|list| {
            list.len() > ENTRIES_MAX || list.iter().any(|text| text.len() > ENTRY_BYTES_MAX)
        });
        if is_large {
            return Err(Error::rule(format!(
                "a role has at most {ENTRIES_MAX} addresses and scopes, of at most {ENTRY_BYTES_MAX} bytes"
            )));
        }
        match self.kind {
            JwtRoleKind::Jwt => {
                self.bindings.demand_constraint(!self.token.bound_cidrs.is_empty()).map_err(rule)
            }
            JwtRoleKind::Oidc if self.redirect_uris.is_empty() => Err(Error::rule(
                "'allowed_redirect_uris' must be set if 'role_type' is 'oidc' or unspecified.",
            )),
            JwtRoleKind::Oidc => Ok(()),
        }
    }
}

impl JwtRoleKind {
    /// Its word at the Vault door.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Jwt => "jwt",
            Self::Oidc => "oidc",
        }
    }
}
