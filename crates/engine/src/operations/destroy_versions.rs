use strongroom_core::model::VersionNumber;

use super::{erasures, metadata_change, numbered};
use crate::error::{Error, InvalidRequest};
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Delete, Performed};

/// The most versions that one request destroys, so that their erasures fit one batch.
pub const VERSIONS_PER_REQUEST_MAX: usize = 100;

/// Erase what versions hold, for good. Unknown ones are left as they are.
#[derive(Debug)]
pub struct DestroyVersions {
    /// The canonical path.
    pub path: String,
    /// Which versions.
    pub numbers: Vec<VersionNumber>,
}

impl Operation for DestroyVersions {
    /// The versions that were erased now.
    type Answer = Vec<VersionNumber>;

    const NAME: &'static str = "versions-destroy";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        if self.numbers.len() > VERSIONS_PER_REQUEST_MAX {
            return Err(InvalidRequest::Limit("at most 100 versions are destroyed at once").into());
        }
        let proof = room.authorise::<Delete>(room.location(&self.path)?, Aspect::Destroy)?;
        let found = room.existing(&proof)?;
        let mut secret = found.value.clone();
        let erased = secret.destroy_versions(&self.numbers, room.now)?;
        let mut batch = metadata_change(room, proof.location(), &secret, &found)?;
        batch.writes.extend(erasures(&secret, &erased));
        let versions = numbered(&erased);
        Ok(Performed::change(erased, batch).naming("versions", versions))
    }
}
