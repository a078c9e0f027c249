use std::collections::BTreeMap;
use std::time::Duration;

use strongroom_core::model::SecretPath;
use strongroom_store::{Event, Key, ReadError, Revision, Watch};

use crate::error::{Error, InvalidRequest};
use crate::keys;
use crate::operations::READ_SECRETS_MAX;
use crate::room::{Aspect, ListScope, Operation, Room};
use crate::witness::{Performed, Read};

/// The most folders that one watch is of.
pub const WATCHED_FOLDERS_MAX: usize = 64;

/// Learn when secrets change. Needs `read` on each; says that something changed and never what it is.
#[derive(Clone, Debug)]
pub struct WatchSecrets {
    /// What the audit record says is watched, such as the project's path.
    pub subject: String,
    /// The secrets' canonical paths. They need not exist yet.
    pub paths: Vec<String>,
    /// Folders, each ending with `/`, whose secrets are watched as well, those to come too. Needs `list` on each.
    pub folders: Vec<String>,
    /// Begin after this position, which an earlier watch told, instead of now.
    pub after: Option<u64>,
}

/// A watch over secrets.
pub struct SecretWatch {
    watch: Box<dyn Watch>,
    paths: BTreeMap<Key, String>,
    folders: Vec<(String, ListScope)>,
    gap: bool,
}

/// What is watched: the secrets by their records, and the folders.
struct Watched {
    paths: BTreeMap<Key, String>,
    folders: Vec<(String, ListScope)>,
}

/// What changed, before anybody's policies were asked whether they may know: see [`ReportChanges`].
#[derive(Default)]
pub struct Changes {
    named: Vec<Named>,
    gap: bool,
}

struct Named {
    change: SecretChange,
    /// The folder that it is watched by, or nothing where it is watched by its path.
    folder: Option<String>,
}

/// A secret that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretChange {
    /// Its canonical path.
    pub path: String,
    /// Whether its record is gone.
    pub erased: bool,
    /// The position of the change, to watch on from.
    pub position: u64,
}

/// Name the secrets that changed, those that the caller's policies let them see now. Needs what the watch needs.
/// Whoever follows a watch asks it for everything that the watch found, so that a token that was taken back is told
/// nothing more.
pub struct ReportChanges<'a> {
    /// The watch.
    pub watch: &'a WatchSecrets,
    /// What the watch found.
    pub changes: &'a Changes,
}

impl Operation for WatchSecrets {
    type Answer = SecretWatch;

    const NAME: &'static str = "secrets-watch";

    fn subject(&self) -> Option<&str> {
        Some(&self.subject)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretWatch>, Error> {
        let Watched { paths, folders } = self.watched(room)?;
        let last = room.last_change()?;
        let from = self.after.map_or(last, |after| Revision(after.min(last.0)));
        let (watch, gap) = match room.store.watch(from) {
            Err(ReadError::Compacted(_)) => (room.store.watch(last)?, true),
            other => (other?, false),
        };
        Ok(Performed::read(SecretWatch { watch, paths, folders, gap }))
    }
}

impl WatchSecrets {
    /// Proof that the caller may watch all of it.
    fn watched(&self, room: &Room<'_>) -> Result<Watched, Error> {
        if self.paths.len() > READ_SECRETS_MAX || self.folders.len() > WATCHED_FOLDERS_MAX {
            let rule = "at most 10,000 secrets and 64 folders are watched at once";
            return Err(InvalidRequest::Limit(rule).into());
        }
        let keyed = |path: &String| {
            let proof = room.authorise::<Read>(room.location(path)?, Aspect::Data)?;
            let within: &SecretPath = proof.location().path();
            Ok((keys::secret(proof.location().mount, within), path.clone()))
        };
        let paths = self.paths.iter().map(keyed).collect::<Result<_, Error>>()?;
        let scoped = |folder: &String| Ok((folder.clone(), room.authorise_list(folder)?));
        let folders = self.folders.iter().map(scoped).collect::<Result<_, Error>>()?;
        Ok(Watched { paths, folders })
    }
}

impl SecretWatch {
    /// Whether one of the secrets changed; waits at most `timeout`. After a gap in what the store remembers, the
    /// answer is yes.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub fn changed(&mut self, timeout: Duration) -> Result<bool, Error> {
        self.next(timeout).map(|changes| !changes.is_empty())
    }

    /// What changed; waits at most `timeout`.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub fn next(&mut self, timeout: Duration) -> Result<Changes, Error> {
        if std::mem::take(&mut self.gap) {
            return Ok(Changes { named: Vec::new(), gap: true });
        }
        match self.watch.next(timeout) {
            Ok(events) => {
                let named = events.iter().filter_map(|event| self.named(event)).collect();
                Ok(Changes { named, gap: false })
            }
            Err(ReadError::Compacted(_)) => Ok(Changes { named: Vec::new(), gap: true }),
            Err(error) => Err(error.into()),
        }
    }

    fn named(&self, event: &Event) -> Option<Named> {
        let change =
            |path| SecretChange { path, erased: !event.present, position: event.revision.0 };
        if let Some(path) = self.paths.get(&event.key) {
            return Some(Named { change: change(path.clone()), folder: None });
        }
        self.folders.iter().find_map(|(folder, scope)| {
            let (path, _) = scope.paths(&event.key)?;
            Some(Named { change: change(path), folder: Some(folder.clone()) })
        })
    }
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && !self.gap
    }

    /// Whether more may have changed than is named: the store does not remember.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.gap
    }
}

impl Operation for ReportChanges<'_> {
    type Answer = Vec<SecretChange>;

    const NAME: &'static str = "changes-report";

    fn subject(&self) -> Option<&str> {
        Some(&self.watch.subject)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let Watched { folders, .. } = self.watch.watched(room)?;
        let may_know = |named: &Named| match &named.folder {
            None => true,
            Some(folder) => folders
                .iter()
                .find(|(known, _)| known == folder)
                .is_some_and(|(_, scope)| room.may_see(scope, &named.change.path)),
        };
        let told: Vec<_> = self.changes.named.iter().filter(|named| may_know(named)).collect();
        let paths: Vec<_> = told.iter().map(|named| named.change.path.as_str()).collect();
        let named = super::read_secrets::shorten(paths.join(" "));
        let told = told.into_iter().map(|named| named.change.clone()).collect();
        Ok(Performed::read(told).naming("changed", named))
    }
}
