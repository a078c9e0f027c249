use std::collections::BTreeSet;
use std::time::Duration;

use strongroom_core::model::SecretPath;
use strongroom_store::{Key, ReadError, Watch};

use crate::error::{Error, InvalidRequest};
use crate::keys;
use crate::operations::READ_SECRETS_MAX;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// Learn when secrets change. Needs `read` on each; says that something changed and never what it is.
#[derive(Debug)]
pub struct WatchSecrets {
    /// What the audit record says is watched, such as the project's path.
    pub subject: String,
    /// The secrets' canonical paths. They need not exist yet.
    pub paths: Vec<String>,
    /// Folders, each ending with `/`, whose secrets are watched as well, those to come too. Needs `list` on each.
    pub folders: Vec<String>,
}

/// A watch over secrets.
pub struct SecretWatch {
    watch: Box<dyn Watch>,
    keys: BTreeSet<Key>,
    prefixes: Vec<String>,
}

impl Operation for WatchSecrets {
    type Answer = SecretWatch;

    const NAME: &'static str = "secrets-watch";

    fn subject(&self) -> Option<&str> {
        Some(&self.subject)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretWatch>, Error> {
        if self.paths.len() > READ_SECRETS_MAX {
            return Err(InvalidRequest::Limit("at most 10,000 secrets are watched at once").into());
        }
        let key = |path: &String| {
            let proof = room.authorise::<Read>(room.location(path)?, Aspect::Data)?;
            let path: &SecretPath = proof.location().path();
            Ok(keys::secret(proof.location().mount, path))
        };
        let keys = self.paths.iter().map(key).collect::<Result<_, Error>>()?;
        let prefix = |folder: &String| Ok(room.authorise_list(folder)?.range(None).prefix);
        let prefixes = self.folders.iter().map(prefix).collect::<Result<_, Error>>()?;
        let from = room.last_change()?;
        Ok(Performed::read(SecretWatch { watch: room.store.watch(from)?, keys, prefixes }))
    }
}

impl SecretWatch {
    /// Whether one of the secrets changed; waits at most `timeout`. After a gap in what the store remembers, the
    /// answer is yes.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub fn changed(&mut self, timeout: Duration) -> Result<bool, Error> {
        match self.watch.next(timeout) {
            Ok(events) => Ok(events.iter().any(|event| self.concerns(&event.key))),
            Err(ReadError::Compacted(_)) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    fn concerns(&self, key: &Key) -> bool {
        self.keys.contains(key)
            || self.prefixes.iter().any(|prefix| key.as_str().starts_with(prefix))
    }
}
