use strongroom_core::model::{AWSCURRENT, Label, Payload, Secret, Selector, Version};

use super::place::{Act, SecretRef};
use super::rule::{AwsClass, refuse};
use super::versions;
use super::view::{Named, VersionView};
use crate::error::Error;
use crate::operations::PRUNED_READS_MAX;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Authorized, Performed, Read};

pub(super) const ACT: Act = Act::new("GetSecretValue", Aspect::Data);

/// Read one version's value: the current one's when neither an identifier nor a label is given.
#[derive(Debug)]
pub struct GetSecretValue {
    /// Which secret.
    pub secret: SecretRef,
    /// The version's identifier.
    pub version_id: Option<String>,
    /// The label that it has.
    pub stage: Option<String>,
}

/// A value with what is known of its version.
#[derive(Debug)]
pub struct ValueRead {
    /// The secret's ARN and name.
    pub named: Named,
    /// The version.
    pub version: VersionView,
    /// What it holds.
    pub payload: Payload,
}

impl Operation for GetSecretValue {
    type Answer = ValueRead;

    const NAME: &'static str = "aws-get-secret-value";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<ValueRead>, Error> {
        let (proof, number, read) = self.read(room)?;
        Ok(Performed::read(read).of_version(number).at(proof.location()))
    }
}

impl GetSecretValue {
    pub(super) fn read(
        &self,
        room: &Room<'_>,
    ) -> Result<(Authorized<Read>, u64, ValueRead), Error> {
        for _ in 0..PRUNED_READS_MAX {
            let (proof, known, named) = room.read_at::<Read>(&self.secret, ACT, |facts| {
                facts.add_some("secretsmanager:versionid", &self.version_id);
                facts.add_some("secretsmanager:versionstage", &self.stage);
            })?;
            let secret = &known.secret;
            if secret.is_deleted() {
                return Err(Error::Deleted(named.name));
            }
            let version = self.version(secret)?;
            // What Vault or Azure hid is not there for anybody.
            if version.hidden(room.now).is_some() {
                return Err(self.missing());
            }
            if let Some(payload) = room.known_payload(&proof, &known, version)? {
                let view = VersionView::of(version);
                let number = version.number.0;
                return Ok((proof, number, ValueRead { named, version: view, payload }));
            }
        }
        Err(Error::damaged(&self.secret.id, "what the version holds is missing"))
    }

    fn version<'s>(&self, secret: &'s Secret) -> Result<&'s Version, Error> {
        let by_stage = |stage: &str| secret.version(&Selector::Label(Label::new(stage).ok()?));
        match (&self.version_id, &self.stage) {
            (None, None) => secret.version(&Selector::Current).ok_or_else(|| self.missing()),
            (None, Some(stage)) => by_stage(stage).ok_or_else(|| self.missing()),
            (Some(id), stage) => {
                let found = versions::by_id(secret, id).ok_or_else(|| self.missing())?;
                if stage.as_ref().is_some_and(|stage| !found.has_label(stage)) {
                    let text = "You provided a VersionStage that is not associated to the provided VersionId.";
                    return Err(refuse(AwsClass::InvalidRequest, text));
                }
                Ok(found)
            }
        }
    }

    fn missing(&self) -> Error {
        let what = match (&self.version_id, &self.stage) {
            (Some(id), _) => format!("VersionId: {id}"),
            (None, stage) => format!("staging label: {}", stage.as_deref().unwrap_or(AWSCURRENT)),
        };
        let text = format!("Secrets Manager can't find the specified secret value for {what}");
        refuse(AwsClass::ResourceNotFound, text)
    }
}
