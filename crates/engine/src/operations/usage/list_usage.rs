use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::usage::Usage;

use crate::error::Error;
use crate::operations::{LISTED_MAX, ListSecrets, Listed};
use crate::room::{Aspect, Operation, Room};
use crate::usage::Subject;
use crate::witness::{Performed, Read};

/// How the secrets below a folder were used, at any depth, in byte order of the paths. Only those whose metadata the
/// caller may read. Needs `list` on the folder.
#[derive(Debug)]
pub struct ListUsage {
    /// The canonical path of the folder, ending with `/`.
    pub prefix: String,
    /// Only those that nobody read for so long, and that are as old.
    pub unused_for: Option<Seconds>,
    /// Only what comes after this canonical path.
    pub after: Option<String>,
    /// At most this many, 1 to [`LISTED_MAX`].
    pub limit: usize,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsagePage {
    /// The entries. There may be fewer than fit, or none, though another page follows.
    pub entries: Vec<SecretUsage>,
    /// Where the next page begins, as `after`; `None` at the end.
    pub next: Option<String>,
}

/// How a secret was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretUsage {
    /// The canonical path.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// How it was used; `None` when it never was.
    pub usage: Option<Usage>,
}

impl ListUsage {
    /// A first page of everything below a prefix.
    #[must_use]
    pub fn below(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), unused_for: None, after: None, limit: LISTED_MAX }
    }

    fn entry(&self, room: &Room<'_>, path: String) -> Result<Option<SecretUsage>, Error> {
        let proof = match room.authorise::<Read>(room.mounts.location(&path)?, Aspect::Metadata) {
            Ok(proof) => proof,
            Err(Error::Forbidden { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(found) = room.secret(&proof)? else { return Ok(None) };
        let usage = room.usage(&Subject::Secret(found.value.id))?;
        let created = found.value.created;
        let touched = usage.as_ref().map_or(created, |usage| usage.last.max(created));
        let is_wanted = self.unused_for.is_none_or(|span| touched.plus(span) <= room.now);
        Ok(is_wanted.then_some(SecretUsage { path, created, usage }))
    }
}

impl Operation for ListUsage {
    type Answer = UsagePage;

    const NAME: &'static str = "usage-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.prefix)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<UsagePage>, Error> {
        let list = ListSecrets {
            recursive: true,
            after: self.after.clone(),
            limit: self.limit,
            ..ListSecrets::below(&self.prefix)
        };
        let listed = list.page(room)?;
        room.fold_usage()?;
        let mut page = UsagePage { entries: Vec::new(), next: listed.next };
        for entry in listed.entries {
            let Listed::Secret { path, .. } = entry else { continue };
            page.entries.extend(self.entry(room, path)?);
        }
        Ok(Performed::read(page))
    }
}
