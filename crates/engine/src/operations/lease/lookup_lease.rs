use strongroom_core::time::{Seconds, Timestamp};

use super::{LeaseReference, SYSTEM};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// What is known of a lease, but not what was given out. Needs `update` on `sys/leases/lookup`.
#[derive(Debug)]
pub struct LookupLease(pub String);

/// A lease as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRead {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub issued: Timestamp,
    /// When it ends; never when `None`.
    pub expires: Option<Timestamp>,
    /// When it was last renewed.
    pub renewed: Option<Timestamp>,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// How long it has to live; 0 without an end.
    pub ttl: Seconds,
}

impl Operation for LookupLease {
    type Answer = LeaseRead;

    const NAME: &'static str = "lease-lookup";

    fn subject(&self) -> Option<&str> {
        Some("sys/leases/lookup")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<LeaseRead>, Error> {
        room.authorise_at::<Write>("sys/leases/lookup", SYSTEM)?;
        let which = LeaseReference { id: self.0.clone(), in_path: false };
        let found = which.find(room)?.ok_or_else(|| Error::rule("invalid lease"))?;
        let (lease, lifetime) = (&found.value, &found.value.lifetime);
        let read = LeaseRead {
            id: lease.id.clone(),
            issued: lifetime.issued,
            expires: lifetime.expires,
            renewed: lifetime.renewed,
            renewable: lifetime.renewable,
            ttl: lifetime.left(room.now),
        };
        Ok(Performed::read(read).naming("lease", lease.id.clone()))
    }
}
