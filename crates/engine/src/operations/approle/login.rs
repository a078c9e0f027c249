use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::app::App;
use strongroom_core::identifier::{MountId, RoleKey};
use strongroom_core::secret::SecretValue;
use strongroom_core::token::Token;
use strongroom_store::Batch;

use super::role::AppRole;
use super::roles::index_record;
use super::secret::{RoleSecret, RoleSecrets, SECRET_ID_BYTES_MAX, hash};
use super::{APPROLE, ROLE_ID_BYTES_MAX, role_record};
use crate::apps::app_record;
use crate::error::Error;
use crate::logical::Logical;
use crate::login::{Login, LoginAlias, LoginIdentity, TokenParameters, are_within};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::Performed;

/// What a token's `login` names its role by.
const ROLE: &str = "role";
/// What a token's `login` names its role's key by.
const KEY: &str = "role_key";

/// Log in with a role's id and a secret id. Anybody may ask.
///
/// A login that fails is [`Error::Unauthenticated`], whatever was wrong; what it was is in the audit log only.
#[derive(Debug)]
pub struct LoginAppRole {
    path: String,
    role_id: SecretValue,
    secret_id: SecretValue,
}

/// The role that a login is by.
struct Found<'a> {
    mount: MountId,
    name: &'a str,
    role: &'a AppRole,
    app: Option<&'a App>,
}

impl LoginAppRole {
    /// With these at this mount; white space at their ends does not count.
    #[must_use]
    pub fn new(mount: &str, role_id: SecretValue, secret_id: SecretValue) -> Self {
        Self { path: format!("{mount}/login"), role_id, secret_id }
    }

    /// The role with the id that was shown. Where there is none the same is looked up.
    fn role(
        &self,
        room: &Room<'_>,
        mount: MountId,
    ) -> Result<Option<(String, Stored<AppRole>)>, Error> {
        let logical = room.logical_of(mount);
        let role_id = shown(&self.role_id, ROLE_ID_BYTES_MAX)?;
        let index = index_record(hash(room, "role-id", &mount.to_string(), role_id)?);
        let name: Option<Stored<String>> = logical.read(&index)?;
        let name = name.map(|name| name.value).unwrap_or_default();
        let role = logical.read(&role_record(if name.is_empty() { "-" } else { &name }))?;
        Ok(role.map(|role| (name, role)))
    }
}

impl Operation for LoginAppRole {
    type Answer = IssuedToken;

    const NAME: &'static str = "approle-login";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let mount = room.login_mount(&self.path, APPROLE)?.id;
        let found = self.role(room, mount)?;
        let key = found.as_ref().map(|(_, role)| role.value.key);
        let secrets = RoleSecrets::of(room, mount, key.unwrap_or(RoleKey::from_bytes([0; 16])));
        let hash = secrets.hash(shown(&self.secret_id, SECRET_ID_BYTES_MAX)?)?;
        let secret = secrets.find(hash)?;
        let (name, role) = found.ok_or_else(|| refused("no role has the role id"))?;
        let mut batch = Batch::default();
        room.logical_of(mount).keep(&mut batch, &role_record(&name), &role)?;
        let secret = check(room, &role.value, secret)
            .map_err(|reason| refused(&format!("the role {name}: {reason}")))?;
        let app = app_of(room, &mut batch, &name, &role.value)?;
        let found = Found { mount, name: &name, role: &role.value, app: app.as_ref() };
        let issued = self.issue(room, &mut batch, &found, secret.as_ref())?;
        let accessor = issued.token.accessor.to_string();
        let performed = match &secret {
            Some(secret) => {
                let accessor = secret.value.accessor.clone();
                secrets.count_use(&mut batch, hash, secret)?;
                Performed::change(issued, batch).naming("secret_id_accessor", accessor)
            }
            None => Performed::change(issued, batch),
        };
        Ok(performed.naming("role", name).naming("accessor", accessor))
    }
}

