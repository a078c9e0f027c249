use strongroom_store::Batch;

use super::{SYSTEM, table};
use crate::audit::devices::RECORD;
use crate::error::Error;
use crate::mounts;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed};

/// Disable an audit device; one that is not there is left so. What it wrote stays, and its key is forgotten. Needs
/// `delete` and `sudo` on `sys/audit/<path>`.
#[derive(Debug)]
pub struct DisableAuditDevice {
    path: String,
    policy_path: String,
}

impl DisableAuditDevice {
    /// The device at this path.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let path = path.trim_matches('/').to_owned();
        Self { policy_path: format!("sys/audit/{path}"), path }
    }
}

impl Operation for DisableAuditDevice {
    type Answer = ();

    const NAME: &'static str = "audit-device-disable";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        room.authorise_protected::<Delete>(&self.policy_path, SYSTEM)?;
        let Some(found) = table(room)? else { return Ok(Performed::read(())) };
        let mut devices = found.value.clone();
        if devices.devices.remove(&self.path).is_none() {
            return Ok(Performed::read(()));
        }
        let mut batch = Batch::default();
        let system = room.logical_of(mounts::fixed(mounts::SYSTEM));
        system.put(&mut batch, RECORD, &devices, Some(&found))?;
        Ok(Performed::change((), batch))
    }
}
