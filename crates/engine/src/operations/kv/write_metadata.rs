use std::collections::BTreeMap;

use strongroom_core::model::{METADATA_ENTRIES_MAX, Secret, VERSIONS_MAX};
use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::super::new_secret;
use super::super::tag_secret::check_metadata;
use crate::error::{Error, InvalidRequest};
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Patch, Performed};

/// Write what is said of a secret and what is kept of it. A secret that is not there is made, without a version.
#[derive(Debug)]
pub struct WriteMetadata {
    /// The canonical path.
    pub path: String,
    /// What changes.
    pub change: MetadataChange,
    /// Change a secret that must be there, entry by entry, which needs `patch`, instead of `create` or `update`.
    pub patch: bool,
}

/// What is to be changed; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct MetadataChange {
    /// How many versions are kept; 0 for as many as the mount says.
    pub versions_max: Option<u32>,
    /// Whether every write must name the version it replaces.
    pub check_and_set_required: Option<bool>,
    /// How long after it was written a version counts as deleted; 0 for what the mount says.
    pub delete_after: Option<Seconds>,
    /// The custom metadata in place of what is there; in a patch entries over those that are there, and `None` removes
    /// one.
    pub custom_metadata: Option<BTreeMap<String, Option<String>>>,
}

impl Operation for WriteMetadata {
    type Answer = ();

    const NAME: &'static str = "secret-metadata-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let location = room.location(&self.path)?;
        let (location, found) = if self.patch {
            let proof = room.authorise::<Patch>(location, Aspect::Metadata)?;
            let found = room.existing(&proof)?;
            (proof.location().clone(), Some(found))
        } else {
            let (proof, found) = room.authorise_write(location, Aspect::Metadata)?;
            (proof.location().clone(), found)
        };
        self.change.check()?;
        let mut batch = Batch::default();
        let mut secret = match &found {
            Some(found) if found.value.is_deleted() => {
                return Err(Error::Deleted(self.path.clone()));
            }
            Some(found) => found.value.clone(),
            None => new_secret(room, &mut batch, &location)?,
        };
        self.change.apply(&mut secret, self.patch)?;
        secret.updated = room.now;
        room.put_secret(&mut batch, &location, &secret, found.as_ref())?;
        Ok(Performed::change((), batch))
    }
}

impl MetadataChange {
    fn check(&self) -> Result<(), Error> {
        if self.versions_max.is_some_and(|count| count > VERSIONS_MAX) {
            return Err(InvalidRequest::Limit("a secret keeps at most 1,000 versions").into());
        }
        check_metadata(self.custom_metadata.iter().flatten())
    }

    fn apply(&self, secret: &mut Secret, patch: bool) -> Result<(), Error> {
        let limits = &mut secret.limits;
        limits.versions_max = self.versions_max.unwrap_or(limits.versions_max);
        limits.check_and_set_required =
            self.check_and_set_required.unwrap_or(limits.check_and_set_required);
        if let Some(span) = self.delete_after {
            limits.delete_after = Some(span).filter(|span| span.0 > 0);
        }
        if let Some(entries) = &self.custom_metadata {
            if !patch {
                secret.custom_metadata.clear();
            }
            for (name, value) in entries {
                match value {
                    Some(value) => secret.custom_metadata.insert(name.clone(), value.clone()),
                    None => secret.custom_metadata.remove(name),
                };
            }
        }
        if secret.custom_metadata.len() > METADATA_ENTRIES_MAX {
            return Err(InvalidRequest::Limit("a secret has at most 64 tags").into());
        }
        Ok(())
    }
}
