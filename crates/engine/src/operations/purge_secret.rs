use strongroom_core::model::{Secret, VersionNumber};
use strongroom_store::{Batch, Write as StoreWrite};

use super::{VERSIONS_PER_REQUEST_MAX, erasures};
use crate::error::Error;
use crate::keys;
use crate::mounts::Location;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::usage::Subject;
use crate::witness::Performed;

/// Erase a secret with all its versions and names, for good and at once. Needs `delete` and `sudo`, or
/// `delete` on `<mount>/metadata/<path>`.
///
/// A secret with more versions than one commit can erase takes several requests: each erases what it can, oldest
/// first, and the last removes the secret itself.
#[derive(Debug)]
pub struct PurgeSecret {
    /// The canonical path.
    pub path: String,
}

impl Operation for PurgeSecret {
    /// Whether it is gone; if not, ask again.
    type Answer = bool;

    const NAME: &'static str = "secret-purge";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<bool>, Error> {
        let proof = room.authorise_purge(room.location(&self.path)?)?;
        let found = room.existing(&proof)?;
        let mut batch = Batch::default();
        let is_gone = purge_step(room, proof.location(), &found, &mut batch)?;
        Ok(Performed::change(is_gone, batch))
    }
}

/// Add to `batch` what erases a secret, or its oldest versions where one commit cannot erase all. Answers whether it is
/// gone.
pub(super) fn purge_step(
    room: &Room<'_>,
    location: &Location,
    found: &Stored<Secret>,
    batch: &mut Batch,
) -> Result<bool, Error> {
    found.value.require_alone()?;
    let mut secret = found.value.clone();
    let kept: Vec<VersionNumber> = secret
        .versions()
        .iter()
        .filter(|version| !version.destroyed)
        .map(|version| version.number)
        .collect();
    let now: Vec<_> = kept.iter().copied().take(VERSIONS_PER_REQUEST_MAX).collect();
    batch.writes.extend(erasures(&secret, &now));
    if now.len() < kept.len() {
        secret.erase_versions(&now, room.now);
        room.put_secret(batch, location, &secret, Some(found))?;
        return Ok(false);
    }
    let key = keys::secret(location.mount, location.path());
    batch.preconditions.push(found.unchanged(key.clone()));
    batch.writes.extend(room.unname(location, &secret));
    if secret.has_resource_policy {
        batch.writes.push(StoreWrite::Delete(keys::resource_policy(secret.id)));
    }
    batch.writes.push(room.forget_usage(&Subject::Secret(secret.id))?);
    batch.writes.push(StoreWrite::Delete(key));
    Ok(true)
}
