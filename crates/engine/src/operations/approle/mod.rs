//! Logins of programs with a role's id and a secret id, as Vault's AppRole has them
//! (<https://developer.hashicorp.com/vault/api-docs/auth/approle>).
//!
//! ```text
//! role/<name>                   AppRole
//! role-id/<hash>                the name of the role with this id
//! secret-id/<role key>/<hash>   RoleSecret, under the keyed hash of the secret id
//! accessor/<role key>/<hash>    the hash of the secret id with this accessor
//! ```
//! A secret id is shown once, when it is made. Secret ids and accessors lie below the key of their role, which a role
//! that is deleted and made again under its name has not: nothing of another role is within reach of an accessor.

mod login;
mod of_app;
mod role;
mod roles;
mod secret;
mod secrets;

pub use login::LoginAppRole;
pub(crate) use login::renewal;
pub use role::{AppRole, AppRoleChange, AppRolePart, ROLE_ID_BYTES_MAX};
pub use roles::{DeleteAppRole, ListAppRoles, ROLES_MAX, ReadAppRole, ResetAppRole, WriteAppRole};
pub use secret::{
    RoleSecret, SECRET_ID_BYTES_MAX, SECRET_IDS_MAX, SECRET_METADATA_MAX,
    SECRET_METADATA_TEXT_BYTES_MAX,
};
pub(crate) use secret::{end_secret_id, has_secret_id, remove_secret_ids};
pub use secrets::{
    CreateSecretId, CreatedSecretId, DestroySecretId, ListSecretIds, LookupSecretId,
    SecretIdReference, SecretIdRequest, TidySecretIds,
};

use crate::error::Error;
use crate::logical::Logical;
use crate::mounts::MountKind;
use crate::records::Stored;

const APPROLE: &[MountKind] = &[MountKind::AppRole];
/// What the paths of roles go through.
const FOLDER: &str = "role";

/// The role of a folded name, which must be there.
fn existing(mount: &Logical<'_>, name: &str) -> Result<Stored<AppRole>, Error> {
    let found = mount.read(&role_record(name))?;
    found.ok_or_else(|| Error::NotFound(format!("the role {name}")))
}

fn role_record(name: &str) -> String {
    format!("role/{name}")
}
