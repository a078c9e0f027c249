use strongroom_core::app::AppId;
use strongroom_core::identifier::RoleKey;
use strongroom_core::identity::{AliasCase, AliasName, IDENTITY_NAME_BYTES_MAX};
use strongroom_core::time::Seconds;

use crate::error::Error;
use crate::login::{TokenParameters, TokenParametersChange, checked_networks};

/// The longest id of a role, in bytes: it is the name of its entity's alias.
pub const ROLE_ID_BYTES_MAX: usize = IDENTITY_NAME_BYTES_MAX;

/// A role that programs log in by.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct AppRole {
    /// What its secret ids are kept under.
    #[n(0)]
    pub key: RoleKey,
    /// What a login names it by; no two roles of a mount have the same.
    #[n(1)]
    pub role_id: String,
    /// Whether a login needs a secret id.
    #[n(2)]
    pub bind_secret_id: bool,
    /// The networks that a login comes from; every one when empty.
    #[n(3)]
    pub secret_id_bound_cidrs: Vec<String>,
    /// How many logins a secret id is good for, and the most that one can be; any number when 0.
    #[n(4)]
    pub secret_id_uses: u64,
    /// How long a secret id lives, and the longest that one can; without an end when 0.
    #[n(5)]
    pub secret_id_ttl: Seconds,
    /// Vault keeps such secret ids in one cluster of several. Kept and shown.
    #[n(6)]
    pub local_secret_ids: bool,
    /// What its tokens are like.
    #[n(7)]
    pub token: TokenParameters,
    /// The app of the role's name that it belongs to: the policies are the app's, and it goes with it.
    #[n(8)]
    pub app: Option<AppId>,
}

/// What is to be changed of a role; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppRoleChange {
    /// [`AppRole::role_id`]
    pub role_id: Option<String>,
    /// [`AppRole::bind_secret_id`]
    pub bind_secret_id: Option<bool>,
    /// [`AppRole::secret_id_bound_cidrs`]
    pub secret_id_bound_cidrs: Option<Vec<String>>,
    /// [`AppRole::secret_id_uses`]
    pub secret_id_uses: Option<u64>,
    /// [`AppRole::secret_id_ttl`]
    pub secret_id_ttl: Option<Seconds>,
    /// [`AppRole::local_secret_ids`]; only of a new role.
    pub local_secret_ids: Option<bool>,
    /// [`AppRole::token`]
    pub token: TokenParametersChange,
}

/// A role, or what of it has a path of its own below the role's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppRolePart {
    /// All of it.
    Whole,
    /// [`AppRole::role_id`]
    RoleId,
    /// The policies of its tokens.
    Policies,
    /// [`AppRole::secret_id_bound_cidrs`] by its older name.
    BoundCidrList,
    /// [`AppRole::secret_id_bound_cidrs`]
    SecretIdBoundCidrs,
    /// The networks of its tokens.
    TokenBoundCidrs,
    /// [`AppRole::bind_secret_id`]
    BindSecretId,
    /// [`AppRole::secret_id_uses`]
    SecretIdUses,
    /// [`AppRole::secret_id_ttl`]
    SecretIdTtl,
    /// How often its tokens can be used.
    TokenUses,
    /// How long its tokens live at first.
    TokenTtl,
    /// How long they live with all renewals.
    TokenMaxTtl,
    /// How long they live after each renewal.
    Period,
    /// [`AppRole::local_secret_ids`]
    LocalSecretIds,
}

impl AppRolePart {
    /// What stands behind the role's name in its path; nothing for all of it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::RoleId => "role-id",
            Self::Policies => "policies",
            Self::BoundCidrList => "bound-cidr-list",
            Self::SecretIdBoundCidrs => "secret-id-bound-cidrs",
            Self::TokenBoundCidrs => "token-bound-cidrs",
            Self::BindSecretId => "bind-secret-id",
            Self::SecretIdUses => "secret-id-num-uses",
            Self::SecretIdTtl => "secret-id-ttl",
            Self::TokenUses => "token-num-uses",
            Self::TokenTtl => "token-ttl",
            Self::TokenMaxTtl => "token-max-ttl",
            Self::Period => "period",
            Self::LocalSecretIds => "local-secret-ids",
        }
    }

    /// What of a change is of this part; `None` when nothing is.
    pub(super) fn only(self, change: AppRoleChange) -> Option<AppRoleChange> {
        let nothing = AppRoleChange::default;
        let token = |token: TokenParametersChange| AppRoleChange { token, ..nothing() };
        let AppRoleChange { token: asked, .. } = change;
        let part = match self {
            Self::Whole => {
                return Some(AppRoleChange { token: asked, ..change });
            }
            Self::LocalSecretIds => nothing(),
            Self::RoleId => AppRoleChange { role_id: change.role_id, ..nothing() },
            Self::BoundCidrList | Self::SecretIdBoundCidrs => {
                AppRoleChange { secret_id_bound_cidrs: change.secret_id_bound_cidrs, ..nothing() }
            }
            Self::BindSecretId => {
                AppRoleChange { bind_secret_id: change.bind_secret_id, ..nothing() }
            }
            Self::SecretIdUses => {
                AppRoleChange { secret_id_uses: change.secret_id_uses, ..nothing() }
            }
            Self::SecretIdTtl => AppRoleChange { secret_id_ttl: change.secret_id_ttl, ..nothing() },
            Self::Policies => {
                token(TokenParametersChange { policies: asked.policies, ..Default::default() })
            }
            Self::TokenBoundCidrs => token(TokenParametersChange {
                bound_cidrs: asked.bound_cidrs,
                ..Default::default()
            }),
            Self::TokenUses => {
                token(TokenParametersChange { uses: asked.uses, ..Default::default() })
            }
            Self::TokenTtl => token(TokenParametersChange { ttl: asked.ttl, ..Default::default() }),
            Self::TokenMaxTtl => {
                token(TokenParametersChange { max_ttl: asked.max_ttl, ..Default::default() })
            }
            Self::Period => {
                token(TokenParametersChange { period: asked.period, ..Default::default() })
            }
        };
        (part != nothing()).then_some(part)
    }

    /// The change that makes this part as it is in a new role; `None` for what cannot be.
    pub(super) fn reset(self) -> Option<AppRoleChange> {
        if matches!(self, Self::Whole | Self::RoleId | Self::LocalSecretIds) {
            return None;
        }
        let token = TokenParametersChange {
            ttl: Some(Seconds(0)),
            max_ttl: Some(Seconds(0)),
            policies: Some(Vec::new()),
            bound_cidrs: Some(Vec::new()),
            uses: Some(0),
            period: Some(Seconds(0)),
            ..Default::default()
        };
        self.only(AppRoleChange {
            bind_secret_id: Some(true),
            secret_id_bound_cidrs: Some(Vec::new()),
            secret_id_uses: Some(0),
            secret_id_ttl: Some(Seconds(0)),
            token,
            ..Default::default()
        })
    }
}

