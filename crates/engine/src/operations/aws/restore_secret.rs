use strongroom_store::Batch;

use super::place::{Act, Opened, SecretRef};
use super::view::Named;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Delete, Performed};

/// Bring a deleted secret back. One that is not deleted stays as it is.
#[derive(Debug)]
pub struct RestoreSecret {
    /// Which secret.
    pub secret: SecretRef,
}

const ACT: Act = Act::new("RestoreSecret", Aspect::Undelete);

impl Operation for RestoreSecret {
    type Answer = Named;

    const NAME: &'static str = "aws-restore-secret";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Named>, Error> {
        let Opened { proof, found, named } = room.open_at::<Delete>(&self.secret, ACT, |_| {})?;
        if !found.value.is_deleted() {
            return Ok(Performed::read(named).at(proof.location()));
        }
        let mut secret = found.value.clone();
        secret.restore(room.now)?;
        let mut batch = Batch::default();
        room.put_secret(&mut batch, proof.location(), &secret, Some(&found))?;
        Ok(Performed::change(named, batch).at(proof.location()))
    }
}
