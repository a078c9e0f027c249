use strongroom_core::model::{Limits, VERSIONS_MAX};
use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::CONFIG;
use crate::error::{Error, InvalidRequest};
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

const VERSIONED: &[MountKind] = &[MountKind::KeyValue];

/// The limits of a mount. Needs `read` on `<mount>/config`.
#[derive(Debug)]
pub struct ReadKvConfig {
    path: String,
}

/// Change what limits hold in a mount for secrets that say nothing of their own. Needs `update` on `<mount>/config`.
#[derive(Debug)]
pub struct WriteKvConfig {
    path: String,
    /// How many versions are kept; 0 for Vault's default, 10. `None` leaves it.
    pub versions_max: Option<u32>,
    /// Whether every write must name the version it replaces. `None` leaves it.
    pub check_and_set_required: Option<bool>,
    /// How long after it was written a version counts as deleted; 0 for never. `None` leaves it.
    pub delete_after: Option<Seconds>,
}

impl ReadKvConfig {
    /// Of the mount at this path.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/{CONFIG}") }
    }
}

impl WriteKvConfig {
    /// A change of nothing in the mount at this path.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self {
            path: format!("{mount}/{CONFIG}"),
            versions_max: None,
            check_and_set_required: None,
            delete_after: None,
        }
    }
}

impl Operation for ReadKvConfig {
    /// What was written; what was not is 0 or `None`.
    type Answer = Limits;

    const NAME: &'static str = "kv-config-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Limits>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, VERSIONED)?;
        let found = room.logical(&proof).read::<Limits>(CONFIG)?;
        Ok(Performed::read(found.map_or(Limits::OF_THE_MOUNT, |found| found.value)))
    }
}

impl Operation for WriteKvConfig {
    type Answer = ();

    const NAME: &'static str = "kv-config-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, VERSIONED)?;
        if self.versions_max.is_some_and(|count| count > VERSIONS_MAX) {
            return Err(InvalidRequest::Limit("a secret keeps at most 1,000 versions").into());
        }
        let logical = room.logical(&proof);
        let found = logical.read::<Limits>(CONFIG)?;
        let mut limits = found.as_ref().map_or(Limits::OF_THE_MOUNT, |found| found.value);
        limits.versions_max = self.versions_max.unwrap_or(limits.versions_max);
        limits.check_and_set_required =
            self.check_and_set_required.unwrap_or(limits.check_and_set_required);
        if let Some(span) = self.delete_after {
            limits.delete_after = Some(span).filter(|span| span.0 > 0);
        }
        let mut batch = Batch::default();
        logical.put(&mut batch, CONFIG, &limits, found.as_ref())?;
        Ok(Performed::change((), batch))
    }
}
