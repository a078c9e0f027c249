use std::collections::BTreeMap;

use strongroom_store::Batch;

use super::{SYSTEM, table};
use crate::audit::devices::{AUDIT_DEVICES_MAX, DeviceKey, DeviceKind, DeviceRecord, RECORD};
use crate::error::Error;
use crate::mounts;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// The longest path, description, option's name and option of a device, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// Enable an audit device: it gets a copy of every record from the next on. Needs `update` and `sudo` on
/// `sys/audit/<path>`.
#[derive(Debug)]
pub struct EnableAuditDevice {
    /// What it is.
    pub kind: DeviceKind,
    /// For people.
    pub description: String,
    /// As `docs/reference/audit-devices.md` has them.
    pub options: BTreeMap<String, String>,
    path: String,
    policy_path: String,
}

impl EnableAuditDevice {
    /// A device at this path.
    #[must_use]
    pub fn new(path: &str, kind: DeviceKind) -> Self {
        let path = path.trim_matches('/').to_owned();
        let policy_path = format!("sys/audit/{path}");
        Self { kind, description: String::new(), options: BTreeMap::new(), path, policy_path }
    }
}

impl Operation for EnableAuditDevice {
    type Answer = ();

    const NAME: &'static str = "audit-device-enable";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        room.authorise_protected::<Write>(&self.policy_path, SYSTEM)?;
        let options = self.options.iter().flat_map(|(name, text)| [name, text]);
        let mut texts = options.chain([&self.path, &self.description]);
        if texts.any(|text| text.len() > TEXT_BYTES_MAX) {
            return Err(Error::rule(format!("a text is longer than {TEXT_BYTES_MAX} bytes")));
        }
        let found = table(room)?;
        let mut devices = found.as_ref().map(|found| found.value.clone()).unwrap_or_default();
        if devices.devices.contains_key(&self.path) {
            return Err(Error::AlreadyExists(format!("the audit device {}/", self.path)));
        }
        if devices.devices.len() >= AUDIT_DEVICES_MAX {
            return Err(Error::rule(format!("more than {AUDIT_DEVICES_MAX} audit devices")));
        }
        let record = DeviceRecord {
            kind: self.kind,
            description: self.description.clone(),
            options: self.options.clone(),
            key: DeviceKey::generate(room.random),
        };
        record.check(&room.devices.allowed())?;
        devices.devices.insert(self.path.clone(), record);
        let mut batch = Batch::default();
        let system = room.logical_of(mounts::fixed(mounts::SYSTEM));
        system.put(&mut batch, RECORD, &devices, found.as_ref())?;
        Ok(Performed::change((), batch).naming("kind", self.kind.word()))
    }
}
