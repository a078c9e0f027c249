use strongroom_core::identifier::MountId;

use super::{MountSide, parsed, table_change};
use crate::error::Error;
use crate::mounts::{MOUNTS_MAX, Mount, MountKind, MountSettings};
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Mount something. Needs `update` on `sys/mounts/<path>` or `sys/auth/<path>`, and `sudo` as well on the second.
#[derive(Debug)]
pub struct EnableMount {
    /// Secrets or logins.
    pub side: MountSide,
    /// Where, without slashes at its ends.
    pub path: String,
    /// What, in Vault's words.
    pub kind: String,
    /// For people.
    pub description: String,
    /// How it is tuned.
    pub settings: MountSettings,
    policy_path: String,
}

impl EnableMount {
    /// A mount with nothing tuned.
    #[must_use]
    pub fn new(side: MountSide, path: &str, kind: &str) -> Self {
        Self {
            side,
            path: path.trim_matches('/').to_owned(),
            kind: kind.to_owned(),
            description: String::new(),
            settings: MountSettings::default(),
            policy_path: side.policy_path(path.trim_matches('/')),
        }
    }

    fn mount_kind(&self) -> Result<MountKind, Error> {
        let unknown = || Error::rule(format!("plugin not found in the catalog: {}", self.kind));
        let kind =
            MountKind::mountable(&self.kind, self.side == MountSide::Auth).ok_or_else(unknown)?;
        let version = self.settings.options.get("version").map(String::as_str);
        match (kind, version) {
            // As in Vault: a mount of key-value secrets has no versions unless it is asked for.
            (MountKind::KeyValue, None | Some("1" | "")) => Ok(MountKind::KeyValueUnversioned),
            (MountKind::KeyValue, Some("2")) => Ok(MountKind::KeyValue),
            (MountKind::KeyValue, Some(_)) => Err(Error::rule("version must be 1 or 2")),
            (kind, _) => Ok(kind),
        }
    }
}

impl Operation for EnableMount {
    type Answer = ();

    const NAME: &'static str = "mount-enable";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let system = &[MountKind::System];
        let _proof = match self.side {
            MountSide::Secret => room.authorise_at::<Write>(&self.policy_path, system)?,
            MountSide::Auth => room.authorise_protected::<Write>(&self.policy_path, system)?,
        };
        let path = self.side.mount_path(&self.path);
        let is_reserved = self.side == MountSide::Secret
            && (path == "auth"
                || path.starts_with("auth/")
                || path == "sys"
                || path.starts_with("sys/"));
        if is_reserved {
            return Err(Error::rule(format!("cannot mount at {path:?}")));
        }
        let (kind, path) = (self.mount_kind()?, parsed(&path)?);
        if let Some(other) = room.mounts.conflicts(path.as_str()) {
            return Err(Error::rule(format!("path is already in use at {other}/")));
        }
        let mut table = (*room.mounts).clone();
        if table.iter().filter(|(_, mount)| !mount.is_built_in()).count() >= MOUNTS_MAX {
            return Err(Error::rule(format!("there are {MOUNTS_MAX} mounts already")));
        }
        let mut mount = Mount::new(MountId::generate(room.random), kind);
        mount.description.clone_from(&self.description);
        mount.settings.clone_from(&self.settings);
        table.put(path, mount);
        Ok(Performed::change((), table_change(room, &table)).naming("kind", kind.word()))
    }
}
