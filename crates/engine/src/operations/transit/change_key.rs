use strongroom_core::transit::{Configuration, Configured, RotateError};

use super::keys::KeyRead;
use super::{Asked, TRANSIT};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::transit_keys::FoundKey;
use crate::witness::{Authorized, Performed, Write};

/// Change a key's settings. Needs `update` on `<mount>/keys/<name>/config`.
#[derive(Debug)]
pub struct ConfigureKey {
    asked: Asked,
    wanted: Configuration,
}

/// Make a key's next version. Needs `update` on `<mount>/keys/<name>/rotate`.
#[derive(Debug)]
pub struct RotateKey(Asked);

/// Erase a key's oldest versions. Needs `update` on `<mount>/keys/<name>/trim`.
#[derive(Debug)]
pub struct TrimKey {
    asked: Asked,
    min_available_version: u32,
}

impl ConfigureKey {
    /// The key of this name is to have these settings.
    #[must_use]
    pub fn new(mount: &str, name: &str, wanted: Configuration) -> Self {
        Self { asked: Asked::new(mount, "keys", name).with("config"), wanted }
    }
}

impl RotateKey {
    /// The key of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self(Asked::new(mount, "keys", name).with("rotate"))
    }
}

impl TrimKey {
    /// The key of this name is to keep nothing older than this version.
    #[must_use]
    pub fn new(mount: &str, name: &str, min_available_version: u32) -> Self {
        let asked = Asked::new(mount, "keys", name).with("trim");
        Self { asked, min_available_version }
    }
}

impl Operation for ConfigureKey {
    /// The key as it is then, and what configuring did.
    type Answer = (KeyRead, Configured);

    const NAME: &'static str = "transit-key-configure";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let proof = room.authorise_at::<Write>(&self.asked.path, TRANSIT)?;
        let mut found = self.asked.key_to_change(room, &proof)?;
        let done = found.key.configure(&self.wanted).map_err(|e| Error::rule(e.to_string()))?;
        let read = KeyRead::of(&self.asked.name, &found.key, b"")?;
        if !done.changed {
            return Ok(Performed::read((read, done)));
        }
        let batch = put(room, &proof, &self.asked, &found)?;
        Ok(Performed::change((read, done), batch))
    }
}

impl Operation for RotateKey {
    type Answer = KeyRead;

    const NAME: &'static str = "transit-key-rotate";

    fn subject(&self) -> Option<&str> {
        Some(&self.0.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<KeyRead>, Error> {
        let proof = room.authorise_at::<Write>(&self.0.path, TRANSIT)?;
        let mut found = self.0.key_to_change(room, &proof)?;
        let version = found.key.rotate(room.now, room.random).map_err(|error| match error {
            RotateError::Generation => Error::Unavailable(error.to_string()),
            other => Error::rule(other.to_string()),
        })?;
        let read = KeyRead::of(&self.0.name, &found.key, b"")?;
        let batch = put(room, &proof, &self.0, &found)?;
        Ok(Performed::change(read, batch).of_version(version.into()))
    }
}

impl Operation for TrimKey {
    type Answer = KeyRead;

    const NAME: &'static str = "transit-key-trim";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<KeyRead>, Error> {
        let proof = room.authorise_at::<Write>(&self.asked.path, TRANSIT)?;
        let mut found = self.asked.key_to_change(room, &proof)?;
        let minimum = self.min_available_version;
        found.key.trim(minimum).map_err(|error| Error::rule(error.to_string()))?;
        let read = KeyRead::of(&self.asked.name, &found.key, b"")?;
        let batch = put(room, &proof, &self.asked, &found)?;
        Ok(Performed::change(read, batch).of_version(minimum.into()))
    }
}

fn put(
    room: &Room<'_>,
    proof: &Authorized<Write>,
    asked: &Asked,
    found: &FoundKey,
) -> Result<strongroom_store::Batch, Error> {
    let (mount, name) = (proof.location().mount, asked.name()?);
    room.put_transit_key(mount, name, &found.key, Some(found.revision()))
}
