use std::collections::BTreeSet;

use super::{CUBBYHOLE, in_mount, owner};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{List, Performed};

/// The names in a folder of the caller's cubbyhole. Needs `list` on the folder's path.
#[derive(Debug)]
pub struct ListCubbyhole {
    folder: String,
}

impl ListCubbyhole {
    /// The folder at `cubbyhole/<path>`, with or without `/` at its end.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self { folder: format!("{}/", path.trim_end_matches('/')) }
    }
}

impl Operation for ListCubbyhole {
    /// In byte order; folders end with `/`.
    type Answer = Vec<String>;

    const NAME: &'static str = "cubbyhole-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.folder)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let proof = room.authorise_at::<List>(&self.folder, CUBBYHOLE)?;
        let prefix = match in_mount(&proof) {
            "" => format!("{}/", owner(room)?.hash),
            folder => format!("{}/{folder}/", owner(room)?.hash),
        };
        let (mut names, mut after) = (BTreeSet::new(), None);
        loop {
            let (page, more) = room.logical(&proof).names(
                &prefix,
                after.as_deref(),
                strongroom_store::PAGE_ENTRIES_MAX,
            )?;
            names.extend(page.iter().map(|name| match name.split_once('/') {
                Some((folder, _)) => format!("{folder}/"),
                None => name.clone(),
            }));
            after = page.last().cloned();
            if !more || after.is_none() {
                return Ok(Performed::read(names.into_iter().collect()));
            }
        }
    }
}
