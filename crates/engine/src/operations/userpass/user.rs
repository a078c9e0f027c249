use strongroom_core::crypto::PasswordHash;
use strongroom_core::identifier::RoleKey;

use crate::login::TokenParameters;

/// Somebody who logs in with a password.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(super) struct User {
    /// Tells a user that is deleted and made again from the one before.
    #[n(0)]
    pub(super) key: RoleKey,
    #[n(1)]
    pub(super) password: PasswordHash,
    /// What its tokens are like.
    #[n(2)]
    pub(super) token: TokenParameters,
}

/// A user, or what of it has a path of its own below the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserPart {
    /// All of it.
    Whole,
    /// The password.
    Password,
    /// The policies of its tokens.
    Policies,
}

impl UserPart {
    /// What stands behind the user's name in its path; nothing for all of it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Password => "password",
            Self::Policies => "policies",
        }
    }
}
