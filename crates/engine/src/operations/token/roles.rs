use strongroom_core::glob;
use strongroom_core::identity::{AliasCase, AliasName};
use strongroom_core::time::Seconds;
use strongroom_core::token::TokenKind;
use strongroom_store::Batch;

use super::TOKEN_STORE;
use super::create_token::{names, networks};
use crate::error::Error;
use crate::logical::Logical;
use crate::mounts;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, List, Performed, Read};

/// How many token roles there can be, which is also how many one answer lists.
const ROLES_MAX: usize = 1_000;

/// What tokens that are made by a role are like. A zero says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct TokenRole {
    /// Policies that its tokens may have; with the globs, all of them when both are empty.
    #[n(0)]
    pub allowed_policies: Vec<String>,
    /// Policies that its tokens may not have.
    #[n(1)]
    pub disallowed_policies: Vec<String>,
    /// The same with `*`.
    #[n(2)]
    pub allowed_policies_glob: Vec<String>,
    /// The same with `*`.
    #[n(3)]
    pub disallowed_policies_glob: Vec<String>,
    /// Whether its tokens have no parent.
    #[n(4)]
    pub orphan: bool,
    /// How long after each renewal.
    #[n(5)]
    pub period: Seconds,
    /// How long in all.
    #[n(6)]
    pub explicit_max: Seconds,
    /// Whether its tokens can be renewed.
    #[n(7)]
    pub renewable: bool,
    /// What stands behind the path of its tokens.
    #[n(8)]
    pub path_suffix: Option<String>,
    /// The networks that its tokens may be used from.
    #[n(9)]
    pub bound_cidrs: Vec<String>,
    /// What its tokens are; as asked when `None`.
    #[n(10)]
    pub token_kind: Option<TokenKind>,
    /// How often its tokens can be used.
    #[n(11)]
    pub uses: u64,
    /// Whether its tokens have no `default` policy.
    #[n(12)]
    pub without_default_policy: bool,
    /// The names of entities' aliases at the token mount that a caller may give tokens, with `*`, in small letters.
    #[n(13)]
    pub allowed_entity_aliases: Vec<String>,
}

impl TokenRole {
    pub(super) fn limits_policies(&self) -> bool {
        !self.allowed_policies.is_empty()
            || !self.allowed_policies_glob.is_empty()
            || !self.disallowed_policies.is_empty()
            || !self.disallowed_policies_glob.is_empty()
    }

    /// That every policy is allowed and none disallowed.
    pub(super) fn check_policies(&self, wanted: &[String]) -> Result<(), Error> {
        let by_glob =
            |globs: &[String], name: &str| globs.iter().any(|glob| glob::matches(glob, name));
        let unlimited = self.allowed_policies.is_empty() && self.allowed_policies_glob.is_empty();
        for name in wanted {
            let allowed = unlimited
                || name == "default"
                || self.allowed_policies.contains(name)
                || by_glob(&self.allowed_policies_glob, name);
            let disallowed = name == "root" && unlimited
                || self.disallowed_policies.contains(name)
                || by_glob(&self.disallowed_policies_glob, name);
            if !allowed || disallowed {
                let rule = format!("token policy {name:?} is not allowed by this role");
                return Err(Error::rule(rule));
            }
        }
        Ok(())
    }

    /// The name of the alias that a caller asks for, in the one form that aliases of the token mount have.
    pub(super) fn alias(&self, asked: &str) -> Result<AliasName, Error> {
        let allowed = |name: &AliasName| {
            self.allowed_entity_aliases.iter().any(|glob| glob::matches(glob, name.as_str()))
        };
        let name = AliasName::new(asked, AliasCase::Insensitive).ok().filter(allowed);
        name.ok_or_else(|| Error::rule("invalid 'entity_alias' value"))
    }
}

/// Write a token role. Needs `create` or `update` on `auth/token/roles/<name>`.
#[derive(Debug)]
pub struct WriteTokenRole {
    path: String,
    name: String,
    role: TokenRole,
}

