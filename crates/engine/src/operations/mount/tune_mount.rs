use std::collections::BTreeMap;

use strongroom_core::time::Seconds;

use super::{MountSide, parsed, table_change};
use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// What is to be changed of a mount; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct MountChange {
    /// For people.
    pub description: Option<String>,
    /// How long tokens and leases live when nobody says; 0 for the server's.
    pub default_ttl: Option<Seconds>,
    /// The longest that they live; 0 for the server's.
    pub max_ttl: Option<Seconds>,
    /// Whether it is listed to callers without a token.
    pub listing_visibility: Option<String>,
    /// What tokens its logins give.
    pub token_type: Option<String>,
    /// Options, over those that are there.
    pub options: BTreeMap<String, String>,
}

/// Tune a mount. Needs `update` on `sys/mounts/<path>/tune` or `sys/auth/<path>/tune`.
#[derive(Debug)]
pub struct TuneMount {
    /// Secrets or logins.
    pub side: MountSide,
    /// What changes.
    pub change: MountChange,
    path: String,
    policy_path: String,
}

impl TuneMount {
    /// The mount at this path is to change so.
    #[must_use]
    pub fn new(side: MountSide, path: &str, change: MountChange) -> Self {
        let path = path.trim_matches('/').to_owned();
        let policy_path = format!("{}/tune", side.policy_path(&path));
        Self { side, change, path, policy_path }
    }
}

impl Operation for TuneMount {
    type Answer = ();

    const NAME: &'static str = "mount-tune";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Write>(&self.policy_path, &[MountKind::System])?;
        let path = self.side.mount_path(&self.path);
        let found = room.mounts.at(&path).filter(|mount| self.side.has(mount));
        let mut mount =
            found.cloned().ok_or_else(|| Error::rule(format!("cannot tune {path:?}: no mount")))?;
        if mount.is_built_in() {
            return Err(Error::rule(format!("cannot tune {path:?}")));
        }
        let nonzero = |seconds: Seconds| (seconds.0 > 0).then_some(seconds);
        let (change, settings) = (&self.change, &mut mount.settings);
        if let Some(description) = &change.description {
            mount.description.clone_from(description);
        }
        if let Some(ttl) = change.default_ttl {
            settings.default_ttl = nonzero(ttl);
        }
        if let Some(ttl) = change.max_ttl {
            settings.max_ttl = nonzero(ttl);
        }
        if let (Some(default), Some(max)) = (settings.default_ttl, settings.max_ttl)
            && default > max
        {
            return Err(Error::rule("the default TTL is longer than the maximum"));
        }
        settings.listing_visibility =
            change.listing_visibility.clone().or(settings.listing_visibility.take());
        settings.token_type = change.token_type.clone().or(settings.token_type.take());
        settings.options.extend(change.options.clone());
        if mount.kind == MountKind::KeyValueUnversioned
            && settings.options.get("version").is_some_and(|version| version == "2")
        {
            // Every secret there has one version, which is its first.
            mount.kind = MountKind::KeyValue;
        }
        let mut table = (*room.mounts).clone();
        table.put(parsed(&path)?, mount);
        Ok(Performed::change((), table_change(room, &table)))
    }
}
