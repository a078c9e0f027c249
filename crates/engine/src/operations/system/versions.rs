use std::collections::BTreeMap;

use strongroom_core::time::Timestamp;
use strongroom_store::Batch;

use crate::error::Error;
use crate::mounts::{self, MountKind};
use crate::room::{Operation, Room};
use crate::witness::{List, Performed, Write};

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The name of the record of all versions, in the mount of the system.
pub(crate) const RECORD: &str = "versions";
/// The most versions that are remembered; the oldest is forgotten for the next.
pub const VERSIONS_MAX: usize = 1_000;

const PATH: &str = "sys/version-history";
const SYSTEM: &[MountKind] = &[MountKind::System];

/// The versions that have served a store, each with when it first did.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) struct Versions {
    #[n(0)]
    first: BTreeMap<String, Timestamp>,
}

/// The versions that have served the store, oldest first, each with when it first did. Needs `list` on
/// `sys/version-history`.
#[derive(Debug)]
pub struct ListVersions;

/// That this version serves the store, the first time that it does. Needs `update` on `sys/version-history`, which the
/// engine asks of itself.
#[derive(Debug)]
pub struct NoteVersion;

impl Versions {
    /// Whether this version has served the store.
    pub(crate) fn has_this(&self) -> bool {
        self.first.contains_key(VERSION)
    }

    fn add(&mut self, now: Timestamp) {
        self.first.entry(VERSION.to_owned()).or_insert(now);
        let oldest = self.first.iter().min_by_key(|(_, at)| **at);
        if let Some(oldest) = oldest.map(|(version, _)| version.clone())
            && self.first.len() > VERSIONS_MAX
        {
            self.first.remove(&oldest);
        }
    }
}

impl Operation for ListVersions {
    type Answer = Vec<(String, Timestamp)>;

    const NAME: &'static str = "versions-list";

    fn subject(&self) -> Option<&str> {
        Some(PATH)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let proof = room.authorise_at::<List>(PATH, SYSTEM)?;
        let found = room.logical(&proof).read::<Versions>(RECORD)?;
        let versions = found.map(|found| found.value).unwrap_or_default();
        let mut listed: Vec<_> = versions.first.into_iter().collect();
        listed.sort_by_key(|(_, at)| *at);
        Ok(Performed::read(listed))
    }
}

impl Operation for NoteVersion {
    type Answer = ();

    const NAME: &'static str = "version-note";

    fn subject(&self) -> Option<&str> {
        Some(PATH)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        room.authorise_at::<Write>(PATH, SYSTEM)?;
        let system = room.logical_of(mounts::fixed(mounts::SYSTEM));
        let found = system.read::<Versions>(RECORD)?;
        let mut versions = found.as_ref().map(|found| found.value.clone()).unwrap_or_default();
        versions.add(room.now);
        let mut batch = Batch::default();
        system.put(&mut batch, RECORD, &versions, found.as_ref())?;
        Ok(Performed::change((), batch).naming("version", VERSION))
    }
}
