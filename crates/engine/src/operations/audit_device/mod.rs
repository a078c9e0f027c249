//! Audit devices: enabled, listed and disabled under `sys/audit/`, as Vault has it
//! (<https://developer.hashicorp.com/vault/api-docs/system/audit>).

mod disable;
mod enable;
mod hash;
mod list;

pub use disable::DisableAuditDevice;
pub use enable::EnableAuditDevice;
pub use hash::HashForAudit;
pub use list::{AuditDeviceRead, ListAuditDevices};

use crate::audit::devices::{DeviceTable, RECORD};
use crate::error::Error;
use crate::mounts::{self, MountKind};
use crate::records::Stored;
use crate::room::Room;

const SYSTEM: &[MountKind] = &[MountKind::System];

fn table(room: &Room<'_>) -> Result<Option<Stored<DeviceTable>>, Error> {
    room.logical_of(mounts::fixed(mounts::SYSTEM)).read(RECORD)
}
