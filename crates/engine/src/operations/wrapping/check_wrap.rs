use super::SYSTEM;
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Whether the caller may have data of their own wrapped. Needs `update` on `sys/wrapping/wrap`.
#[derive(Debug)]
pub struct CheckWrap;

impl Operation for CheckWrap {
    type Answer = ();

    const NAME: &'static str = "wrapping-wrap";

    fn subject(&self) -> Option<&str> {
        Some("sys/wrapping/wrap")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        room.authorise_at::<Write>("sys/wrapping/wrap", SYSTEM)?;
        Ok(Performed::read(()))
    }
}
