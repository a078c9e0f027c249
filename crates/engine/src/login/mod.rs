//! Logins: what an auth method makes of somebody whom it knows, the same for every method.
//!
//! A method decides who asks. What the token is then like is said by the parameters of its role or user
//! (<https://developer.hashicorp.com/vault/api-docs/auth/token>, `token_*`), the mount and the server. The token, its
//! entity and whatever the method counts are one commit.

mod guard;
mod named;

pub(crate) use guard::PasswordGuard;
pub use guard::{HASHES_RUNNING_MAX, HASHES_WAITING_MAX, LOCKOUT_FAILURES, LOCKOUT_SPAN};
pub use named::LOGIN_NAME_BYTES_MAX;
pub(crate) use named::NamedPath;

use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::app::App;
use strongroom_core::identifier::MountId;
use strongroom_core::identity::AliasName;
use strongroom_core::policy::Capability;
use strongroom_core::time::Seconds;
use strongroom_core::token::{
    Accessor, AskedLifetime, Lifetime, Token, TokenKind, TtlLimits, is_within, network,
};
use strongroom_store::Batch;

use crate::apps;
use crate::error::{Error, InvalidRequest};
use crate::identity::Attach;
use crate::mounts::{Mount, MountKind};
use crate::operations::token::{POLICIES_MAX, names, networks};
use crate::operations::{approle, jwt, userpass};
use crate::room::Room;
use crate::tokens::IssuedToken;

/// The most networks that one role or user is bound to.
pub const NETWORKS_MAX: usize = 128;

/// What the paths of logins begin with in their mounts.
const LOGIN_WORDS: &[&str] = &["login", "oidc"];

/// What the tokens of a role or a user are like. A zero says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct TokenParameters {
    /// How long a token lives at first, and after a renewal that does not say.
    #[n(0)]
    pub ttl: Seconds,
    /// How long it lives with all renewals; a change counts for tokens that are there.
    #[n(1)]
    pub max_ttl: Seconds,
    /// Names of its policies; `default` comes on top.
    #[n(2)]
    pub policies: Vec<String>,
    /// The networks that it may be got and used from; every one when empty.
    #[n(3)]
    pub bound_cidrs: Vec<String>,
    /// How long it lives with all renewals; fixed when it is made.
    #[n(4)]
    pub explicit_max: Seconds,
    /// Leave `default` out.
    #[n(5)]
    pub without_default_policy: bool,
    /// How often it can be used.
    #[n(6)]
    pub uses: u64,
    /// How long it lives after each renewal, without an end.
    #[n(7)]
    pub period: Seconds,
    /// How it is kept.
    #[n(8)]
    pub kind: LoginTokenKind,
}

/// What is to be changed of [`TokenParameters`]; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenParametersChange {
    /// [`TokenParameters::ttl`]
    pub ttl: Option<Seconds>,
    /// [`TokenParameters::max_ttl`]
    pub max_ttl: Option<Seconds>,
    /// [`TokenParameters::policies`]
    pub policies: Option<Vec<String>>,
    /// [`TokenParameters::bound_cidrs`]
    pub bound_cidrs: Option<Vec<String>>,
    /// [`TokenParameters::explicit_max`]
    pub explicit_max: Option<Seconds>,
    /// [`TokenParameters::without_default_policy`]
    pub without_default_policy: Option<bool>,
    /// [`TokenParameters::uses`]
    pub uses: Option<u64>,
    /// [`TokenParameters::period`]
    pub period: Option<Seconds>,
    /// [`TokenParameters::kind`]
    pub kind: Option<LoginTokenKind>,
}

/// How the tokens of logins are kept, by a role's or a mount's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum LoginTokenKind {
    /// As the mount says.
    #[default]
    #[n(0)]
    Default,
    /// As records.
    #[n(1)]
    Service,
    /// In their own text.
    #[n(2)]
    Batch,
    /// As records, unless the mount says otherwise.
    #[n(3)]
    DefaultService,
    /// In their own text, unless the mount says otherwise.
    #[n(4)]
    DefaultBatch,
}

