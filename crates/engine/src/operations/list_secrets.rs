use strongroom_core::crypto::RecordKind;
use strongroom_core::model::{PATH_BYTES_MAX, Secret, State};
use strongroom_core::time::Timestamp;

use crate::error::Error;
use crate::records::decode;
use crate::room::{ListScope, Operation, Room};
use crate::witness::Performed;

/// The most entries that one page holds.
pub const LISTED_MAX: usize = 1_000;

/// List what is below a prefix, in byte order of the paths. Only what the caller's policies let them see.
#[derive(Debug)]
pub struct ListSecrets {
    /// The canonical path of a folder, ending with `/`.
    pub prefix: String,
    /// Secrets at any depth, instead of the secrets and folders directly below.
    pub recursive: bool,
    /// Deleted secrets as well.
    pub deleted: bool,
    /// Only what comes after this canonical path; with `/` at its end, after all that is in that folder.
    pub after: Option<String>,
    /// At most this many, 1 to [`LISTED_MAX`].
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug, Default)]
pub struct ListedPage {
    /// The entries.
    pub entries: Vec<Listed>,
    /// Where the next page begins, as `after`; `None` at the end.
    pub next: Option<String>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// There is something below this canonical path, which ends with `/`.
    Folder(String),
    /// A secret.
    Secret {
        /// The canonical path.
        path: String,
        /// The current version's number.
        current: Option<u64>,
        /// When it last changed.
        updated: Timestamp,
        /// Whether it is deleted.
        state: State,
    },
}

impl Operation for ListSecrets {
    type Answer = ListedPage;

    const NAME: &'static str = "secrets-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.prefix)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<ListedPage>, Error> {
        Ok(Performed::read(self.page(room)?))
    }
}

impl ListSecrets {
    /// The page, once the caller was authorised.
    pub(super) fn page(&self, room: &Room<'_>) -> Result<ListedPage, Error> {
        let scope = room.authorise_list(&self.prefix)?;
        let limit = self.limit.clamp(1, LISTED_MAX);
        let mut page = ListedPage::default();
        let after = self.after.as_ref();
        let after = after.map(|path| if path.ends_with('/') { past(path) } else { path.clone() });
        let mut range = scope.range(after);
        // One entry more than the page holds tells that there is a next one: only what the caller may see counts.
        'pages: while page.entries.len() <= limit {
            let found = room.store.list(&range)?;
            let Some(last) = found.entries.last().map(|entry| entry.key.to_string()) else { break };
            for entry in &found.entries {
                let Some((path, relative)) = scope.paths(&entry.key) else { continue };
                if page.entries.len() > limit {
                    break 'pages;
                }
                if let (false, Some((folder, _))) = (self.recursive, relative.split_once('/')) {
                    let folder = format!("{}{folder}/", self.prefix);
                    if room.may_see_below(&scope, &folder) {
                        page.entries.push(Listed::Folder(folder.clone()));
                    }
                    range = scope.range(Some(past(&folder)));
                    continue 'pages;
                }
                self.add(room, &scope, &mut page, path, entry)?;
            }
            if !found.more {
                break;
            }
            range.after = Some(last);
        }
        if page.entries.len() > limit {
            page.entries.truncate(limit);
            page.next = page.entries.last().map(after_entry);
        }
        Ok(page)
    }

    /// A first page of everything directly below a prefix.
    #[must_use]
    pub fn below(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            recursive: false,
            deleted: false,
            after: None,
            limit: LISTED_MAX,
        }
    }

    fn add(
        &self,
        room: &Room<'_>,
        scope: &ListScope,
        page: &mut ListedPage,
        path: String,
        entry: &strongroom_store::Entry,
    ) -> Result<(), Error> {
        if !room.may_see(scope, &path) {
            return Ok(());
        }
        let bytes = room.records().open(RecordKind::Secret, &entry.key, &entry.value)?;
        let secret: Secret = decode(&entry.key, bytes.expose())?;
        if secret.is_deleted() && !self.deleted {
            return Ok(());
        }
        page.entries.push(Listed::Secret {
            path,
            current: secret.current().map(|number| number.0),
            updated: secret.updated,
            state: secret.state,
        });
        Ok(())
    }
}

fn after_entry(entry: &Listed) -> String {
    match entry {
        Listed::Folder(folder) => past(folder),
        Listed::Secret { path, .. } => path.clone(),
    }
}

/// Greater than every path in the folder, and not greater than any path behind it.
pub(super) fn past(folder: &str) -> String {
    // No path that is allowed has more of the last character than this.
    const LAST_MAX: usize = PATH_BYTES_MAX / char::MAX.len_utf8();
    [folder, &char::MAX.to_string().repeat(LAST_MAX)].concat()
}
