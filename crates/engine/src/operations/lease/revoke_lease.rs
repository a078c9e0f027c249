use strongroom_store::Batch;

use super::{LeaseReference, SYSTEM};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Take back what a lease gave out, before it is answered; a lease that is not there is left so. Needs `update` on
/// `sys/leases/revoke`, or on `sys/leases/revoke/<id>` where the id stands in the path.
#[derive(Debug)]
pub struct RevokeLease {
    which: LeaseReference,
    policy_path: String,
}

impl RevokeLease {
    /// This lease.
    #[must_use]
    pub fn new(which: LeaseReference) -> Self {
        Self { policy_path: which.policy_path("revoke"), which }
    }
}

impl Operation for RevokeLease {
    type Answer = ();

    const NAME: &'static str = "lease-revoke";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        room.authorise_at::<Write>(&self.policy_path, SYSTEM)?;
        super::refuse_tokens(&self.which.id)?;
        // One that is over and not taken back yet is taken back now.
        let Some(found) = room.lease_by_id(&self.which.id)? else {
            return Ok(Performed::read(()));
        };
        let mut batch = Batch::default();
        room.revoke_lease(&mut batch, &found, false)?;
        Ok(Performed::change((), batch).naming("lease", found.value.id))
    }
}