/// Somebody whom an auth method knows.
pub(crate) struct Login<'a> {
    /// The auth mount.
    pub(crate) mount: MountId,
    /// The path that was asked.
    pub(crate) path: &'a str,
    /// Who it is.
    pub(crate) who: LoginIdentity<'a>,
    /// What the token is called, behind the mount's name; nothing when empty.
    pub(crate) display_name: &'a str,
    /// What is noted on the token.
    pub(crate) metadata: BTreeMap<String, String>,
    /// What the role or user says of its tokens.
    pub(crate) parameters: &'a TokenParameters,
    /// What the method needs to renew the token.
    pub(crate) renewed_by: BTreeMap<String, String>,
}

/// Who logs in.
pub(crate) enum LoginIdentity<'a> {
    /// Whoever the mount knows by this: the entity with that alias.
    Alias(LoginAlias),
    /// An app, by its role.
    App(&'a App),
}

/// What an auth mount knows somebody by.
pub(crate) struct LoginAlias {
    /// The name, made with the case of the mount's kind.
    pub(crate) name: AliasName,
    /// What the method notes about them, for templates of policies.
    pub(crate) metadata: BTreeMap<String, String>,
    /// The names of the mount's groups that they are in; they leave the others.
    pub(crate) groups: BTreeSet<AliasName>,
}

/// What an auth method says when a token of it is to be renewed: the parameters of its role or user as they are now.
///
/// # Errors
/// [`Error::InvalidRequest`] when the role or user is gone, or no longer what the token was made by.
type Renewal = fn(&Room<'_>, &Token) -> Result<TokenParameters, Error>;

/// The methods whose tokens are renewed by a role or user.
const RENEWALS: &[(MountKind, Renewal)] = &[
    (MountKind::AppRole, approle::renewal),
    (MountKind::Jwt, jwt::renewal),
    (MountKind::Oidc, jwt::renewal),
    (MountKind::Userpass, userpass::renewal),
];

impl LoginTokenKind {
    const WORDS: &[(Self, &'static str)] = &[
        (Self::Default, "default"),
        (Self::Service, "service"),
        (Self::Batch, "batch"),
        (Self::DefaultService, "default-service"),
        (Self::DefaultBatch, "default-batch"),
    ];

    /// Its word at the Vault door.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(kind, _)| *kind == self).map_or("default", |(_, word)| word)
    }

    /// The kind that a word of the Vault door names; nothing said is [`Self::Default`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        if word.is_empty() {
            return Some(Self::Default);
        }
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }

    /// What a token of this role or user is where the mount says `mount`. The mount's word decides where it is a
    /// firm one, else the role's, and the mount's default where the role says none.
    #[must_use]
    pub fn within(self, mount: Self) -> TokenKind {
        let is_batch = match mount {
            Self::Service => false,
            Self::Batch => true,
            Self::Default | Self::DefaultService => {
                matches!(self, Self::Batch | Self::DefaultBatch)
            }
            Self::DefaultBatch => !matches!(self, Self::Service | Self::DefaultService),
        };
        if is_batch { TokenKind::Batch } else { TokenKind::Service }
    }
}

