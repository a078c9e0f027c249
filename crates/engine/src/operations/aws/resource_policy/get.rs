use strongroom_core::crypto::RecordKind;

use super::super::place::{Act, SecretRef};
use super::super::view::Named;
use crate::error::Error;
use crate::keys;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// Read a secret's policy.
#[derive(Debug)]
pub struct GetResourcePolicy {
    /// Which secret.
    pub secret: SecretRef,
}

/// A secret's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRead {
    /// The secret's ARN and name.
    pub named: Named,
    /// The policy as it was written, when there is one.
    pub policy: Option<String>,
}

impl Operation for GetResourcePolicy {
    type Answer = PolicyRead;

    const NAME: &'static str = "aws-get-resource-policy";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<PolicyRead>, Error> {
        let act = Act::new("GetResourcePolicy", Aspect::Metadata);
        let (proof, known, named) = room.read_at::<Read>(&self.secret, act, |_| {})?;
        let secret = &known.secret;
        let policy = if secret.has_resource_policy {
            let key = keys::resource_policy(secret.id);
            let found = room.records().read_bytes(RecordKind::ResourcePolicy, &key)?;
            found.and_then(|found| found.value.expose_text().map(str::to_owned))
        } else {
            None
        };
        Ok(Performed::read(PolicyRead { named, policy }).at(proof.location()))
    }
}
