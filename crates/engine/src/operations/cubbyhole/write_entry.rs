use strongroom_core::model::VALUE_BYTES_MAX;
use strongroom_core::secret::SecretValue;
use strongroom_store::{Batch, Precondition};

use super::{CUBBYHOLE, name, owner};
use crate::error::{Error, InvalidRequest};
use crate::keys;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// How many records one token keeps. Requests at the same time can put a few more in.
pub const CUBBYHOLE_ENTRIES_MAX: usize = 1_000;

/// Write something into the caller's cubbyhole. Needs `create` or `update` on its path.
#[derive(Debug)]
pub struct WriteCubbyhole {
    /// `cubbyhole/<path>`.
    pub path: String,
    /// What is kept, at most [`VALUE_BYTES_MAX`] bytes.
    pub value: SecretValue,
}

impl Operation for WriteCubbyhole {
    type Answer = ();

    const NAME: &'static str = "cubbyhole-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let hash = room.bearer().ok().map(|bearer| bearer.hash);
        let path = self.path.split_once('/').map_or("", |(_, path)| path).trim_matches('/');
        let mut is_there = false;
        let proof = room.authorise_write_at(&self.path, CUBBYHOLE, |logical| {
            let Some(hash) = hash else { return Ok(false) };
            is_there = logical.holds(&format!("{hash}/{path}"))?;
            Ok(is_there)
        })?;
        if self.value.expose().len() > VALUE_BYTES_MAX {
            return Err(InvalidRequest::Limit("a value has at most 1 MiB").into());
        }
        let (owner, logical) = (owner(room)?, room.logical(&proof));
        let (others, _) =
            logical.names(&format!("{}/", owner.hash), None, CUBBYHOLE_ENTRIES_MAX)?;
        if others.len() >= CUBBYHOLE_ENTRIES_MAX && !is_there {
            return Err(InvalidRequest::Limit("a cubbyhole holds at most 1,000 records").into());
        }
        let mut batch = Batch::default();
        if let Some(revision) = owner.revision {
            // What belongs to a token is removed when it goes: nothing may come after that.
            batch.preconditions.push(Precondition::Unchanged(keys::token(owner.hash), revision));
        }
        logical.overwrite_bytes(&mut batch, &name(room, &proof)?, self.value.expose())?;
        Ok(Performed::change((), batch))
    }
}
