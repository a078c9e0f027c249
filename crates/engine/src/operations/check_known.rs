use strongroom_core::policy::{Capabilities, Capability};

use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// That the caller may do something at a path, whatever it is: before a door says that nothing is there.
#[derive(Debug)]
pub struct CheckKnown {
    /// The path.
    pub path: String,
}

impl Operation for CheckKnown {
    type Answer = ();

    const NAME: &'static str = "path-check";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let acl = room.caller.principal.acl();
        if !acl.is_root() && acl.capabilities(&self.path) == Capabilities::NONE {
            room.require(&self.path, Capability::Read)?;
        }
        Ok(Performed::read(()))
    }
}
