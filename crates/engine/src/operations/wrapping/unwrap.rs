use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_core::token::PlainToken;
use strongroom_store::Batch;

use super::{SYSTEM, answer, find};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Take a wrapped answer, once. Whoever shows the wrapping token as their own needs nothing else; whoever shows another
/// token beside it needs `update` on `sys/wrapping/unwrap` with that.
#[derive(Debug)]
pub struct Unwrap {
    /// The wrapping token.
    pub token: Arc<PlainToken>,
    /// Whether the wrapping token is all that the caller shows.
    pub is_own: bool,
}

impl Operation for Unwrap {
    /// The answer as it was kept.
    type Answer = SecretValue;

    const NAME: &'static str = "wrapping-unwrap";

    fn subject(&self) -> Option<&str> {
        Some("sys/wrapping/unwrap")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretValue>, Error> {
        if !self.is_own {
            room.authorise_at::<Write>("sys/wrapping/unwrap", SYSTEM)?;
        }
        let (hash, found) = find(room, &self.token)?;
        let answer = answer(room, hash)?;
        let mut batch = Batch::default();
        room.revoke_token(&mut batch, hash, &found)?;
        let accessor = found.value.accessor.to_string();
        Ok(Performed::change(answer, batch).naming("accessor", accessor))
    }
}
