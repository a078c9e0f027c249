use strongroom_core::time::Seconds;
use strongroom_core::token::Token;

use super::{TOKEN_STORE, TokenReference};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

/// What is known of a token. Needs `read` on `auth/token/lookup-self` for the caller's own, else `update` on
/// `auth/token/lookup` or `auth/token/lookup-accessor`.
#[derive(Debug)]
pub struct LookupToken(pub TokenReference);

/// A token as it is now.
#[derive(Clone, Debug)]
pub struct TokenRead {
    /// The token.
    pub token: Token,
    /// How long it has to live; 0 without an end.
    pub ttl: Seconds,
    /// The names of the policies that its entity has beside its own.
    pub identity_policies: Vec<String>,
}

impl Operation for LookupToken {
    type Answer = TokenRead;

    const NAME: &'static str = "token-lookup";

    fn subject(&self) -> Option<&str> {
        Some(match self.0 {
            TokenReference::Own => "auth/token/lookup-self",
            TokenReference::Text(_) => "auth/token/lookup",
            TokenReference::Accessor(_) => "auth/token/lookup-accessor",
        })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<TokenRead>, Error> {
        let path = self.subject().unwrap_or_default();
        let answer = |token: Token, identity_policies| {
            Performed::read(TokenRead { ttl: token.ttl(room.now), token, identity_policies })
        };
        if let TokenReference::Own = self.0 {
            room.authorise_at::<Read>(path, TOKEN_STORE)?;
            let bearer = room.bearer()?;
            return Ok(answer(bearer.token.clone(), bearer.identity_policies.clone()));
        }
        room.authorise_at::<Write>(path, TOKEN_STORE)?;
        // Whoever is known by a text is known as a caller with it would be: its line and its batch tokens included.
        if let TokenReference::Text(text) = &self.0 {
            let bearer = room.identify_other(text)?;
            return Ok(answer(bearer.token.clone(), bearer.identity_policies.clone()));
        }
        let (_, found) = self.0.find(room)?.ok_or_else(|| self.0.missing())?;
        if found.value.lifetime.has_ended(room.now) {
            return Err(self.0.missing());
        }
        let identity_policies = room.identity_policies(&found.value)?;
        Ok(answer(found.value, identity_policies))
    }
}
