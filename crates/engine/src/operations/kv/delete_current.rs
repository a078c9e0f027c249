use strongroom_core::model::VersionNumber;

use super::super::metadata_change;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Delete, Performed};

/// Hide the current version until it is undeleted. Needs `delete` on the secret's path, or on `<mount>/data/<path>`.
#[derive(Debug)]
pub struct DeleteCurrent {
    /// The canonical path.
    pub path: String,
}

impl Operation for DeleteCurrent {
    /// Which it was; `None` when there is no version.
    type Answer = Option<VersionNumber>;

    const NAME: &'static str = "version-delete-current";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let proof = room.authorise::<Delete>(room.location(&self.path)?, Aspect::Data)?;
        let found = room.existing(&proof)?;
        let Some(current) = found.value.current() else { return Ok(Performed::read(None)) };
        let mut secret = found.value.clone();
        secret.delete_versions(&[current], room.now)?;
        let batch = metadata_change(room, proof.location(), &secret, &found)?;
        Ok(Performed::change(Some(current), batch).of_version(current.0))
    }
}