impl AppRole {
    /// A new role with nothing said.
    pub(super) fn new(key: RoleKey, role_id: String) -> Self {
        Self {
            key,
            role_id,
            bind_secret_id: true,
            secret_id_bound_cidrs: Vec::new(),
            secret_id_uses: 0,
            secret_id_ttl: Seconds(0),
            local_secret_ids: false,
            token: TokenParameters::default(),
            app: None,
        }
    }

    /// The role with a change.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub(super) fn changed(&self, change: &AppRoleChange, is_new: bool) -> Result<Self, Error> {
        let local = change.local_secret_ids.unwrap_or(self.local_secret_ids);
        if !is_new && local != self.local_secret_ids {
            return Err(Error::rule("local_secret_ids can only be modified during role creation"));
        }
        let networks = change.secret_id_bound_cidrs.as_ref();
        let role = Self {
            key: self.key,
            role_id: change.role_id.clone().unwrap_or_else(|| self.role_id.clone()),
            bind_secret_id: change.bind_secret_id.unwrap_or(self.bind_secret_id),
            secret_id_bound_cidrs: checked_networks(
                networks.unwrap_or(&self.secret_id_bound_cidrs),
            )?,
            secret_id_uses: change.secret_id_uses.unwrap_or(self.secret_id_uses),
            secret_id_ttl: change.secret_id_ttl.unwrap_or(self.secret_id_ttl),
            local_secret_ids: local,
            token: self.token.changed(&change.token)?,
            app: self.app,
        };
        if role.role_id.trim() != role.role_id {
            return Err(Error::rule("a role_id begins and ends with no white space"));
        }
        role.alias()?;
        let is_bound = role.bind_secret_id
            || !role.secret_id_bound_cidrs.is_empty()
            || !role.token.bound_cidrs.is_empty();
        if !is_bound {
            return Err(Error::rule("at least one constraint should be enabled on the role"));
        }
        Ok(role)
    }

    /// The name by which the mount knows who logs in by it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub(super) fn alias(&self) -> Result<AliasName, Error> {
        AliasName::new(&self.role_id, AliasCase::Sensitive)
            .map_err(|error| Error::rule(format!("invalid role_id: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_takes_of_a_change_what_is_its_own() {
        let change = AppRoleChange {
            bind_secret_id: Some(false),
            secret_id_ttl: Some(Seconds(5)),
            token: TokenParametersChange { ttl: Some(Seconds(7)), ..Default::default() },
            ..Default::default()
        };
        assert_eq!(AppRolePart::Whole.only(change.clone()), Some(change.clone()));
        let ttl = AppRolePart::TokenTtl.only(change.clone()).expect("is there");
        assert_eq!((ttl.token.ttl, ttl.bind_secret_id), (Some(Seconds(7)), None));
        assert_eq!(AppRolePart::Policies.only(change), None);
    }

    #[test]
    fn what_is_reset_is_as_in_a_new_role() {
        let new = AppRole::new(RoleKey::from_bytes([0; 16]), "id".into());
        for part in [AppRolePart::BindSecretId, AppRolePart::SecretIdTtl, AppRolePart::Policies] {
            let change = part.reset().expect("can be");
            assert_eq!(new.changed(&change, false).expect("is a role"), new);
        }
        assert_eq!(AppRolePart::RoleId.reset(), None);
    }

    #[test]
    fn a_role_without_a_secret_id_is_bound_to_networks() {
        let new = AppRole::new(RoleKey::from_bytes([0; 16]), "id".into());
        let free = AppRoleChange { bind_secret_id: Some(false), ..Default::default() };
        assert!(new.changed(&free, true).is_err());
        let cidrs = Some(vec!["10.0.0.0/8".to_owned()]);
        let bound = AppRoleChange { secret_id_bound_cidrs: cidrs.clone(), ..free.clone() };
        assert!(new.changed(&bound, true).is_ok());
        let token = TokenParametersChange { bound_cidrs: cidrs, ..Default::default() };
        assert!(new.changed(&AppRoleChange { token, ..free }, true).is_ok());
    }
}
