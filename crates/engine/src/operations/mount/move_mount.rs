use super::{MountSide, parsed, table_change};
use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Move a mount to another path. What it keeps stays as it is. Its leases, whose ids begin with its path, must have
/// been taken back before. Needs `update` and `sudo` on `sys/remount`.
#[derive(Debug)]
pub struct MoveMount {
    /// Where it is: `secret`, `auth/approle`.
    pub from: String,
    /// Where it is to be.
    pub to: String,
}

impl Operation for MoveMount {
    type Answer = ();

    const NAME: &'static str = "mount-move";

    fn subject(&self) -> Option<&str> {
        Some("sys/remount")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_protected::<Write>("sys/remount", &[MountKind::System])?;
        let (from, to) = (self.from.trim_matches('/'), parsed(self.to.trim_matches('/'))?);
        let mut table = (*room.mounts).clone();
        let missing = || Error::rule(format!("no matching mount at {from:?}"));
        let mount = table.remove(from).ok_or_else(missing)?;
        let side = |path: &str| {
            if path.starts_with("auth/") { MountSide::Auth } else { MountSide::Secret }
        };
        if mount.is_built_in() || to.as_str() == "auth" || side(to.as_str()) != side(from) {
            return Err(Error::rule(format!("cannot move {from:?} to {to:?}", to = to.as_str())));
        }
        if let Some(other) = table.conflicts(to.as_str()) {
            return Err(Error::rule(format!("path is already in use at {other}/")));
        }
        if !room.lease_ids(&format!("{from}/"), None, 1)?.0.is_empty() {
            let rule = format!("{from:?} has leases: revoke them first (sys/leases/revoke-prefix)");
            return Err(Error::rule(rule));
        }
        let moved = format!("{from} to {to}");
        table.put(to, mount);
        Ok(Performed::change((), table_change(room, &table)).naming("moved", moved))
    }
}
