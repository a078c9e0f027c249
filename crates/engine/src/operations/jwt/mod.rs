//! Logins with a token that somebody else signed, as Vault's JWT and OIDC methods have them
//! (<https://developer.hashicorp.com/vault/api-docs/auth/jwt>).
//!
//! ```text
//! config             JwtConfig: whose tokens are taken
//! role/<name>        JwtRole: which of them, and what the tokens of their bearers are like
//! pending/<hash>     PendingLogin: a login by browser that has begun, under the hash of its state
//! ```
//! What is read from the network comes through the engine's [`Fetch`](crate::jwt::Fetch), while no lock is held: an
//! issuer may be this server itself.

mod change_role;
mod config;
mod login;
mod oidc;
mod role;
mod roles;
mod source;

pub use change_role::JwtRoleChange;
pub use config::{JwtConfig, JwtConfigFields, ReadJwtConfig, WriteJwtConfig};
pub use login::LoginJwt;
pub(crate) use login::{SignedLogin, log_in, renewal};
pub(crate) use oidc::forget_login;
pub use oidc::{
    CODES_KEPT_MAX, FinishOidcLogin, OidcCode, PutOidcCode, StartOidcLogin, TakeOidcLogin,
    TakenOidcLogin,
};
pub use role::{JwtRole, JwtRoleKind};
pub use roles::{DeleteJwtRole, JWT_ROLES_MAX, ListJwtRoles, ReadJwtRole, WriteJwtRole};
pub(crate) use source::JwtSources;

use crate::error::Error;
use crate::logical::Logical;
use crate::mounts::MountKind;
use crate::records::Stored;

const JWT: &[MountKind] = &[MountKind::Jwt, MountKind::Oidc];
const CONFIG: &str = "config";

fn role_record(name: &str) -> String {
    format!("role/{name}")
}

/// The configuration that a login goes by.
fn configured(mount: &Logical<'_>) -> Result<Stored<JwtConfig>, Error> {
    mount.read(CONFIG)?.ok_or_else(|| Error::rule("could not load configuration"))
}

fn rule(error: impl std::fmt::Display) -> Error {
    Error::rule(error.to_string())
}
