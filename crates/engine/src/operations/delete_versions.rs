use strongroom_core::model::VersionNumber;

use super::{metadata_change, numbered};
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Delete, Performed};

/// Hide versions until they are undeleted. Unknown and destroyed ones are left as they are.
#[derive(Debug)]
pub struct DeleteVersions {
    /// The canonical path.
    pub path: String,
    /// Which versions.
    pub numbers: Vec<VersionNumber>,
}

impl Operation for DeleteVersions {
    type Answer = ();

    const NAME: &'static str = "versions-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise::<Delete>(room.location(&self.path)?, Aspect::Delete)?;
        let found = room.existing(&proof)?;
        let mut secret = found.value.clone();
        secret.delete_versions(&self.numbers, room.now)?;
        let batch = metadata_change(room, proof.location(), &secret, &found)?;
        Ok(Performed::change((), batch).naming("versions", numbered(&self.numbers)))
    }
}