/// A token role. Needs `read` on `auth/token/roles/<name>`.
#[derive(Debug)]
pub struct ReadTokenRole {
    path: String,
    name: String,
}

/// Delete a token role; its tokens stay. Needs `delete` on `auth/token/roles/<name>`.
#[derive(Debug)]
pub struct DeleteTokenRole {
    path: String,
    name: String,
}

/// The names of all token roles. Needs `list` on `auth/token/roles`.
#[derive(Debug)]
pub struct ListTokenRoles;

impl WriteTokenRole {
    /// The role of this name is to be so.
    #[must_use]
    pub fn new(name: &str, role: TokenRole) -> Self {
        Self { path: path_of(name), name: name.to_owned(), role }
    }
}

impl ReadTokenRole {
    /// The role of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { path: path_of(name), name: name.to_owned() }
    }
}

impl DeleteTokenRole {
    /// The role of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { path: path_of(name), name: name.to_owned() }
    }
}

impl Operation for WriteTokenRole {
    type Answer = ();

    const NAME: &'static str = "token-role-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let record = record_name(&self.name);
        let proof =
            room.authorise_write_at(&self.path, TOKEN_STORE, |roles| roles.holds(&record))?;
        let roles = room.logical(&proof);
        let (known, more) = roles.names("roles/", None, ROLES_MAX)?;
        if more || known.len() == ROLES_MAX && !known.contains(&self.name) {
            return Err(Error::rule(format!("there are {ROLES_MAX} token roles already")));
        }
        let mut role = self.role.clone();
        role.allowed_policies = names(&role.allowed_policies)?;
        role.disallowed_policies = names(&role.disallowed_policies)?;
        role.bound_cidrs = networks(&role.bound_cidrs)?;
        for alias in &mut role.allowed_entity_aliases {
            *alias = alias.to_lowercase();
        }
        let periodic_batch = role.token_kind == Some(TokenKind::Batch)
            && (role.period.0 > 0 || role.explicit_max.0 > 0);
        if periodic_batch {
            return Err(Error::rule(
                "batch tokens can be neither periodic nor have an explicit maximum",
            ));
        }
        let mut batch = Batch::default();
        roles.overwrite(&mut batch, &record, &role)?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ReadTokenRole {
    type Answer = TokenRole;

    const NAME: &'static str = "token-role-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<TokenRole>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, TOKEN_STORE)?;
        let found = room.logical(&proof).read(&record_name(&self.name))?;
        let found: Stored<TokenRole> =
            found.ok_or_else(|| Error::NotFound(format!("the token role {}", self.name)))?;
        Ok(Performed::read(found.value))
    }
}

impl Operation for DeleteTokenRole {
    type Answer = ();

    const NAME: &'static str = "token-role-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_at::<Delete>(&self.path, TOKEN_STORE)?;
        let mut batch = Batch::default();
        room.logical(&proof).delete(&mut batch, &record_name(&self.name))?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ListTokenRoles {
    type Answer = Vec<String>;

    const NAME: &'static str = "token-roles-list";

    fn subject(&self) -> Option<&str> {
        Some("auth/token/roles")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let proof = room.authorise_at::<List>("auth/token/roles", TOKEN_STORE)?;
        let (names, _) = room.logical(&proof).names("roles/", None, ROLES_MAX)?;
        Ok(Performed::read(names))
    }
}

/// A role for making a token by it, once the caller may use it.
pub(super) fn role_record(room: &Room<'_>, name: &str) -> Result<TokenRole, Error> {
    let roles: Logical<'_> = room.logical_of(mounts::fixed(mounts::TOKEN));
    let found: Option<Stored<TokenRole>> = roles.read(&record_name(name))?;
    found.map(|found| found.value).ok_or_else(|| Error::rule(format!("unknown role {name}")))
}

fn path_of(name: &str) -> String {
    format!("auth/token/roles/{name}")
}

fn record_name(name: &str) -> String {
    format!("roles/{name}")
}
