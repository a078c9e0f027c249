use std::collections::BTreeMap;

use strongroom_core::model::{METADATA_ENTRIES_MAX, VERSIONS_MAX};

use super::metadata_change;
use crate::error::{Error, InvalidRequest};
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// The longest description, and the longest key or value of custom metadata, in bytes.
pub const METADATA_TEXT_BYTES_MAX: usize = 2_048;

/// Change what is said about a secret. What is `None` or not named stays as it is.
#[derive(Debug, Default)]
pub struct TagSecret {
    /// The canonical path.
    pub path: String,
    /// Custom metadata to set, or to remove where the value is `None`.
    pub metadata: BTreeMap<String, Option<String>>,
    /// The new description; empty to remove it.
    pub description: Option<String>,
    /// How many versions are kept.
    pub versions_max: Option<u32>,
}

impl Operation for TagSecret {
    type Answer = ();

    const NAME: &'static str = "secret-tag";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        self.check()?;
        let (proof, found) = room.authorise_write(room.location(&self.path)?, Aspect::Metadata)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        let mut secret = found.value.clone();
        if secret.is_deleted() {
            return Err(Error::Deleted(self.path.clone()));
        }
        for (key, value) in &self.metadata {
            match value {
                Some(value) => secret.custom_metadata.insert(key.clone(), value.clone()),
                None => secret.custom_metadata.remove(key),
            };
        }
        if secret.custom_metadata.len() > METADATA_ENTRIES_MAX {
            return Err(InvalidRequest::Limit("a secret has at most 64 tags").into());
        }
        if let Some(description) = &self.description {
            secret.description = Some(description.clone()).filter(|text| !text.is_empty());
        }
        if let Some(versions_max) = self.versions_max {
            secret.limits.versions_max = versions_max;
        }
        secret.updated = room.now;
        let keys: Vec<_> = self.metadata.keys().map(String::as_str).collect();
        let batch = metadata_change(room, proof.location(), &secret, &found)?;
        Ok(Performed::change((), batch).naming("tags", keys.join(" ")))
    }
}

impl TagSecret {
    fn check(&self) -> Result<(), Error> {
        check_metadata(&self.metadata)?;
        if self.description.as_ref().is_some_and(|text| text.len() > METADATA_TEXT_BYTES_MAX) {
            return Err(InvalidRequest::Limit(TOO_LONG).into());
        }
        if self.versions_max.is_some_and(|count| count == 0 || count > VERSIONS_MAX) {
            return Err(InvalidRequest::Limit("a secret keeps 1 to 1,000 versions").into());
        }
        Ok(())
    }
}

const TOO_LONG: &str = "a tag or description has at most 2,048 bytes";

/// That entries of custom metadata are within their limits.
pub(super) fn check_metadata<'m>(
    entries: impl IntoIterator<Item = (&'m String, &'m Option<String>)>,
) -> Result<(), Error> {
    for (name, value) in entries {
        let mut texts = [Some(name), value.as_ref()].into_iter().flatten();
        if texts.any(|text| text.len() > METADATA_TEXT_BYTES_MAX) {
            return Err(InvalidRequest::Limit(TOO_LONG).into());
        }
        if name.is_empty() {
            return Err(InvalidRequest::Limit("a tag has a name").into());
        }
    }
    Ok(())
}
