use strongroom_core::model::{Payload, Secret, Selector};
use strongroom_core::secret::SecretValue;
use strongroom_store::Batch;

use super::super::{PRUNED_READS_MAX, write_version};
use super::DataWritten;
use crate::error::Error;
use crate::projection;
use crate::records::Stored;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Authorized, Patch, Performed};

/// Write a new version that is the current one with a JSON merge patch (RFC 7396) applied, in one commit. Needs
/// `patch`; the current version must be readable.
#[derive(Debug)]
pub struct PatchData {
    /// The canonical path.
    pub path: String,
    /// The patch: the text of a JSON object.
    pub patch: SecretValue,
    /// The number the current version must have.
    pub check_and_set: Option<u64>,
}

impl Operation for PatchData {
    type Answer = DataWritten;

    const NAME: &'static str = "secret-patch";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<DataWritten>, Error> {
        let proof = room.authorise::<Patch>(room.location(&self.path)?, Aspect::Data)?;
        let (found, payload) = self.current(room, &proof)?;
        let target = projection::object_of(&payload)?;
        let texts = (target.expose_text(), self.patch.expose_text());
        let (Some(target), Some(patch)) = texts else {
            return Err(Error::rule("the patch is not UTF-8 text"));
        };
        let merged = projection::merged(target, patch)?;
        let payload = projection::payload_of(merged.expose_text().unwrap_or_default())?;
        let mut batch = Batch::default();
        let (secret, number) =
            write_version(room, &mut batch, proof.location(), Some(found), &payload, |new| {
                new.check_and_set = self.check_and_set;
            })?;
        let written = DataWritten::of(secret, number)?;
        Ok(Performed::change(written, batch).of_version(number.0))
    }
}

impl PatchData {
    /// The secret with what its current version holds.
    fn current(
        &self,
        room: &Room<'_>,
        proof: &Authorized<Patch>,
    ) -> Result<(Stored<Secret>, Payload), Error> {
        let missing = || Error::NotFound(self.path.clone());
        for _ in 0..PRUNED_READS_MAX {
            let found = room.existing(proof)?;
            if found.value.is_deleted() {
                return Err(missing());
            }
            let current = found.value.version(&Selector::Current).ok_or_else(missing)?;
            if current.hidden(room.now).is_some() {
                return Err(missing());
            }
            // Where others write much, the version can be pruned before its value is read.
            if let Some(payload) = room.payload(proof, &found.value, current)? {
                return Ok((found, payload));
            }
        }
        Err(Error::damaged(&self.path, "what the version holds is missing"))
    }
}
