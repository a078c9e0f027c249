use strongroom_core::model::{Hidden, Payload, Selector, Version};

use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// How often a value that a concurrent write pruned is looked for anew.
const READS_MAX: usize = 3;

/// Read one version's value.
#[derive(Debug)]
pub struct ReadSecret {
    /// The canonical path.
    pub path: String,
    /// Which version.
    pub selector: Selector,
}

/// A value with its version's metadata.
#[derive(Debug)]
pub struct SecretRead {
    /// The canonical path.
    pub path: String,
    /// The version's metadata.
    pub version: Version,
    /// What it holds.
    pub payload: Payload,
}

impl Operation for ReadSecret {
    type Answer = SecretRead;

    const NAME: &'static str = "secret-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretRead>, Error> {
        let read = read_version(room, &self.path, &self.selector)?;
        let number = read.version.number.0;
        Ok(Performed::read(read).of_version(number))
    }
}

/// A readable version at a canonical path.
pub(super) fn read_version(
    room: &Room<'_>,
    path: &str,
    selector: &Selector,
) -> Result<SecretRead, Error> {
    let proof = room.authorise::<Read>(room.location(path)?, Aspect::Data)?;
    let mut damaged = None;
    for _ in 0..READS_MAX {
        let secret = room.metadata(&proof)?;
        if secret.is_deleted() {
            return Err(Error::Deleted(path.to_owned()));
        }
        let missing = || Error::NotFound(format!("{path} in the version asked for"));
        let version = secret.version(selector).ok_or_else(missing)?.clone();
        match version.hidden(room.now) {
            None => {}
            Some(Hidden::Deleted) => {
                return Err(Error::Deleted(format!("version {} of {path}", version.number)));
            }
            Some(Hidden::Destroyed | Hidden::Disabled) => return Err(missing()),
        }
        if let Some(payload) = room.payload(&proof, &secret, &version)? {
            return Ok(SecretRead { path: path.to_owned(), version, payload });
        }
        damaged = Some(version.number);
    }
    let number = damaged.map(|number| number.to_string()).unwrap_or_default();
    Err(Error::damaged(&format!("{path} (version {number})"), "what the version holds is missing"))
}
