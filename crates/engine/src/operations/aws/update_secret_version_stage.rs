use strongroom_core::aws::labels::{self, StageFault, StageUpdate};
use strongroom_core::aws::token::ClientRequestToken;
use strongroom_core::model::TransitionError;
use strongroom_store::Batch;

use super::place::{Act, Opened, SecretRef};
use super::rule::{AwsClass, refuse};
use super::view::Named;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// Move a label from one version to another, put it on one, or take it off.
#[derive(Debug)]
pub struct UpdateSecretVersionStage {
    /// Which secret.
    pub secret: SecretRef,
    /// What is moved from where to where.
    pub update: StageUpdate,
}

const ACT: Act = Act::new("UpdateSecretVersionStage", Aspect::Data);

impl Operation for UpdateSecretVersionStage {
    type Answer = Named;

    const NAME: &'static str = "aws-update-secret-version-stage";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Named>, Error> {
        let Opened { proof, found, named } = room.open_at::<Write>(&self.secret, ACT, |facts| {
            facts.add("secretsmanager:versionstage", self.update.label.as_str());
        })?;
        let mut secret = found.value.clone();
        if secret.is_deleted() {
            return Err(Error::Deleted(named.name));
        }
        labels::update_stage(&mut secret, &self.update, room.now).map_err(refused)?;
        let mut batch = Batch::default();
        room.put_secret(&mut batch, proof.location(), &secret, Some(&found))?;
        let to = self.update.move_to.as_ref();
        let stage =
            format!("{} to {}", self.update.label, to.map_or("none", ClientRequestToken::as_str));
        Ok(Performed::change(named, batch).at(proof.location()).naming("stage", stage))
    }
}

fn refused(fault: StageFault) -> Error {
    match fault {
        StageFault::Transition(TransitionError::TooManyLabels) => {
            refuse(AwsClass::LimitExceeded, fault.to_string())
        }
        StageFault::Transition(error) => error.into(),
        StageFault::NoSuchVersion(_) => refuse(AwsClass::ResourceNotFound, fault.to_string()),
        _ => refuse(AwsClass::InvalidParameter, fault.to_string()),
    }
}
