use std::collections::BTreeSet;

use strongroom_core::model::{Payload, VersionNumber};
use strongroom_store::Batch;

use super::write_version;
use crate::error::{Error, InvalidRequest};
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// The most secrets that one request writes, so that their changes fit one batch.
pub const PUT_SECRETS_MAX: usize = 12;
/// The most bytes of values in one request.
pub const PUT_BYTES_MAX: usize = 1_048_576;

/// Write several secrets in one commit: all of them or none.
#[derive(Debug)]
pub struct PutSecrets {
    /// What the audit record says was written, such as the project's path.
    pub subject: String,
    /// Each secret's canonical path and new value.
    pub secrets: Vec<(String, Payload)>,
}

impl Operation for PutSecrets {
    /// In the order given.
    type Answer = Vec<VersionNumber>;

    const NAME: &'static str = "secrets-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.subject)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let bytes: usize = self.secrets.iter().map(|(_, value)| value.value().expose().len()).sum();
        if self.secrets.len() > PUT_SECRETS_MAX || bytes > PUT_BYTES_MAX {
            return Err(
                InvalidRequest::Limit("at most 12 secrets of 1 MiB are written at once").into()
            );
        }
        let distinct: BTreeSet<_> = self.secrets.iter().map(|(path, _)| path).collect();
        if distinct.len() != self.secrets.len() {
            return Err(InvalidRequest::Limit("a secret is written once in a request").into());
        }
        let (mut batch, mut numbers, mut written) = (Batch::default(), Vec::new(), Vec::new());
        for (path, payload) in &self.secrets {
            let (proof, found) = room.authorise_write(room.location(path)?, Aspect::Data)?;
            let location = proof.location();
            let (_, number) = write_version(room, &mut batch, location, found, payload, |_| {})?;
            written.push(format!("{}@{number}", location.path().name()));
            numbers.push(number);
        }
        Ok(Performed::change(numbers, batch).naming("written", written.join(" ")))
    }
}
