use std::collections::BTreeMap;

use super::{SYSTEM, table};
use crate::audit::devices::DeviceKind;
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// The audit devices, and how each fares. Needs `read` and `sudo` on `sys/audit`.
#[derive(Debug)]
pub struct ListAuditDevices;

/// An audit device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditDeviceRead {
    /// Its path, without a slash at its end.
    pub path: String,
    /// What it is.
    pub kind: DeviceKind,
    /// For people.
    pub description: String,
    /// As they were given.
    pub options: BTreeMap<String, String>,
    /// Whether it did not take the last record, or cannot be opened.
    pub failing: bool,
    /// How many records it did not take since this process opened it. The audit log has them.
    pub lost: u64,
}

impl Operation for ListAuditDevices {
    type Answer = Vec<AuditDeviceRead>;

    const NAME: &'static str = "audit-devices-list";

    fn subject(&self) -> Option<&str> {
        Some("sys/audit")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let _proof = room.authorise_protected::<Read>("sys/audit", SYSTEM)?;
        let found = table(room)?.map(|found| found.value).unwrap_or_default();
        let read = found.devices.into_iter().map(|(path, record)| {
            let (failing, lost) = room.devices.state(&room.records(), &path);
            let (kind, description, options) =
                (record.kind, record.description.clone(), record.options.clone());
            AuditDeviceRead { path, kind, description, options, failing, lost }
        });
        Ok(Performed::read(read.collect()))
    }
}
