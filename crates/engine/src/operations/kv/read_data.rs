use std::sync::Arc;

use strongroom_core::model::{Payload, Secret, Selector, Version, VersionNumber};
use strongroom_core::time::Seconds;

use super::super::read_secret::find_version;
use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// Read one version's value, or what is known of one that is deleted or destroyed.
#[derive(Debug)]
pub struct ReadData {
    /// The canonical path.
    pub path: String,
    /// Which version.
    pub selector: Selector,
}

/// A version with its secret.
#[derive(Debug)]
pub struct DataRead {
    /// The secret's metadata.
    pub secret: Arc<Secret>,
    /// Which version it is.
    pub number: VersionNumber,
    /// What it holds; `None` when it is deleted or destroyed.
    pub payload: Option<Payload>,
    /// How long a reader of a mount without versions may keep it, as the mount says; 0 elsewhere.
    pub lease: Seconds,
}

impl Operation for ReadData {
    type Answer = DataRead;

    const NAME: &'static str = "secret-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<DataRead>, Error> {
        let proof = room.authorise::<Read>(room.location(&self.path)?, Aspect::Data)?;
        let found = find_version(room, &proof, &self.path, &self.selector)?;
        let lease = match proof.location().kind {
            MountKind::KeyValueUnversioned => {
                let mount = room.mounts.by_id(proof.location().mount);
                mount.map_or(Seconds(0), |(_, mount)| mount.ttl_limits(room.ttl_limits).default)
            }
            _ => Seconds(0),
        };
        let number = found.number;
        let read = DataRead { secret: found.secret, number, payload: found.payload, lease };
        Ok(Performed::read(read).of_version(number.0))
    }
}

impl DataRead {
    /// The version's metadata.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.secret.version(&Selector::Number(self.number))
    }
}
