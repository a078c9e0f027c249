use strongroom_core::time::Seconds;
use strongroom_core::token::TokenKind;
use strongroom_store::{Batch, Precondition};

use super::checked_duration;
use super::record::{NewSession, SessionOwner};
use crate::error::Error;
use crate::keys;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// Begin a session of the caller's token, which ends with it. The bearer of a token may ask.
#[derive(Debug)]
pub struct SessionForCaller {
    /// How long it is; an hour when `None`. It ends with the token in any case.
    pub duration: Option<Seconds>,
}

impl Operation for SessionForCaller {
    type Answer = NewSession;

    const NAME: &'static str = "aws-session-for-caller";

    fn subject(&self) -> Option<&str> {
        None
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<NewSession>, Error> {
        let bearer = room.bearer()?;
        if room.caller.session.is_some() {
            return Err(Error::rule("temporary keys give no others"));
        }
        let revision = bearer.revision.filter(|_| bearer.token.kind == TokenKind::Service);
        let revision = revision.ok_or_else(|| Error::rule("a batch token has no sessions"))?;
        if bearer.token.uses_left.is_some() {
            return Err(Error::rule("a token with a limited number of uses has no sessions"));
        }
        let end = room.now.plus(checked_duration(self.duration)?);
        let expires = bearer.token.lifetime.expires.map_or(end, |token| token.min(end));
        let mut batch = Batch::default();
        batch.preconditions.push(Precondition::Unchanged(keys::token(bearer.hash), revision));
        let (owner, name) = (SessionOwner::Token(bearer.hash), bearer.hash.short());
        let made = room.begin_session(&mut batch, room.caller, owner, &name, expires)?;
        let id = made.id.to_string();
        Ok(Performed::change(made, batch).naming("session", name).naming("access_key", id))
    }
}
