use strongroom_core::aws::policy::PolicyDocument;
use strongroom_core::crypto::RecordKind;
use strongroom_store::Batch;

use super::super::place::{Act, Opened, SecretRef};
use super::super::rule::{AwsClass, refuse};
use super::super::view::Named;
use super::open;
use crate::error::Error;
use crate::keys;
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// Write a secret's policy, in place of the one that it has.
#[derive(Debug)]
pub struct PutResourcePolicy {
    /// Which secret.
    pub secret: SecretRef,
    /// The policy.
    pub policy: String,
    /// Whether one that lets everybody in is refused.
    pub block_public: bool,
}

impl Operation for PutResourcePolicy {
    type Answer = Named;

    const NAME: &'static str = "aws-put-resource-policy";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Named>, Error> {
        let act = Act::new("PutResourcePolicy", Aspect::Metadata);
        let Opened { proof, found, named } = open(room, &self.secret, act, |facts| {
            facts.add("secretsmanager:blockpublicpolicy", self.block_public.to_string());
        })?;
        let policy = PolicyDocument::parse(&self.policy)
            .map_err(|error| refuse(AwsClass::MalformedPolicyDocument, error.to_string()))?;
        if self.block_public && policy.is_public() {
            let text = "Resource-based policy grants broad access to your secret.";
            return Err(refuse(AwsClass::PublicPolicy, text));
        }
        let mut secret = found.value.clone();
        secret.has_resource_policy = true;
        secret.updated = room.now;
        let mut batch = Batch::default();
        room.put_secret(&mut batch, proof.location(), &secret, Some(&found))?;
        let key = keys::resource_policy(secret.id);
        let text = policy.text().as_bytes();
        batch.writes.push(room.records().put_bytes(RecordKind::ResourcePolicy, key, text));
        Ok(Performed::change(named, batch).at(proof.location()))
    }
}
