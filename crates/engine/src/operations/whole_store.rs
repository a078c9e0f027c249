use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// Work on the store as a whole that the composition root does itself, because only it knows the backend. Performing
/// this authorises and audits it; the work follows. Needs `sudo` on the task's path.
#[derive(Debug)]
pub struct WholeStore {
    /// The work.
    pub task: StoreTask,
    /// Where to or from, for the audit record.
    pub place: String,
}

/// Work on the store as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreTask {
    /// Copy it.
    Backup,
    /// Put a copy in its place. The record is written once the copy is there.
    Restore,
}

impl Operation for WholeStore {
    type Answer = ();

    const NAME: &'static str = "store-task";

    fn subject(&self) -> Option<&str> {
        Some(self.task.path())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_system(self.task.path())?;
        Ok(Performed::read(()).naming("place", self.place.clone()))
    }
}

impl StoreTask {
    fn path(self) -> &'static str {
        match self {
            Self::Backup => "sys/backup",
            Self::Restore => "sys/restore",
        }
    }
}
