use strongroom_store::Batch;

use super::{SYSTEM, TAKEN_BACK_MAX};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Take back the lease of this id and every lease below it as a folder, a part at a time. With `forced` a lease goes
/// even where its mount cannot take back what it gave out. Needs `update` and `sudo` on
/// `sys/leases/revoke-prefix/<prefix>` or `sys/leases/revoke-force/<prefix>`.
#[derive(Debug)]
pub struct RevokePrefix {
    prefix: String,
    forced: bool,
    policy_path: String,
}

impl RevokePrefix {
    /// What is at or below a path.
    #[must_use]
    pub fn new(prefix: &str, forced: bool) -> Self {
        let verb = if forced { "revoke-force" } else { "revoke-prefix" };
        let prefix = prefix.trim_end_matches('/').to_owned();
        Self { policy_path: format!("sys/leases/{verb}/{prefix}"), prefix, forced }
    }
}

impl Operation for RevokePrefix {
    /// Whether all of them are gone; if not, it is to be asked again.
    type Answer = bool;

    const NAME: &'static str = "leases-revoke";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<bool>, Error> {
        room.authorise_protected::<Write>(&self.policy_path, SYSTEM)?;
        super::refuse_tokens(&self.prefix)?;
        let below = format!("{}/", self.prefix);
        let (mut ids, more) = room.lease_ids(&below, None, TAKEN_BACK_MAX)?;
        ids.push(self.prefix.clone());
        let (mut batch, mut taken_back) = (Batch::default(), 0);
        for id in &ids {
            if let Some(found) = room.lease_by_id(id)? {
                room.revoke_lease(&mut batch, &found, self.forced)?;
                taken_back += 1;
            }
        }
        if taken_back == 0 {
            return Ok(Performed::read(true));
        }
        Ok(Performed::change(!more, batch).naming("leases", taken_back.to_string()))
    }
}
