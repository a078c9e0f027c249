use std::collections::BTreeSet;

use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::roles::roles;
use super::{IDENTITY, checked, rule};
use crate::error::Error;
use crate::identity::Directory;
use crate::jwt::{Algorithm, NamedKey, Periods, PublishedKey};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, List, Performed, Read, Write};

/// How many named keys there can be, which is also how many one answer lists.
pub const OIDC_KEYS_MAX: usize = 32;
/// The most clients that a key names.
const CLIENTS_MAX: usize = 256;
/// The longest client id, in bytes.
const CLIENT_BYTES_MAX: usize = 256;
const KEYS: &str = "oidc/key/";
const PUBLISHED: &str = "oidc/public/";

/// What is written of a key; what is `None` stays, or is as Vault has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OidcKeyChange {
    /// What new keys sign with, as RFC 7518 names it.
    pub algorithm: Option<String>,
    /// How long a key signs.
    pub rotation: Option<Seconds>,
    /// How long it verifies afterwards.
    pub verification: Option<Seconds>,
    /// The clients whose roles may use it; `*` is all.
    pub allowed_client_ids: Option<Vec<String>>,
}

/// A key as it is shown: nothing of its private half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcKeyRead {
    /// What it signs with.
    pub algorithm: Algorithm,
    /// How long keys sign and verify.
    pub periods: Periods,
    /// The clients whose roles may use it.
    pub allowed_client_ids: BTreeSet<String>,
}

/// Make a key, or change one. Needs `create` or `update` on `identity/oidc/key/<name>`.
#[derive(Debug)]
pub struct WriteOidcKey {
    name: String,
    path: String,
    change: OidcKeyChange,
}

/// A key. Needs `read` on `identity/oidc/key/<name>`.
#[derive(Debug)]
pub struct ReadOidcKey {
    name: String,
    path: String,
}

/// Delete a key that no role names. Needs `delete` on `identity/oidc/key/<name>`.
#[derive(Debug)]
pub struct DeleteOidcKey {
    name: String,
    path: String,
}

/// Let the next key sign from now on. Needs `update` on `identity/oidc/key/<name>/rotate`.
#[derive(Debug)]
pub struct RotateOidcKey {
    name: String,
    path: String,
    verification: Option<Seconds>,
}

/// The names of all keys. Needs `list` on `identity/oidc/key`.
#[derive(Debug)]
pub struct ListOidcKeys;

impl WriteOidcKey {
    /// The key of this name is to be so.
    #[must_use]
    pub fn new(name: &str, change: OidcKeyChange) -> Self {
        Self { name: name.to_owned(), path: path_of(name), change }
    }
}

impl ReadOidcKey {
    /// The key of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), path: path_of(name) }
    }
}

impl DeleteOidcKey {
    /// The key of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), path: path_of(name) }
    }
}

impl RotateOidcKey {
    /// The key of this name, the old one to verify for so long instead of its usual time.
    #[must_use]
    pub fn new(name: &str, verification: Option<Seconds>) -> Self {
        Self { name: name.to_owned(), path: format!("{}/rotate", path_of(name)), verification }
    }
}

impl Operation for WriteOidcKey {
    type Answer = ();

    const NAME: &'static str = "oidc-key-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let record = format!("{KEYS}{}", self.name);
        let _proof = room.authorise_write_at(&self.path, IDENTITY, |mount| mount.holds(&record))?;
        let directory = room.directory()?;
        let found = key(&directory, checked(&self.name)?)?;
        let clients = self.clients()?;
        let algorithm = self.change.algorithm.as_deref().filter(|name| !name.is_empty());
        let algorithm = algorithm.map(|name| Algorithm::named(name).map_err(rule)).transpose()?;
        let before = found.as_ref().map(|found| found.value.periods());
        let periods = Periods {
            rotation: self.change.rotation.or(before.map(|before| before.rotation)).unwrap_or(DAY),
            verification: self
                .change
                .verification
                .or(before.map(|before| before.verification))
                .unwrap_or(DAY),
        };
        let mut new = match &found {
            Some(found) => {
                let mut key = found.value.clone();
                let algorithm = algorithm.unwrap_or_else(|| key.algorithm());
                key.change(algorithm, periods, room.now, room.random).map_err(rule)?;
                key
            }
            None => {
                if directory.logical.all_names(KEYS, OIDC_KEYS_MAX)?.len() >= OIDC_KEYS_MAX {
                    return Err(Error::rule(format!("there are {OIDC_KEYS_MAX} keys already")));
                }
                let algorithm = algorithm.unwrap_or(Algorithm::Rs256);
                let none = BTreeSet::new();
                NamedKey::generate(algorithm, periods, none, room.now, room.random).map_err(rule)?
            }
        };
        if let Some(clients) = clients {
            new.allowed_client_ids = clients;
        }
        check_roles(&directory, &self.name, periods)?;
        let mut batch = Batch::default();
        keep(&directory, &mut batch, &self.name, &new, found.as_ref())?;
        Ok(Performed::change((), batch))
    }
}

