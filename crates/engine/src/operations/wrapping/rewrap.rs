use std::sync::Arc;

use strongroom_core::token::PlainToken;
use strongroom_store::Batch;

use super::{SYSTEM, answer, find, keep, not_valid};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::{Performed, Write};

/// Put a new wrapping token in the place of one, for as long as that was made for. Needs the same as
/// [`Unwrap`](super::Unwrap), on `sys/wrapping/rewrap`.
#[derive(Debug)]
pub struct Rewrap {
    /// The wrapping token.
    pub token: Arc<PlainToken>,
    /// Whether the wrapping token is all that the caller shows.
    pub is_own: bool,
}

impl Operation for Rewrap {
    type Answer = IssuedToken;

    const NAME: &'static str = "wrapping-rewrap";

    fn subject(&self) -> Option<&str> {
        Some("sys/wrapping/rewrap")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        if !self.is_own {
            room.authorise_at::<Write>("sys/wrapping/rewrap", SYSTEM)?;
        }
        let (hash, found) = find(room, &self.token)?;
        let answer = answer(room, hash)?;
        let wraps = found.value.wraps.clone().ok_or_else(not_valid)?;
        let mut batch = Batch::default();
        room.revoke_token(&mut batch, hash, &found)?;
        let issued = keep(room, &mut batch, &answer, found.value.lifetime.ttl, wraps)?;
        let accessor = issued.token.accessor.to_string();
        Ok(Performed::change(issued, batch).naming("accessor", accessor))
    }
}
