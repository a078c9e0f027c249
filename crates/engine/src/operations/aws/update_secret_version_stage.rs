use strongroom_core::model::{AWSCURRENT, Label, Secret, Selector};
use strongroom_store::Batch;

use super::place::{Act, Opened, SecretRef};
use super::rule::{AwsClass, refuse};
use super::versions::{self, id_of};
use super::view::Named;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// Move a label from one version to another, put it on one, or take it off.
#[derive(Debug)]
pub struct UpdateSecretVersionStage {
    /// Which secret.
    pub secret: SecretRef,
    /// The label.
    pub stage: Label,
    /// The version that has it.
    pub remove_from: Option<String>,
    /// The version that gets it.
    pub move_to: Option<String>,
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
        let Opened { proof, found, named } = room.open_at::<Write>(&self.secret, ACT)?;
        let mut secret = found.value.clone();
        if secret.is_deleted() {
            return Err(Error::Deleted(named.name));
        }
        let to = match &self.move_to {
            None => None,
            Some(id) => Some(versions::by_id(&secret, id).ok_or_else(|| no_version(id))?.number),
        };
        self.check_source(&secret)?;
        secret.move_label(self.stage.clone(), to, room.now)?;
        let mut batch = Batch::default();
        room.put_secret(&mut batch, proof.location(), &secret, Some(&found))?;
        let stage = format!("{} to {}", self.stage, self.move_to.as_deref().unwrap_or("none"));
        Ok(Performed::change(named, batch).at(proof.location()).naming("stage", stage))
    }
}

impl UpdateSecretVersionStage {
    /// That the client knows which version loses the label.
    fn check_source(&self, secret: &Secret) -> Result<(), Error> {
        let stage = &self.stage;
        let holder = secret.version(&Selector::Label(stage.clone())).map(id_of);
        match (&self.remove_from, holder) {
            (None, None) => Ok(()),
            (None, Some(holder)) if self.move_to.as_ref() == Some(&holder) => Ok(()),
            (None, Some(holder)) => {
                let text = format!(
                    "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
                );
                Err(refuse(AwsClass::InvalidParameter, text))
            }
            (Some(given), holder) => {
                versions::by_id(secret, given).ok_or_else(|| no_version(given))?;
                if holder.as_ref() != Some(given) {
                    let text = format!(
                        "The parameter RemoveFromVersionId is not valid. Staging label {stage} is not attached to version {given}."
                    );
                    return Err(refuse(AwsClass::InvalidParameter, text));
                }
                if stage.as_str() == AWSCURRENT && self.move_to.is_none() {
                    let text = "You can't remove staging label AWSCURRENT without moving it to another version in the MoveToVersionId parameter.";
                    return Err(refuse(AwsClass::InvalidParameter, text));
                }
                Ok(())
            }
        }
    }
}

fn no_version(id: &str) -> Error {
    let text = format!("Secrets Manager can't find the specified secret value for VersionId: {id}");
    refuse(AwsClass::ResourceNotFound, text)
}
