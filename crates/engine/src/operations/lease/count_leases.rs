use std::collections::BTreeMap;

use super::SYSTEM;
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// The most leases that are counted.
pub const COUNTED_MAX: usize = 1_000_000;

/// How many keys are read at a time.
const PAGE: usize = 1_000;

/// How many leases there are. Needs `read` on `sys/leases/count`.
#[derive(Debug)]
pub struct CountLeases;

/// Numbers of leases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaseCount {
    /// Of all mounts.
    pub all: usize,
    /// Of each mount, by its accessor.
    pub by_mount: BTreeMap<String, usize>,
}

impl Operation for CountLeases {
    type Answer = LeaseCount;

    const NAME: &'static str = "leases-count";

    fn subject(&self) -> Option<&str> {
        Some("sys/leases/count")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<LeaseCount>, Error> {
        let _proof = room.authorise_at::<Read>("sys/leases/count", SYSTEM)?;
        let (mut count, mut after) = (LeaseCount::default(), None);
        loop {
            let (ids, more) = room.lease_ids("", after.as_deref(), PAGE)?;
            for id in &ids {
                count.all += 1;
                if let Ok((_, mount, _)) = room.mounts.resolve(id) {
                    *count.by_mount.entry(mount.accessor()).or_default() += 1;
                }
            }
            if count.all > COUNTED_MAX {
                return Err(Error::rule(format!("there are more than {COUNTED_MAX} leases")));
            }
            match ids.last() {
                Some(last) if more => after = Some(last.clone()),
                _ => return Ok(Performed::read(count)),
            }
        }
    }
}
