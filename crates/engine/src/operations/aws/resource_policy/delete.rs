use strongroom_store::{Batch, Write as StoreWrite};

use super::super::place::{Act, Opened, SecretRef};
use super::super::view::Named;
use super::open;
use crate::error::Error;
use crate::keys;
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// Remove a secret's policy. It is no error when there is none.
#[derive(Debug)]
pub struct DeleteResourcePolicy {
    /// Which secret.
    pub secret: SecretRef,
}

impl Operation for DeleteResourcePolicy {
    type Answer = Named;

    const NAME: &'static str = "aws-delete-resource-policy";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Named>, Error> {
        let act = Act::new("DeleteResourcePolicy", Aspect::Metadata);
        let Opened { proof, found, named } = open(room, &self.secret, act, |_| {})?;
        if !found.value.has_resource_policy {
            return Ok(Performed::read(named).at(proof.location()));
        }
        let mut secret = found.value.clone();
        secret.has_resource_policy = false;
        secret.updated = room.now;
        let mut batch = Batch::default();
        room.put_secret(&mut batch, proof.location(), &secret, Some(&found))?;
        batch.writes.push(StoreWrite::Delete(keys::resource_policy(secret.id)));
        Ok(Performed::change(named, batch).at(proof.location()))
    }
}
