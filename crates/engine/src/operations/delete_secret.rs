use strongroom_core::time::{Seconds, Timestamp};
use strongroom_store::Batch;

use super::metadata_change;
use crate::due::Due;
use crate::error::{Error, InvalidRequest};
use crate::mounts::Location;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Delete, Performed};

/// How long a deleted secret can be restored when nothing else is said: 30 days.
pub const RECOVERY_SECS_DEFAULT: u64 = 30 * 86_400;
/// The longest recovery window: 90 days.
pub const RECOVERY_SECS_MAX: u64 = 90 * 86_400;

/// Hide a secret at every door. It can be restored whole until it is purged.
#[derive(Debug)]
pub struct DeleteSecret {
    /// The canonical path.
    pub path: String,
    /// How long it is kept at least.
    pub recovery: Seconds,
}

impl Operation for DeleteSecret {
    /// When it may be purged.
    type Answer = Timestamp;

    const NAME: &'static str = "secret-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Timestamp>, Error> {
        if self.recovery.0 > RECOVERY_SECS_MAX {
            return Err(InvalidRequest::Limit("a recovery window has at most 90 days").into());
        }
        let proof = room.authorise::<Delete>(room.location(&self.path)?, Aspect::Metadata)?;
        let found = room.existing(&proof)?;
        let mut secret = found.value.clone();
        secret.delete(self.recovery, room.now)?;
        let mut batch = metadata_change(room, proof.location(), &secret, &found)?;
        let purge_at = room.now.plus(self.recovery);
        purge_when_due(room, proof.location(), &mut batch, purge_at);
        Ok(Performed::change(purge_at, batch))
    }
}

/// Add to `batch` that a deleted secret is erased when its recovery window ends.
pub(super) fn purge_when_due(
    room: &Room<'_>,
    location: &Location,
    batch: &mut Batch,
    purge_at: Timestamp,
) {
    let due = Due::DeletedSecret(location.mount, location.path().clone());
    due.put(&room.records(), batch, purge_at);
}
