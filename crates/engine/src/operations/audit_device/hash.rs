use strongroom_core::secret::SecretValue;

use super::{SYSTEM, table};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// What an audit device writes for a text, to look for it in what the device wrote. Needs `update` on
/// `sys/audit-hash/<path>`.
#[derive(Debug)]
pub struct HashForAudit {
    input: SecretValue,
    path: String,
    policy_path: String,
}

impl HashForAudit {
    /// What the device at this path writes for a text.
    #[must_use]
    pub fn new(path: &str, input: SecretValue) -> Self {
        let path = path.trim_matches('/').to_owned();
        Self { input, policy_path: format!("sys/audit-hash/{path}"), path }
    }
}

impl Operation for HashForAudit {
    /// `hmac-sha256:` and 64 hexadecimal digits.
    type Answer = String;

    const NAME: &'static str = "audit-hash";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<String>, Error> {
        room.authorise_at::<Write>(&self.policy_path, SYSTEM)?;
        let found = table(room)?;
        let device = found.as_ref().and_then(|found| found.value.devices.get(&self.path));
        let device = device.ok_or_else(|| Error::rule("unknown audit backend"))?;
        Ok(Performed::read(device.hash(self.input.expose())))
    }
}
