use std::sync::Arc;

use strongroom_core::model::{Hidden, Payload, Secret, Selector, Version, VersionNumber};

use super::PRUNED_READS_MAX;
use crate::error::Error;
use crate::projection;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Authorized, Performed, Read, Reads};

/// Read one version's value.
#[derive(Debug)]
pub struct ReadSecret {
    /// The canonical path.
    pub path: String,
    /// Which version.
    pub selector: Selector,
    /// The name of a member, when only that of a JSON object is read.
    pub member: Option<String>,
}

impl ReadSecret {
    /// A version's whole value.
    #[must_use]
    pub fn new(path: impl Into<String>, selector: Selector) -> Self {
        Self { path: path.into(), selector, member: None }
    }
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
        let mut read = read_version(room, &self.path, &self.selector)?;
        let number = read.version.number.0;
        let Some(member) = &self.member else {
            return Ok(Performed::read(read).of_version(number));
        };
        let found = projection::member_of(&read.payload, member)?;
        read.payload =
            found.ok_or_else(|| Error::NotFound(format!("{member} in {}", self.path)))?;
        read.version.kind = read.payload.kind();
        Ok(Performed::read(read).of_version(number).naming("member", member.as_str()))
    }
}

/// A version, with what it holds where that can be read.
pub(super) struct VersionFound {
    pub(super) secret: Arc<Secret>,
    pub(super) number: VersionNumber,
    /// `None` when the version is deleted or destroyed.
    pub(super) payload: Option<Payload>,
}

/// A readable version at a canonical path.
pub(super) fn read_version(
    room: &Room<'_>,
    path: &str,
    selector: &Selector,
) -> Result<SecretRead, Error> {
    let proof = room.authorise::<Read>(room.location(path)?, Aspect::Data)?;
    let VersionFound { secret, number, payload } = find_version(room, &proof, path, selector)?;
    let version = secret.version(&Selector::Number(number)).ok_or_else(|| missing(path))?.clone();
    match payload {
        Some(payload) => Ok(SecretRead { path: path.to_owned(), version, payload }),
        None if version.destroyed => Err(missing(path)),
        None => Err(Error::Deleted(format!("version {number} of {path}"))),
    }
}

/// A version at a canonical path. Of a version that was disabled, and of a secret that was deleted, nothing is told.
pub(super) fn find_version<C: Reads>(
    room: &Room<'_>,
    proof: &Authorized<C>,
    path: &str,
    selector: &Selector,
) -> Result<VersionFound, Error> {
    let mut damaged = None;
    for _ in 0..PRUNED_READS_MAX {
        let known = room.known(proof)?;
        let secret = &known.secret;
        if secret.is_deleted() {
            return Err(Error::Deleted(path.to_owned()));
        }
        let version = secret.version(selector).ok_or_else(|| missing(path))?;
        let number = version.number;
        let found = |payload| VersionFound { secret: Arc::clone(secret), number, payload };
        match version.hidden(room.now) {
            None => {}
            Some(Hidden::Deleted | Hidden::Destroyed) => return Ok(found(None)),
            Some(Hidden::Disabled) => return Err(missing(path)),
        }
        if let Some(payload) = room.known_payload(proof, &known, version)? {
            return Ok(found(Some(payload)));
        }
        damaged = Some(number);
    }
    let number = damaged.map(|number| number.to_string()).unwrap_or_default();
    Err(Error::damaged(&format!("{path} (version {number})"), "what the version holds is missing"))
}

fn missing(path: &str) -> Error {
    Error::NotFound(format!("{path} in the version asked for"))
}
