use strongroom_core::lease::Lease;
use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::{LeaseReference, SYSTEM};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Renew a lease for `increment` from now, or for what it was made for when that is 0, within its mount's limits.
/// Needs `update` on `sys/leases/renew`, or on `sys/leases/renew/<id>` where the id stands in the path.
#[derive(Debug)]
pub struct RenewLease {
    which: LeaseReference,
    increment: Seconds,
    policy_path: String,
}

impl RenewLease {
    /// This lease.
    #[must_use]
    pub fn new(which: LeaseReference, increment: Seconds) -> Self {
        Self { policy_path: which.policy_path("renew"), which, increment }
    }
}

impl Operation for RenewLease {
    /// The lease as it is now, and how long it has to live.
    type Answer = (Lease, Seconds);

    const NAME: &'static str = "lease-renew";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        room.authorise_at::<Write>(&self.policy_path, SYSTEM)?;
        let found = self.which.find(room)?.ok_or_else(|| Error::rule("lease not found"))?;
        let mount = room.mounts.by_id(found.value.mount).map(|(_, mount)| mount);
        let limits = mount.map_or(room.ttl_limits, |mount| mount.ttl_limits(room.ttl_limits));
        let mut lease = found.value.clone();
        lease
            .lifetime
            .renew(self.increment, limits, room.now)
            .map_err(|error| Error::rule(error.to_string()))?;
        let mut batch = Batch::default();
        room.change_lease(&mut batch, &found, &lease)?;
        let (id, left) = (lease.id.clone(), lease.lifetime.left(room.now));
        Ok(Performed::change((lease, left), batch).naming("lease", id))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
    use strongroom_core::time::{Clock, Timestamp};
    use strongroom_core::token::{AskedLifetime, Lifetime, TtlLimits};
    use strongroom_store::memory::MemoryStore;
    use strongroom_testkit::{MockClock, SeededRandom};

    use super::*;
    use crate::audit::AuditOptions;
    use crate::operations::lease::{LeaseRead, LookupLease};
    use crate::{DATA_KEY_COMMITS_MAX, Door, Engine, Parts, Principal, Request, initialise};

    /// A lease that can be renewed: certificates, the only leases that mounts give, cannot.
    struct Give;

    impl Operation for Give {
        type Answer = String;
        const NAME: &'static str = "give";

        fn subject(&self) -> Option<&str> {
            None
        }

        fn perform(&self, room: &Room<'_>) -> Result<Performed<String>, Error> {
            let location = room.location("secret/given")?;
            let asked = AskedLifetime { ttl: Seconds(100), ..AskedLifetime::default() };
            let lifetime = Lifetime::begin(asked, room.ttl_limits, true, room.now);
            let mut batch = Batch::default();
            let lease = room.lease(&mut batch, &location, lifetime, Vec::new())?;
            Ok(Performed::change(lease.id, batch))
        }
    }

    #[test]
    fn a_renewed_lease_ends_later_but_not_after_its_limit() {
        let directory = tempfile::tempdir().unwrap();
        let random = Arc::new(SeededRandom::new(1));
        let clock = Arc::new(MockClock::at(Timestamp(1_800_000_000_000)));
        let store = Arc::new(MemoryStore::new());
        let key = UnsealKey::generate(&*random);
        initialise(&*store, SealMethod::Keyfile, &key, &*clock, &*random).unwrap();
        let parts = Parts {
            store,
            audit_directory: directory.path(),
            audit_options: AuditOptions::new(Arc::new(|| 0)),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            random: Arc::clone(&random) as Arc<dyn strongroom_core::random::Random>,
            data_key_commits_max: DATA_KEY_COMMITS_MAX,
            ttl_limits: TtlLimits { default: Seconds(100), max: Seconds(250) },
        };
        let engine = Engine::open(parts, &key).unwrap();
        let request = || Request::new(Principal::local_owner("owner"), Door::Cli, &*random);
        let id = engine.execute(&request(), &Give).unwrap();
        let renew = |increment: u64| {
            let which = LeaseReference { id: id.clone(), in_path: false };
            engine.execute(&request(), &RenewLease::new(which, Seconds(increment))).unwrap().1
        };
        let due = || engine.sweep(10).unwrap();
        clock.advance(Seconds(90));
        assert_eq!(renew(0), Seconds(100));
        assert_eq!(due(), Some(Timestamp(1_800_000_190_000)), "due once, at its new time");
        assert_eq!(renew(30), Seconds(30));
        assert_eq!(renew(1_000), Seconds(160));
        assert_eq!(due(), Some(Timestamp(1_800_000_250_000)));
        let read: LeaseRead = engine.execute(&request(), &LookupLease(id.clone())).unwrap();
        assert_eq!(read.renewed, Some(clock.now()));
        assert!(read.renewable);
    }
}
