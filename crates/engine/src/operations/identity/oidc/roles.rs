use strongroom_core::time::Seconds;
use strongroom_core::token::alphanumeric;
use strongroom_store::{Batch, PAGE_ENTRIES_MAX};

use super::keys::key;
use super::{IDENTITY, checked, template};
use crate::error::Error;
use crate::identity::Directory;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, List, Performed, Read};

/// How many roles there can be, which is also how many one answer lists.
pub const OIDC_ROLES_MAX: usize = 1_000;
/// Characters of a client id that is made.
const CLIENT_ID_CHARS: usize = 26;
/// The longest client id, in bytes.
const CLIENT_ID_BYTES_MAX: usize = 256;
/// Vault's default for how long tokens live: a day.
const TTL_DEFAULT: Seconds = Seconds(86_400);
const ROLES: &str = "oidc/role/";

/// What tokens by a role are like.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct OidcRole {
    /// The name of the key that signs them.
    #[n(0)]
    pub key: String,
    /// What they say besides who the entity is.
    #[n(1)]
    pub template: String,
    /// Who they are for.
    #[n(2)]
    pub client_id: String,
    /// How long they live.
    #[n(3)]
    pub ttl: Seconds,
}

/// What is written of a role; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OidcRoleChange {
    /// The name of the key, which need not be there yet.
    pub key: Option<String>,
    /// The template, as text or in base64.
    pub template: Option<String>,
    /// Who the tokens are for; a random text when a new role has none.
    pub client_id: Option<String>,
    /// How long tokens live.
    pub ttl: Option<Seconds>,
}

/// Make a role, or change one. Needs `create` or `update` on `identity/oidc/role/<name>`.
#[derive(Debug)]
pub struct WriteOidcRole {
    name: String,
    path: String,
    change: OidcRoleChange,
}

/// A role. Needs `read` on `identity/oidc/role/<name>`.
#[derive(Debug)]
pub struct ReadOidcRole {
    name: String,
    path: String,
}

/// Delete a role. Needs `delete` on `identity/oidc/role/<name>`.
#[derive(Debug)]
pub struct DeleteOidcRole {
    name: String,
    path: String,
}

/// The names of all roles. Needs `list` on `identity/oidc/role`.
#[derive(Debug)]
pub struct ListOidcRoles;

impl WriteOidcRole {
    /// The role of this name is to be so.
    #[must_use]
    pub fn new(name: &str, change: OidcRoleChange) -> Self {
        Self { name: name.to_owned(), path: path_of(name), change }
    }
}

impl ReadOidcRole {
    /// The role of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), path: path_of(name) }
    }
}

impl DeleteOidcRole {
    /// The role of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), path: path_of(name) }
    }
}

impl Operation for WriteOidcRole {
    type Answer = ();

    const NAME: &'static str = "oidc-role-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let record = format!("{ROLES}{}", self.name);
        let _proof = room.authorise_write_at(&self.path, IDENTITY, |mount| mount.holds(&record))?;
        let directory = room.directory()?;
        let found = role(&directory, checked(&self.name)?)?;
        if found.is_none()
            && directory.logical.all_names(ROLES, OIDC_ROLES_MAX)?.len() >= OIDC_ROLES_MAX
        {
            return Err(Error::rule(format!("there are {OIDC_ROLES_MAX} roles already")));
        }
        let new = self.role(room, found.as_ref().map(|found| &found.value))?;
        if let Some(key) = key(&directory, &new.key)?
            && new.ttl > key.value.periods().verification
        {
            return Err(Error::rule(
                "a role's token ttl cannot be longer than the verification_ttl of the key it \
                 references",
            ));
        }
        let mut batch = Batch::default();
        directory.logical.put(&mut batch, &record, &new, found.as_ref())?;
        Ok(Performed::change((), batch))
    }
}

impl WriteOidcRole {
    fn role(&self, room: &Room<'_>, before: Option<&OidcRole>) -> Result<OidcRole, Error> {
        let change = self.change.clone();
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let key = given(change.key).or(before.map(|role| role.key.clone()));
        let key = key.ok_or_else(|| Error::rule("the key parameter is required"))?;
        let client_id = given(change.client_id)
            .or(before.map(|role| role.client_id.clone()))
            .unwrap_or_else(|| alphanumeric(CLIENT_ID_CHARS, room.random));
        if client_id.len() > CLIENT_ID_BYTES_MAX || client_id.chars().any(char::is_control) {
            return Err(Error::rule(format!(
                "a client_id has at most {CLIENT_ID_BYTES_MAX} bytes, without control characters"
            )));
        }
        let template = match change.template {
            Some(text) => template::checked(&text)?,
            None => before.map(|role| role.template.clone()).unwrap_or_default(),
        };
        let ttl = change.ttl.or(before.map(|role| role.ttl)).unwrap_or(TTL_DEFAULT);
        if ttl.0 == 0 {
            return Err(Error::rule("ttl must be longer than 0"));
        }
        Ok(OidcRole { key: checked(&key)?.to_owned(), template, client_id, ttl })
    }
}

impl Operation for ReadOidcRole {
    type Answer = OidcRole;

    const NAME: &'static str = "oidc-role-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<OidcRole>, Error> {
        let _proof = room.authorise_at::<Read>(&self.path, IDENTITY)?;
        let found = role(&room.directory()?, checked(&self.name)?)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        Ok(Performed::read(found.value))
    }
}

impl Operation for DeleteOidcRole {
    type Answer = ();

    const NAME: &'static str = "oidc-role-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Delete>(&self.path, IDENTITY)?;
        let mut batch = Batch::default();
        let record = format!("{ROLES}{}", checked(&self.name)?);
        room.directory()?.logical.delete(&mut batch, &record)?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ListOidcRoles {
    type Answer = Vec<String>;

    const NAME: &'static str = "oidc-roles-list";

    fn subject(&self) -> Option<&str> {
        Some("identity/oidc/role")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let _proof = room.authorise_at::<List>("identity/oidc/role", IDENTITY)?;
        Ok(Performed::read(room.directory()?.logical.all_names(ROLES, OIDC_ROLES_MAX)?))
    }
}

/// The role of this name.
pub(super) fn role(
    directory: &Directory<'_>,
    name: &str,
) -> Result<Option<Stored<OidcRole>>, Error> {
    directory.logical.read(&format!("{ROLES}{name}"))
}

/// All roles with their names.
pub(super) fn roles(directory: &Directory<'_>) -> Result<Vec<(String, OidcRole)>, Error> {
    // They are at most a page.
    let limit = OIDC_ROLES_MAX.min(PAGE_ENTRIES_MAX);
    let (found, _) = directory.logical.records::<OidcRole>(ROLES, None, limit)?;
    Ok(found.into_iter().map(|(name, found)| (name, found.value)).collect())
}

fn path_of(name: &str) -> String {
    format!("identity/oidc/role/{name}")
}
