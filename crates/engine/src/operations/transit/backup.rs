use std::fmt;

use strongroom_core::secret::SecretValue;
use strongroom_core::transit;

use super::{Asked, TRANSIT};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

/// A key as a text, in plaintext. Needs `read` on `<mount>/backup/<name>`.
#[derive(Debug)]
pub struct BackUpKey(Asked);

/// Put a key back that was backed up. Needs `update` on `<mount>/restore`, or on `<mount>/restore/<name>` when it is to
/// have another name.
pub struct RestoreKey {
    mount: String,
    path: String,
    name: Option<String>,
    backup: SecretValue,
    force: bool,
}

impl BackUpKey {
    /// The key of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self(Asked::new(mount, "backup", name))
    }
}

impl RestoreKey {
    /// Under this name, or the one that the backup has; over a key that is there when `force` is set.
    #[must_use]
    pub fn new(mount: &str, name: Option<&str>, backup: SecretValue, force: bool) -> Self {
        let mount = mount.trim_matches('/').to_owned();
        let path = match name {
            Some(name) => format!("{mount}/restore/{name}"),
            None => format!("{mount}/restore"),
        };
        Self { mount, path, name: name.map(str::to_owned), backup, force }
    }
}

impl Operation for BackUpKey {
    type Answer = SecretValue;

    const NAME: &'static str = "transit-backup";

    fn subject(&self) -> Option<&str> {
        Some(&self.0.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretValue>, Error> {
        let proof = room.authorise_at::<Read>(&self.0.path, TRANSIT)?;
        let mut found = self.0.key_to_change(room, &proof)?;
        let (mount, name) = (proof.location().mount, self.0.name()?);
        let backup = found.key.back_up(name, room.now).map_err(|e| Error::rule(e.to_string()))?;
        let revision = Some(found.revision());
        let batch = room.put_transit_key(mount, name, &found.key, revision)?;
        Ok(Performed::change(backup, batch))
    }
}

impl Operation for RestoreKey {
    type Answer = ();

    const NAME: &'static str = "transit-restore";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, TRANSIT)?;
        let text = self.backup.expose_text().unwrap_or_default();
        let (own_name, key) =
            transit::restore(text, room.now).map_err(|error| Error::rule(error.to_string()))?;
        let name = self.name.clone().unwrap_or(own_name);
        let asked = Asked::new(&self.mount, "keys", &name);
        let (mount, name) = (proof.location().mount, asked.name()?);
        let found = room.transit_key_to_change(mount, name)?;
        if found.is_some() && !self.force {
            return Err(Error::AlreadyExists(format!("key {name:?}")));
        }
        let revision = found.map(|found| found.revision());
        let batch = room.put_transit_key(mount, name, &key, revision)?;
        Ok(Performed::change((), batch).naming("key", name))
    }
}

impl fmt::Debug for RestoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreKey").field("path", &self.path).finish_non_exhaustive()
    }
}
