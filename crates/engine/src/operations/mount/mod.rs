//! The mount table: what serves which path. Secret engines are mounted at `sys/mounts/<path>`, login methods at
//! `sys/auth/<path>` (and reached under `auth/<path>`), as in Vault.

mod disable_mount;
mod enable_mount;
mod list_mounts;
mod move_mount;
mod tune_mount;
mod visible_mounts;

pub use disable_mount::DisableMount;
pub use enable_mount::EnableMount;
pub use list_mounts::{ListMounts, MountRead, ReadMount};
pub use move_mount::MoveMount;
pub use tune_mount::{MountChange, TuneMount};
pub use visible_mounts::{ListVisibleMounts, ReadVisibleMount, VisibleMounts};

use strongroom_core::crypto::RecordKind;
use strongroom_core::model::MountPath;
use strongroom_store::{Batch, Precondition};

use crate::error::Error;
use crate::keys;
use crate::mounts::{Mount, MountTable};
use crate::room::Room;

/// Which of the two sides of the mount table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountSide {
    /// Secret engines.
    Secret,
    /// Login methods.
    Auth,
}

impl MountSide {
    /// The path that policies speak of for a mount.
    fn policy_path(self, path: &str) -> String {
        match self {
            Self::Secret => format!("sys/mounts/{path}"),
            Self::Auth => format!("sys/auth/{path}"),
        }
    }

    /// The path of the mount itself.
    fn mount_path(self, path: &str) -> String {
        let path = path.trim_matches('/');
        match self {
            Self::Secret => path.to_owned(),
            Self::Auth => format!("auth/{path}"),
        }
    }

    fn has(self, mount: &Mount) -> bool {
        mount.kind.is_auth() == (self == Self::Auth)
    }
}

/// A path that a mount can have.
fn parsed(path: &str) -> Result<MountPath, Error> {
    MountPath::new(path).map_err(|source| Error::name(path, source))
}

/// A batch that writes the mount table, on the condition that nobody changed it.
pub(crate) fn table_change(room: &Room<'_>, table: &MountTable) -> Batch {
    let key = keys::fixed(keys::MOUNTS);
    let unchanged = Precondition::Unchanged(key.clone(), room.mounts_revision);
    let write = room.records().put(RecordKind::Mounts, key, &table.without_built_in());
    Batch { preconditions: vec![unchanged], writes: vec![write] }
}
