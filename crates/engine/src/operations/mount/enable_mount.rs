use strongroom_core::identifier::MountId;
use strongroom_store::Range;

use super::{MountSide, parsed, table_change};
use crate::due::{Due, NOW};
use crate::error::Error;
use crate::keys;
use crate::mounts::{MOUNTS_MAX, Mount, MountKind, MountSettings};
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Mount something. Needs `update` on `sys/mounts/<path>` or `sys/auth/<path>`, and `sudo` as well on the second.
///
/// `secret/` is there from the start, and Vault's clients mount it: while it is as it was made and holds nothing, what
/// is mounted there takes its place.
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
        let replaced = unused(room, path.as_str())?.or_else(|| of_apps(room, path.as_str(), kind));
        if let (Some(other), None) = (room.mounts.conflicts(path.as_str()), replaced) {
            return Err(Error::rule(format!("path is already in use at {other}/")));
        }
        let mut table = (*room.mounts).clone();
        if table.iter().filter(|(_, mount)| !mount.is_built_in()).count() >= MOUNTS_MAX {
            return Err(Error::rule(format!("there are {MOUNTS_MAX} mounts already")));
        }
        // A mount of secrets goes on under its number: what is written into it at this moment is there afterwards. So do
        // the logins of apps.
        let id = replaced.filter(|_| kind.holds_secrets() || kind == MountKind::AppRole);
        let mut mount = Mount::new(id.unwrap_or_else(|| MountId::generate(room.random)), kind);
        mount.description.clone_from(&self.description);
        mount.settings.clone_from(&self.settings);
        table.put(path, mount);
        let mut batch = table_change(room, &table);
        if let (Some(gone), None) = (replaced, id) {
            Due::Unmounted(gone, MountKind::KeyValue).put(&room.records(), &mut batch, NOW);
        }
        Ok(Performed::change((), batch).naming("kind", kind.word()))
    }
}

/// The mount that was made for logins of apps, where it is at this path: whoever sets up such logins after them finds
/// none in the way, and the roles of apps stay.
fn of_apps(room: &Room<'_>, path: &str, kind: MountKind) -> Option<MountId> {
    let mount = room.mounts.at(path).filter(|mount| mount.is_of_apps())?;
    (kind == MountKind::AppRole).then_some(mount.id)
}

/// The mount that every store has from the start, where it is at this path, as it was made, and holds nothing.
fn unused(room: &Room<'_>, path: &str) -> Result<Option<MountId>, Error> {
    let Some(mount) = room.mounts.at(path).filter(|mount| mount.is_first(path)) else {
        return Ok(None);
    };
    for prefix in [keys::secrets_of(mount.id), keys::logical_of(mount.id)] {
        let range = Range { limit: 1, keys_only: true, ..Range::prefix(prefix) };
        if !room.store.list(&range)?.entries.is_empty() {
            return Ok(None);
        }
    }
    Ok(Some(mount.id))
}
