//! Identity tokens: what an entity is, signed for others to verify, under `identity/oidc/`
//! (<https://developer.hashicorp.com/vault/api-docs/secret/identity/tokens>).
//!
//! ```text
//! oidc/config          the issuer
//! oidc/key/<name>      NamedKey: what signs, what will, and what did
//! oidc/public/<name>   what is published of it
//! oidc/role/<name>     OidcRole: who the tokens are for, by which key, and what they say
//! ```
//! A key is followed by the next when its time is over: the token that is asked for then is signed by the next one, in
//! the commit that rotates.

mod config;
mod documents;
mod keys;
mod roles;
mod template;
mod tokens;

pub use config::{ReadOidcConfig, WriteOidcConfig};
pub use documents::{OidcProviderDocument, ReadOidcKeys, ReadOidcProvider};
pub use keys::{
    DeleteOidcKey, ListOidcKeys, OIDC_KEYS_MAX, OidcKeyChange, OidcKeyRead, ReadOidcKey,
    RotateOidcKey, WriteOidcKey,
};
pub use roles::{
    DeleteOidcRole, ListOidcRoles, OIDC_ROLES_MAX, OidcRole, OidcRoleChange, ReadOidcRole,
    WriteOidcRole,
};
pub use tokens::{IdentityToken, IntrospectOidcToken, IssueOidcToken};

use super::IDENTITY;
use super::rule;
use crate::error::Error;

/// The longest name of a key or role, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// What the issuer's address goes on with.
const ISSUER_PATH: &str = "/v1/identity/oidc";

/// A name as Vault's routes have them: letters, digits, `_`, and `-` and `.` within.
fn checked(name: &str) -> Result<&str, Error> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let ends = [name.bytes().next(), name.bytes().next_back()];
    let valid = name.len() <= NAME_BYTES_MAX
        && ends.into_iter().all(|end| end.is_some_and(is_word))
        && name.bytes().all(|byte| is_word(byte) || matches!(byte, b'-' | b'.'));
    if valid { Ok(name) } else { Err(Error::rule("the name is not allowed")) }
}
