use strongroom_core::model::Secret;

use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// Read a secret's metadata and that of its versions, without values. Answers for a deleted secret too.
#[derive(Debug)]
pub struct DescribeSecret {
    /// The canonical path.
    pub path: String,
}

impl Operation for DescribeSecret {
    type Answer = Secret;

    const NAME: &'static str = "secret-describe";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Secret>, Error> {
        let proof = room.authorise::<Read>(room.location(&self.path)?, Aspect::Metadata)?;
        Ok(Performed::read(room.existing(&proof)?.value))
    }
}