impl TokenParameters {
    /// These parameters with a change, as they are kept.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub(crate) fn changed(&self, change: &TokenParametersChange) -> Result<Self, Error> {
        let change = change.clone();
        let before = self.clone();
        Self {
            ttl: change.ttl.unwrap_or(before.ttl),
            max_ttl: change.max_ttl.unwrap_or(before.max_ttl),
            policies: change.policies.unwrap_or(before.policies),
            bound_cidrs: change.bound_cidrs.unwrap_or(before.bound_cidrs),
            explicit_max: change.explicit_max.unwrap_or(before.explicit_max),
            without_default_policy: change
                .without_default_policy
                .unwrap_or(before.without_default_policy),
            uses: change.uses.unwrap_or(before.uses),
            period: change.period.unwrap_or(before.period),
            kind: change.kind.unwrap_or(before.kind),
        }
        .checked()
    }

    /// The parameters as they are kept: policies' names in their one form, everything within its limits.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub(crate) fn checked(mut self) -> Result<Self, Error> {
        self.policies = names(&self.policies)?;
        self.policies.sort();
        self.policies.dedup();
        if self.policies.iter().any(|policy| policy == "root") {
            return Err(Error::rule("auth methods cannot create root tokens"));
        }
        if self.policies.len() > POLICIES_MAX {
            return Err(Error::rule(format!("a token has at most {POLICIES_MAX} policies")));
        }
        self.bound_cidrs = checked_networks(&self.bound_cidrs)?;
        if self.max_ttl.0 > 0 && self.ttl > self.max_ttl {
            return Err(Error::rule("'token_ttl' cannot be greater than 'token_max_ttl'"));
        }
        let is_batch = matches!(self.kind, LoginTokenKind::Batch | LoginTokenKind::DefaultBatch);
        if is_batch {
            self.check_batch()?;
        }
        Ok(self)
    }

    /// The same for a token that is a record, lives no longer than this, and is not renewed.
    pub(crate) fn bound(&mut self, span: Seconds) {
        let longest = [span, self.max_ttl, self.explicit_max];
        let longest = longest.into_iter().filter(|span| span.0 > 0).min().unwrap_or(span);
        (self.ttl, self.explicit_max, self.period) = (longest, longest, Seconds(0));
        self.kind = LoginTokenKind::Service;
    }

    fn check_batch(&self) -> Result<(), Error> {
        if self.period.0 > 0 {
            return Err(Error::rule("batch tokens cannot be periodic"));
        }
        if self.uses > 0 {
            return Err(Error::rule("batch tokens cannot have a limited number of uses"));
        }
        Ok(())
    }

    /// The limits of a mount, and of these parameters within them.
    fn limits(&self, limits: TtlLimits) -> TtlLimits {
        let max = match self.max_ttl {
            Seconds(0) => limits.max,
            max => max.min(limits.max),
        };
        TtlLimits { default: limits.default.min(max), max }
    }
}

/// Whether every address of the first networks is one of the second, or there are no second.
pub(crate) fn are_within(inner: &[String], outer: &[String]) -> bool {
    let outside = |text: &String| {
        let inner = network(text);
        !outer
            .iter()
            .filter_map(|text| network(text))
            .any(|outer| inner.is_some_and(|inner| outer.contains(&inner)))
    };
    outer.is_empty() || !inner.iter().any(outside)
}

/// Networks, each checked, and not too many.
///
/// # Errors
/// [`Error::InvalidRequest`]
pub(crate) fn checked_networks(written: &[String]) -> Result<Vec<String>, Error> {
    if written.len() > NETWORKS_MAX {
        return Err(Error::rule(format!("at most {NETWORKS_MAX} networks can be given")));
    }
    networks(written)
}