impl LoginAppRole {
    fn issue(
        &self,
        room: &Room<'_>,
        batch: &mut Batch,
        found: &Found<'_>,
        secret: Option<&Stored<RoleSecret>>,
    ) -> Result<IssuedToken, Error> {
        let Found { mount, name, role, app } = *found;
        let mut parameters = role.token.clone();
        let mut metadata = BTreeMap::new();
        if let Some(Stored { value: secret, .. }) = secret {
            metadata = secret.metadata.clone();
            if !secret.token_bound_cidrs.is_empty() {
                parameters.bound_cidrs = secret.token_bound_cidrs.clone();
            }
        }
        let role_name = BTreeMap::from([("role_name".to_owned(), name.to_owned())]);
        metadata.extend(role_name.clone());
        let login = Login {
            mount,
            path: &self.path,
            // All secret ids of a role share its entity: what one of them has noted does not speak for the others.
            who: match app {
                Some(app) => LoginIdentity::App(app),
                None => LoginIdentity::Alias(LoginAlias {
                    name: role.alias()?,
                    metadata: role_name,
                    groups: BTreeSet::new(),
                }),
            },
            display_name: "",
            metadata,
            parameters: &parameters,
            renewed_by: BTreeMap::from([
                (ROLE.to_owned(), name.to_owned()),
                (KEY.to_owned(), role.key.to_string()),
            ]),
        };
        room.issue_login(batch, login)
    }
}

/// The app that a role belongs to, which must be there and not be disabled.
fn app_of(
    room: &Room<'_>,
    batch: &mut Batch,
    name: &str,
    role: &AppRole,
) -> Result<Option<App>, Error> {
    let Some(id) = role.app else { return Ok(None) };
    let apps = room.apps()?;
    let found = apps.read(name)?.filter(|found| found.value.id == id);
    let found = found.ok_or_else(|| refused(&format!("the app {name} is gone")))?;
    if found.value.disabled {
        return Err(refused(&format!("the app {name} is disabled")));
    }
    apps.logical.keep(batch, &app_record(name), &found)?;
    Ok(Some(found.value))
}

/// Whether the secret id, if the role wants one, and the caller's address let them in; what is not right in words.
fn check(
    room: &Room<'_>,
    role: &AppRole,
    secret: Option<Stored<RoleSecret>>,
) -> Result<Option<Stored<RoleSecret>>, &'static str> {
    if !room.is_from(&role.secret_id_bound_cidrs) || !room.is_from(&role.token.bound_cidrs) {
        return Err("the login comes from outside the networks of the role");
    }
    if !role.bind_secret_id {
        return Ok(None);
    }
    let secret = secret.ok_or("the secret id is not one of its own, or has ended")?;
    // The role may have been narrowed since.
    let RoleSecret { bound_cidrs, token_bound_cidrs, .. } = &secret.value;
    let within = are_within(bound_cidrs, &role.secret_id_bound_cidrs)
        && are_within(token_bound_cidrs, &role.token.bound_cidrs);
    if !within {
        return Err("the networks of the secret id are not within those of the role");
    }
    if !room.is_from(bound_cidrs) {
        return Err("the login comes from outside the networks of the secret id");
    }
    Ok(Some(secret))
}

/// What a token is renewed by: its role as it is now.
pub(crate) fn renewal(room: &Room<'_>, token: &Token) -> Result<TokenParameters, Error> {
    let gone = || Error::rule("the role that the token was made by does not exist");
    let name = token.login.get(ROLE).ok_or_else(gone)?;
    let logical: Logical<'_> = room.logical_of(token.mount);
    let role: Stored<AppRole> = logical.read(&role_record(name))?.ok_or_else(gone)?;
    if token.login.get(KEY) != Some(&role.value.key.to_string()) {
        return Err(gone());
    }
    Ok(role.value.token)
}

fn shown(text: &SecretValue, bytes_max: usize) -> Result<&[u8], Error> {
    let bytes = text.expose().trim_ascii();
    if bytes.len() > bytes_max {
        return Err(refused("an id is longer than one can be"));
    }
    Ok(bytes)
}

fn refused(reason: &str) -> Error {
    Error::Unauthenticated(reason.to_owned())
}
