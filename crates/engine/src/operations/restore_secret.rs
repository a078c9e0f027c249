use super::metadata_change;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Delete, Performed};

/// Bring a deleted secret back as it was.
#[derive(Debug)]
pub struct RestoreSecret {
    /// The canonical path.
    pub path: String,
}

impl Operation for RestoreSecret {
    type Answer = ();

    const NAME: &'static str = "secret-restore";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise::<Delete>(room.location(&self.path)?, Aspect::Undelete)?;
        let found = room.existing(&proof)?;
        let mut secret = found.value.clone();
        secret.restore(room.now)?;
        Ok(Performed::change((), metadata_change(room, proof.location(), &secret, &found)?))
    }
}
