use strongroom_store::Batch;

use super::{CUBBYHOLE, name};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed};

/// Erase something of the caller's cubbyhole, if it is there. Needs `delete` on its path.
#[derive(Debug)]
pub struct DeleteCubbyhole {
    /// `cubbyhole/<path>`.
    pub path: String,
}

impl Operation for DeleteCubbyhole {
    type Answer = ();

    const NAME: &'static str = "cubbyhole-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_at::<Delete>(&self.path, CUBBYHOLE)?;
        let mut batch = Batch::default();
        room.logical(&proof).delete(&mut batch, &name(room, &proof)?)?;
        Ok(Performed::change((), batch))
    }
}