impl Room<'_> {
    /// The auth mount of one of these kinds that serves a login's path. Nobody is known yet, so nothing is authorised.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where there is none, whatever there is.
    pub(crate) fn login_mount(&self, path: &str, kinds: &[MountKind]) -> Result<&Mount, Error> {
        let found = self.mounts.resolve(path).ok().filter(|(_, mount, rest)| {
            let first = rest.split('/').next().unwrap_or_default();
            kinds.contains(&mount.kind) && LOGIN_WORDS.contains(&first)
        });
        let reason = "no login of this sort is there".to_owned();
        let denied = || self.denied(path, Capability::Update, reason, None);
        found.map(|(_, mount, _)| mount).ok_or_else(denied)
    }

    /// Whether the request came from one of the networks, or there are none.
    pub(crate) fn is_from(&self, networks: &[String]) -> bool {
        is_within(networks, self.request.source)
    }

    /// Let somebody in: their token, which has no parent and is never a root token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] from outside the networks of the parameters; [`Error::InvalidRequest`] when they
    /// and the mount say what no token can be.
    pub(crate) fn issue_login(
        &self,
        batch: &mut Batch,
        login: Login<'_>,
    ) -> Result<IssuedToken, Error> {
        let Login { parameters, .. } = login;
        let found = self.mounts.by_id(login.mount);
        let (mount_path, mount) =
            found.ok_or_else(|| Error::from(InvalidRequest::NoMount(login.path.to_owned())))?;
        if !self.is_from(&parameters.bound_cidrs) {
            let reason = "the login comes from outside the networks that it is bound to";
            return Err(Error::Unauthenticated(reason.to_owned()));
        }
        let kind = parameters.kind.within(mount.login_token_kind());
        if kind == TokenKind::Batch {
            parameters.check_batch()?;
        }
        let mut policies = parameters.policies.clone();
        if !parameters.without_default_policy {
            policies.push("default".to_owned());
        }
        let mut renewed_by = login.renewed_by;
        let (entity, display_name) = match login.who {
            LoginIdentity::Alias(LoginAlias { name, metadata, groups }) => {
                let attach = Attach { mount, name, metadata, groups };
                let entity = self.attach(batch, attach)?;
                (entity, display_name(mount_path.as_str(), login.display_name))
            }
            LoginIdentity::App(app) => {
                renewed_by.extend(apps::noted(app));
                (app.entity, app.principal())
            }
        };
        let limits = mount.ttl_limits(self.ttl_limits);
        let token = Token {
            accessor: Accessor::generate(self.random),
            kind,
            policies,
            display_name,
            metadata: login.metadata,
            path: login.path.to_owned(),
            mount: login.mount,
            lifetime: Lifetime::begin(
                AskedLifetime {
                    ttl: parameters.ttl,
                    explicit_max: parameters.explicit_max,
                    period: parameters.period.min(limits.max),
                },
                parameters.limits(limits),
                kind != TokenKind::Batch,
                self.now,
            ),
            uses_left: (parameters.uses > 0).then_some(parameters.uses),
            parent: None,
            entity: Some(entity.to_string()),
            bound_cidrs: parameters.bound_cidrs.clone(),
            role: None,
            wraps: None,
            login: renewed_by,
        };
        let issued = self.issue(batch, token, None)?;
        let mut policies = issued.token.policies.iter().chain(&issued.identity_policies);
        if policies.any(|policy| policy == "root") {
            return Err(Error::rule("auth methods cannot create root tokens"));
        }
        Ok(issued)
    }

    /// Renew a token by what its auth method says now, or by what it was made with when no role or user made it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub(crate) fn renew_lifetime(
        &self,
        token: &mut Token,
        increment: Seconds,
    ) -> Result<(), Error> {
        let mount = self.mounts.by_id(token.mount).map(|(_, mount)| mount);
        let limits = mount.map_or(self.ttl_limits, |mount| mount.ttl_limits(self.ttl_limits));
        let renewal = mount.and_then(|mount| {
            RENEWALS.iter().find(|(kind, _)| *kind == mount.kind).map(|(_, renewal)| renewal)
        });
        let (limits, increment) = match renewal {
            None => (limits, increment),
            Some(renewal) => {
                let parameters = renewal(self, token)?;
                token.lifetime.period = parameters.period.min(limits.max);
                let limits = parameters.limits(limits);
                let wanted = [increment, parameters.ttl, limits.default];
                let wanted = wanted.into_iter().find(|span| span.0 > 0).unwrap_or_default();
                (limits, wanted)
            }
        };
        token
            .lifetime
            .renew(increment, limits, self.now)
            .map_err(|error| Error::rule(error.to_string()))
    }
}

