//! The token store: tokens made, looked up, renewed and revoked under `auth/token/`, as Vault has it
//! (<https://developer.hashicorp.com/vault/api-docs/auth/token>).

mod create_root_token;
mod create_token;
mod list_accessors;
mod lookup_token;
mod renew_token;
mod revoke_token;
mod roles;

pub use create_root_token::CreateRootToken;
pub use create_token::{CreateToken, TokenParent, TokenRequest};
pub(crate) use create_token::{POLICIES_MAX, names, networks};
pub use list_accessors::ListAccessors;
pub use lookup_token::{LookupToken, TokenRead};
pub use renew_token::RenewToken;
pub use revoke_token::{CHILDREN_MAX, RevokeToken};
pub use roles::{DeleteTokenRole, ListTokenRoles, ReadTokenRole, TokenRole, WriteTokenRole};

use std::sync::Arc;

use strongroom_core::token::{PlainToken, Token, TokenHash};

use crate::error::Error;
use crate::mounts::MountKind;
use crate::records::Stored;
use crate::room::Room;

const TOKEN_STORE: &[MountKind] = &[MountKind::Token];

/// Which token is meant.
#[derive(Clone, Debug)]
pub enum TokenReference {
    /// The caller's own.
    Own,
    /// The one with this text.
    Text(Arc<PlainToken>),
    /// The one with this accessor.
    Accessor(String),
}

impl TokenReference {
    /// The token, if it is kept. The caller must have been authorised before.
    fn find(&self, room: &Room<'_>) -> Result<Option<(TokenHash, Stored<Token>)>, Error> {
        let hash = match self {
            Self::Own => room.bearer()?.hash,
            Self::Text(text) => room.token_hash(text)?,
            Self::Accessor(accessor) => return room.token_by_accessor(accessor),
        };
        Ok(room.token(hash)?.map(|token| (hash, token)))
    }

    /// What is said when there is none: as Vault, a bad token is no permission, a bad accessor a bad request.
    fn missing(&self) -> Error {
        match self {
            Self::Own | Self::Text(_) => Error::Unauthenticated("bad token".to_owned()),
            Self::Accessor(_) => Error::rule("invalid accessor"),
        }
    }
}
