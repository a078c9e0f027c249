use strongroom_store::Batch;

use super::{SYSTEM, TAKEN_BACK_MAX};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// How many leases are looked at for one answer.
const LOOKED_AT_MAX: usize = 200;

/// Look for leases that are over and take them back, a part of all leases at a time: those that would be due and, after
/// a repair of the store, those that nothing else would find. Needs `update` on `sys/leases/tidy`.
#[derive(Debug, Default)]
pub struct TidyLeases {
    /// The lease that it looked at last; `None` to begin.
    pub after: Option<String>,
}

/// What was found in one part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TidiedLeases {
    /// How many were taken back.
    pub taken_back: usize,
    /// Where the next part begins; `None` at the end.
    pub next: Option<String>,
}

impl Operation for TidyLeases {
    type Answer = TidiedLeases;

    const NAME: &'static str = "leases-tidy";

    fn subject(&self) -> Option<&str> {
        Some("sys/leases/tidy")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<TidiedLeases>, Error> {
        let _proof = room.authorise_at::<Write>("sys/leases/tidy", SYSTEM)?;
        let (ids, more) = room.lease_ids("", self.after.as_deref(), LOOKED_AT_MAX)?;
        let mut batch = Batch::default();
        let mut tidied = TidiedLeases { taken_back: 0, next: None };
        for (place, id) in ids.iter().enumerate() {
            if let Some(found) = room.lease_by_id(id)?
                && found.value.lifetime.has_ended(room.now)
            {
                room.revoke_lease(&mut batch, &found, false)?;
                tidied.taken_back += 1;
            }
            let is_last = place + 1 == ids.len();
            if tidied.taken_back == TAKEN_BACK_MAX || is_last {
                tidied.next = (more || !is_last).then(|| id.clone());
                break;
            }
        }
        let count = tidied.taken_back.to_string();
        Ok(match tidied.taken_back {
            0 => Performed::read(tidied),
            _ => Performed::change(tidied, batch).naming("leases", count),
        })
    }
}
