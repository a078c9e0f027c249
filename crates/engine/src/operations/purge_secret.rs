use strongroom_core::model::VersionNumber;
use strongroom_store::{Batch, Write as StoreWrite};

use super::{VERSIONS_PER_REQUEST_MAX, erasures, metadata_change};
use crate::error::Error;
use crate::keys;
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
        let mut secret = found.value.clone();
        let kept: Vec<VersionNumber> = secret
            .versions()
            .iter()
            .filter(|version| !version.destroyed)
            .map(|version| version.number)
            .collect();
        let now: Vec<_> = kept.iter().copied().take(VERSIONS_PER_REQUEST_MAX).collect();
        let erased = erasures(&secret, &now);
        if now.len() < kept.len() {
            secret.erase_versions(&now, room.now);
            let mut batch = metadata_change(room, proof.location(), &secret, &found);
            batch.writes.extend(erased);
            return Ok(Performed::change(false, batch));
        }
        let key = keys::secret(proof.location().mount, proof.location().path());
        let mut writes = room.unname(proof.location(), &secret);
        writes.push(StoreWrite::Delete(key.clone()));
        writes.push(room.forget_usage(&Subject::Secret(secret.id))?);
        writes.extend(erased);
        let batch = Batch { preconditions: vec![found.unchanged(key)], writes };
        Ok(Performed::change(true, batch))
    }
}