/// Vault's default for both periods: a day.
const DAY: Seconds = Seconds(86_400);

impl WriteOidcKey {
    fn clients(&self) -> Result<Option<BTreeSet<String>>, Error> {
        let Some(clients) = &self.change.allowed_client_ids else { return Ok(None) };
        if clients.len() > CLIENTS_MAX || clients.iter().any(|id| id.len() > CLIENT_BYTES_MAX) {
            return Err(Error::rule(format!(
                "a key names at most {CLIENTS_MAX} clients, of at most {CLIENT_BYTES_MAX} bytes"
            )));
        }
        Ok(Some(clients.iter().filter(|id| !id.is_empty()).cloned().collect()))
    }
}

/// No role's tokens outlive the key that verifies them.
fn check_roles(directory: &Directory<'_>, name: &str, periods: Periods) -> Result<(), Error> {
    for (role_name, role) in roles(directory)? {
        if role.key == name && role.ttl > periods.verification {
            return Err(Error::rule(format!(
                "unable to update key {name:?} because it is currently referenced by role \
                 {role_name:?}, whose tokens live longer than its verification_ttl"
            )));
        }
    }
    Ok(())
}

impl Operation for ReadOidcKey {
    type Answer = OidcKeyRead;

    const NAME: &'static str = "oidc-key-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<OidcKeyRead>, Error> {
        let _proof = room.authorise_at::<Read>(&self.path, IDENTITY)?;
        let found = key(&room.directory()?, checked(&self.name)?)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?.value;
        Ok(Performed::read(OidcKeyRead {
            algorithm: found.algorithm(),
            periods: found.periods(),
            allowed_client_ids: found.allowed_client_ids.clone(),
        }))
    }
}

impl Operation for DeleteOidcKey {
    type Answer = ();

    const NAME: &'static str = "oidc-key-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Delete>(&self.path, IDENTITY)?;
        let directory = room.directory()?;
        let users = roles(&directory)?.into_iter().filter(|(_, role)| role.key == self.name);
        let users: Vec<String> = users.map(|(name, _)| name).collect();
        if !users.is_empty() {
            return Err(Error::rule(format!(
                "unable to delete key {:?} because it is currently referenced by these roles: {}",
                self.name,
                users.join(", ")
            )));
        }
        let mut batch = Batch::default();
        for folder in [KEYS, PUBLISHED] {
            directory.logical.delete(&mut batch, &format!("{folder}{}", checked(&self.name)?))?;
        }
        Ok(Performed::change((), batch))
    }
}

impl Operation for RotateOidcKey {
    type Answer = ();

    const NAME: &'static str = "oidc-key-rotate";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Write>(&self.path, IDENTITY)?;
        let directory = room.directory()?;
        let found = key(&directory, checked(&self.name)?)?;
        let found = found.ok_or_else(|| Error::rule("no named key found"))?;
        let longest = found.value.periods().verification;
        if self.verification.is_some_and(|time| time > longest) {
            return Err(Error::rule("verification_ttl cannot be longer than the key's own"));
        }
        let mut rotated = found.value.clone();
        rotated.rotate(room.now, self.verification, room.random).map_err(rule)?;
        let mut batch = Batch::default();
        keep(&directory, &mut batch, &self.name, &rotated, Some(&found))?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ListOidcKeys {
    type Answer = Vec<String>;

    const NAME: &'static str = "oidc-keys-list";

    fn subject(&self) -> Option<&str> {
        Some("identity/oidc/key")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let _proof = room.authorise_at::<List>("identity/oidc/key", IDENTITY)?;
        Ok(Performed::read(room.directory()?.logical.all_names(KEYS, OIDC_KEYS_MAX)?))
    }
}

/// The key of this name.
pub(super) fn key(
    directory: &Directory<'_>,
    name: &str,
) -> Result<Option<Stored<NamedKey>>, Error> {
    directory.logical.read(&format!("{KEYS}{name}"))
}

/// What verifies, of all keys.
pub(super) fn published(directory: &Directory<'_>) -> Result<Vec<PublishedKey>, Error> {
    let limit = OIDC_KEYS_MAX;
    let (found, _) = directory.logical.records::<Vec<PublishedKey>>(PUBLISHED, None, limit)?;
    Ok(found.into_iter().flat_map(|(_, found)| found.value).collect())
}

/// Write a key that is new or was changed, and what is published of it.
pub(super) fn keep(
    directory: &Directory<'_>,
    batch: &mut Batch,
    name: &str,
    key: &NamedKey,
    before: Option<&Stored<NamedKey>>,
) -> Result<(), Error> {
    let published = key.published().map_err(rule)?;
    directory.logical.put(batch, &format!("{KEYS}{name}"), key, before)?;
    directory.logical.overwrite(batch, &format!("{PUBLISHED}{name}"), &published)
}

fn path_of(name: &str) -> String {
    format!("identity/oidc/key/{name}")
}
