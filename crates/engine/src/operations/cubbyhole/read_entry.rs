use strongroom_core::secret::SecretValue;

use super::{CUBBYHOLE, name};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// Read something of the caller's cubbyhole. Needs `read` on its path.
#[derive(Debug)]
pub struct ReadCubbyhole {
    /// `cubbyhole/<path>`.
    pub path: String,
}

impl Operation for ReadCubbyhole {
    /// The bytes that were written.
    type Answer = SecretValue;

    const NAME: &'static str = "cubbyhole-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretValue>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, CUBBYHOLE)?;
        let found = room.logical(&proof).read_bytes(&name(room, &proof)?)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        Ok(Performed::read(found.value))
    }
}
