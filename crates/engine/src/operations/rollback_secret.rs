use strongroom_core::model::{Selector, VersionNumber};
use strongroom_store::Batch;

use super::read_secret::read_version;
use super::write_version;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// Write the value of an earlier version as a new one, which becomes current. Needs `read` and `update`.
#[derive(Debug)]
pub struct RollbackSecret {
    /// The canonical path.
    pub path: String,
    /// Which version's value; the previous one when nothing is said.
    pub to: Selector,
}

impl Operation for RollbackSecret {
    /// The version whose value it is, and the new version.
    type Answer = (VersionNumber, VersionNumber);

    const NAME: &'static str = "secret-rollback";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let earlier = read_version(room, &self.path, &self.to)?;
        let (proof, found) = room.authorise_write(room.location(&self.path)?, Aspect::Data)?;
        let mut batch = Batch::default();
        let (_, number) =
            write_version(room, &mut batch, proof.location(), found, &earlier.payload, |new| {
                new.content_type.clone_from(&earlier.version.content_type);
                new.tags.clone_from(&earlier.version.tags);
                new.expires = earlier.version.expires;
            })?;
        let from = earlier.version.number;
        Ok(Performed::change((from, number), batch)
            .of_version(number.0)
            .naming("from", from.to_string()))
    }
}
