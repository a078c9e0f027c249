use strongroom_core::model::Selector;
use strongroom_core::secret::SecretValue;
use strongroom_store::Batch;

use super::super::write_version;
use super::DataWritten;
use crate::error::Error;
use crate::projection;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Patch, Performed};

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
        let found = room.existing(&proof)?;
        let missing = || Error::NotFound(self.path.clone());
        if found.value.is_deleted() {
            return Err(missing());
        }
        let before = found.value.version(&Selector::Current).ok_or_else(missing)?;
        if before.hidden(room.now).is_some() {
            return Err(missing());
        }
        let changed = || Error::VersionConflict("the secret was changed meanwhile".to_owned());
        let payload = room.payload(&proof, &found.value, before)?.ok_or_else(changed)?;
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
