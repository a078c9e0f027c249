use std::collections::BTreeMap;

use strongroom_core::model::{Payload, Secret, Selector, Version, VersionNumber};
use strongroom_store::Batch;

use super::super::write_version;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// Write a new version, as [`PutSecret`](crate::operations::PutSecret) does, for whoever wants to know what it became.
#[derive(Debug)]
pub struct WriteData {
    /// The canonical path.
    pub path: String,
    /// What the version holds.
    pub payload: Payload,
    /// The number the current version must have; 0 when there must be none.
    pub check_and_set: Option<u64>,
}

/// A version that was written.
#[derive(Debug)]
pub struct DataWritten {
    /// Its metadata.
    pub version: Version,
    /// That of its secret.
    pub custom_metadata: BTreeMap<String, String>,
}

impl Operation for WriteData {
    type Answer = DataWritten;

    const NAME: &'static str = "secret-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<DataWritten>, Error> {
        let (proof, found) = room.authorise_write(room.location(&self.path)?, Aspect::Data)?;
        let mut batch = Batch::default();
        let (secret, number) =
            write_version(room, &mut batch, proof.location(), found, &self.payload, |new| {
                new.check_and_set = self.check_and_set;
            })?;
        let written = DataWritten::of(secret, number)?;
        Ok(Performed::change(written, batch).of_version(number.0))
    }
}

impl DataWritten {
    pub(super) fn of(secret: Secret, number: VersionNumber) -> Result<Self, Error> {
        let version = secret.version(&Selector::Number(number)).cloned();
        // The current version is never dropped, and this is it.
        let version = version.ok_or_else(|| Error::damaged("secret", "it lost its version"))?;
        Ok(Self { version, custom_metadata: secret.custom_metadata })
    }
}
