use strongroom_core::token::TtlLimits;

use super::MountSide;
use crate::error::Error;
use crate::mounts::{Mount, MountKind};
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// The mounts of one side, in the order of their paths. Needs `read` on `sys/mounts` or `sys/auth`.
#[derive(Debug)]
pub struct ListMounts(pub MountSide);

/// One mount. Needs `read` on `sys/mounts/<path>`, or on the same with `/tune` behind it.
#[derive(Debug)]
pub struct ReadMount {
    side: MountSide,
    path: String,
    policy_path: String,
}

/// A mount as it is now.
#[derive(Clone, Debug)]
pub struct MountRead {
    /// Where it is, without `auth/`.
    pub path: String,
    /// The mount.
    pub mount: Mount,
    /// The limits that hold for its tokens and leases.
    pub limits: TtlLimits,
}

impl ReadMount {
    /// The mount at this path; `tune` when it is asked how it is tuned.
    #[must_use]
    pub fn new(side: MountSide, path: &str, tune: bool) -> Self {
        let path = path.trim_matches('/').to_owned();
        let policy_path = format!("{}{}", side.policy_path(&path), if tune { "/tune" } else { "" });
        Self { side, path, policy_path }
    }
}

impl Operation for ListMounts {
    type Answer = Vec<MountRead>;

    const NAME: &'static str = "mounts-list";

    fn subject(&self) -> Option<&str> {
        Some(match self.0 {
            MountSide::Secret => "sys/mounts",
            MountSide::Auth => "sys/auth",
        })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<MountRead>>, Error> {
        let path = self.subject().unwrap_or_default();
        let _proof = room.authorise_at::<Read>(path, &[MountKind::System])?;
        let mounts = room.mounts.iter().filter(|(_, mount)| self.0.has(mount));
        let read = mounts.map(|(path, mount)| read(room, path.as_str(), mount));
        Ok(Performed::read(read.collect()))
    }
}

impl Operation for ReadMount {
    type Answer = MountRead;

    const NAME: &'static str = "mount-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<MountRead>, Error> {
        let _proof = room.authorise_at::<Read>(&self.policy_path, &[MountKind::System])?;
        let path = self.side.mount_path(&self.path);
        let found = room.mounts.at(&path).filter(|mount| self.side.has(mount));
        let mount =
            found.ok_or_else(|| Error::rule(format!("cannot fetch sysview for path {path:?}")))?;
        Ok(Performed::read(read(room, &path, mount)))
    }
}

pub(super) fn read(room: &Room<'_>, path: &str, mount: &Mount) -> MountRead {
    MountRead {
        path: path.strip_prefix("auth/").unwrap_or(path).to_owned(),
        mount: mount.clone(),
        limits: mount.ttl_limits(room.ttl_limits),
    }
}