impl Mount {
    /// What the mount was tuned to say of its logins' tokens.
    fn login_token_kind(&self) -> LoginTokenKind {
        let word = self.settings.token_type.as_deref().unwrap_or_default();
        LoginTokenKind::from_word(word).unwrap_or_default()
    }
}

/// `auth/team/ldap` and `mary` are `team-ldap-mary`, as Vault names a login's token.
fn display_name(mount_path: &str, name: &str) -> String {
    let source = mount_path.strip_prefix("auth/").unwrap_or(mount_path).replace('/', "-");
    if name.is_empty() { source } else { format!("{source}-{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_firm_word_of_the_mount_decides_and_else_the_roles() {
        use LoginTokenKind::{Batch, Default, DefaultBatch, DefaultService, Service};
        let batch = |role: LoginTokenKind, mount| role.within(mount) == TokenKind::Batch;
        for role in [Default, Service, Batch, DefaultService, DefaultBatch] {
            assert!(batch(role, Batch) && !batch(role, Service));
            assert_eq!(batch(role, Default), matches!(role, Batch | DefaultBatch), "{role:?}");
            assert_eq!(batch(role, DefaultService), batch(role, Default));
            assert_eq!(batch(role, DefaultBatch), !matches!(role, Service | DefaultService));
            assert_eq!(LoginTokenKind::from_word(role.word()), Some(role));
        }
        assert_eq!(LoginTokenKind::from_word("other"), None);
    }

    #[test]
    fn parameters_that_contradict_each_other_are_refused() {
        let refused = |parameters: TokenParameters| parameters.checked().is_err();
        let base = TokenParameters::default;
        assert!(refused(TokenParameters { ttl: Seconds(2), max_ttl: Seconds(1), ..base() }));
        assert!(!refused(TokenParameters { ttl: Seconds(2), max_ttl: Seconds(2), ..base() }));
        for kind in [LoginTokenKind::Batch, LoginTokenKind::DefaultBatch] {
            assert!(refused(TokenParameters { kind, uses: 1, ..base() }));
            assert!(refused(TokenParameters { kind, period: Seconds(1), ..base() }));
            assert!(!refused(TokenParameters { kind, ..base() }));
        }
        for root in ["root", " ROOT "] {
            assert!(refused(TokenParameters { policies: vec![root.into()], ..base() }));
        }
        for cidr in ["10.0.0.0/33", "localhost", ""] {
            assert!(refused(TokenParameters { bound_cidrs: vec![cidr.into()], ..base() }));
        }
        let networks =
            |count| TokenParameters { bound_cidrs: vec!["10.0.0.0/8".into(); count], ..base() };
        assert!(!refused(networks(NETWORKS_MAX)) && refused(networks(NETWORKS_MAX + 1)));
    }

    #[test]
    fn networks_are_within_others_whole_or_not() {
        let within = |inner: &[&str], outer: &[&str]| {
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let (inner, outer): (Vec<String>, Vec<String>) = (owned(inner), owned(outer));
            are_within(&inner, &outer)
        };
        assert!(within(&["10.1.0.0/16", "127.0.0.1"], &["10.0.0.0/8", "127.0.0.1/32"]));
        assert!(within(&["10.1.0.0/16"], &[]) && within(&[], &["10.0.0.0/8"]));
        assert!(!within(&["10.0.0.0/8"], &["10.1.0.0/16"]));
        assert!(!within(&["10.1.0.0/16", "11.0.0.1"], &["10.0.0.0/8"]));
        assert!(!within(&["nonsense"], &["0.0.0.0/0"]));
    }

    #[test]
    fn a_token_is_named_by_its_mount_and_its_owner() {
        assert_eq!(display_name("auth/approle", ""), "approle");
        assert_eq!(display_name("auth/team/users", "mary"), "team-users-mary");
    }
}
