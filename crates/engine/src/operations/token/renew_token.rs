use strongroom_core::time::Seconds;
use strongroom_core::token::Token;
use strongroom_store::Batch;

use super::{TOKEN_STORE, TokenReference};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Renew a token for `increment` from now, or for what it was made for when that is 0. Needs `update` on
/// `auth/token/renew-self`, `auth/token/renew` or `auth/token/renew-accessor`.
#[derive(Debug)]
pub struct RenewToken {
    /// Which.
    pub which: TokenReference,
    /// For how long.
    pub increment: Seconds,
}

impl Operation for RenewToken {
    /// The token as it is now.
    type Answer = Token;

    const NAME: &'static str = "token-renew";

    fn subject(&self) -> Option<&str> {
        Some(match self.which {
            TokenReference::Own => "auth/token/renew-self",
            TokenReference::Text(_) => "auth/token/renew",
            TokenReference::Accessor(_) => "auth/token/renew-accessor",
        })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Token>, Error> {
        room.authorise_at::<Write>(self.subject().unwrap_or_default(), TOKEN_STORE)?;
        let found = self.which.find(room)?;
        let (hash, found) = match (found, &self.which) {
            (Some(found), _) => found,
            (None, TokenReference::Own) => {
                return Err(Error::rule("batch tokens cannot be renewed"));
            }
            (None, _) => return Err(self.which.missing()),
        };
        let mut token = found.value.clone();
        room.renew_lifetime(&mut token, self.increment)?;
        let mut batch = Batch::default();
        room.change_token(&mut batch, hash, &found, &token);
        let accessor = token.accessor.to_string();
        Ok(Performed::change(token, batch).naming("accessor", accessor))
    }
}
