use super::{MountSide, table_change};
use crate::due::{Due, NOW};
use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed};

/// How many leases one commit takes back.
const LEASES_MAX: usize = 20;

/// Unmount something: its leases are taken back first, then its path and the tokens of its logins are good for nothing
/// from the commit on, and what it kept is removed. A mount that is not there is left so. Needs `delete` on
/// `sys/mounts/<path>`, or `delete` and `sudo` on `sys/auth/<path>`.
#[derive(Debug)]
pub struct DisableMount {
    side: MountSide,
    path: String,
    policy_path: String,
}

impl DisableMount {
    /// The mount at this path.
    #[must_use]
    pub fn new(side: MountSide, path: &str) -> Self {
        let path = path.trim_matches('/').to_owned();
        Self { side, policy_path: side.policy_path(&path), path }
    }
}

impl Operation for DisableMount {
    /// Whether it is gone; if not, leases are left and it is to be asked again.
    type Answer = bool;

    const NAME: &'static str = "mount-disable";
    const SETTLES: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<bool>, Error> {
        let system = &[MountKind::System];
        let _proof = match self.side {
            MountSide::Secret => room.authorise_at::<Delete>(&self.policy_path, system)?,
            MountSide::Auth => room.authorise_protected::<Delete>(&self.policy_path, system)?,
        };
        let path = self.side.mount_path(&self.path);
        let mut table = (*room.mounts).clone();
        let Some(mount) = table.at(&path).filter(|mount| self.side.has(mount)) else {
            return Ok(Performed::read(true));
        };
        if mount.is_built_in() {
            return Err(Error::rule(format!("cannot unmount \"{path}/\"")));
        }
        let (ids, _) = room.lease_ids(&format!("{path}/"), None, LEASES_MAX)?;
        if !ids.is_empty() {
            let mut batch = strongroom_store::Batch::default();
            for id in &ids {
                if let Some(found) = room.lease_by_id(id)? {
                    room.revoke_lease(&mut batch, &found, false)?;
                }
            }
            return Ok(Performed::change(false, batch).naming("leases", ids.len().to_string()));
        }
        let due = Due::Unmounted(mount.id, mount.kind);
        table.remove(&path);
        let mut batch = table_change(room, &table);
        due.put(&room.records(), &mut batch, NOW);
        Ok(Performed::change(true, batch))
    }
}
