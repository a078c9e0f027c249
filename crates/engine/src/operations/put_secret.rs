use std::collections::BTreeMap;

use strongroom_core::model::{Payload, VersionNumber};
use strongroom_core::time::Timestamp;
use strongroom_store::Batch;

use super::write_version;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// Write a new version, which becomes the current one. A secret that is not there is made.
#[derive(Debug)]
pub struct PutSecret {
    /// The canonical path.
    pub path: String,
    /// What the version holds.
    pub payload: Payload,
    /// What the value is, in the writer's words.
    pub content_type: Option<String>,
    /// When it stops being valid.
    pub expires: Option<Timestamp>,
    /// The version's own tags.
    pub tags: BTreeMap<String, String>,
    /// The number the current version must have; 0 when there must be none.
    pub check_and_set: Option<u64>,
}

impl PutSecret {
    /// A version with nothing but its value.
    #[must_use]
    pub fn new(path: impl Into<String>, payload: Payload) -> Self {
        Self {
            path: path.into(),
            payload,
            content_type: None,
            expires: None,
            tags: BTreeMap::new(),
            check_and_set: None,
        }
    }
}

impl Operation for PutSecret {
    type Answer = VersionNumber;

    const NAME: &'static str = "secret-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<VersionNumber>, Error> {
        let (proof, found) = room.authorise_write(room.location(&self.path)?, Aspect::Data)?;
        let mut batch = Batch::default();
        let (_, number) =
            write_version(room, &mut batch, proof.location(), found, &self.payload, |new| {
                new.content_type.clone_from(&self.content_type);
                new.expires = self.expires;
                new.tags.clone_from(&self.tags);
                new.check_and_set = self.check_and_set;
            })?;
        Ok(Performed::change(number, batch).of_version(number.0))
    }
}
