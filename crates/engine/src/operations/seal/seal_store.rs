use super::authorise;
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// That the store may be sealed, which the node does then. Needs `update` and `sudo` on `sys/seal`.
#[derive(Debug)]
pub struct SealStore;

impl Operation for SealStore {
    type Answer = ();

    const NAME: &'static str = "seal";

    fn subject(&self) -> Option<&str> {
        Some("sys/seal")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = authorise::<Write>(room, "sys/seal")?;
        Ok(Performed::read(()))
    }
}
