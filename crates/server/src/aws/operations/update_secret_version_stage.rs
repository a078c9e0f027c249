//! `UpdateSecretVersionStage`.

use strongroom_core::aws::labels::StageUpdate;
use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, label, version};
use crate::aws::fault::Fault;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{SecretId, SecretVersionId, SecretVersionStage};

/// Moves a staging label to another version, or takes it away.
pub struct UpdateSecretVersionStage;

structure! {
    /// What it reads.
    Request("UpdateSecretVersionStageRequest") {
        secret_id: required SecretId = "SecretId",
        stage: required SecretVersionStage = "VersionStage",
        remove_from: optional SecretVersionId = "RemoveFromVersionId",
        move_to: optional SecretVersionId = "MoveToVersionId",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
    }
}

impl Operation for UpdateSecretVersionStage {
    const NAME: &'static str = "UpdateSecretVersionStage";
    const ABOUT: &'static str = "Moves a staging label to another version, or takes it away";
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let update = engine::UpdateSecretVersionStage {
            secret: call.secret(request.secret_id)?,
            update: StageUpdate {
                label: label(request.stage)?,
                remove_from: version(request.remove_from)?,
                move_to: version(request.move_to)?,
            },
        };
        let named = call.ask_about(&update.secret.id, &update)?;
        Ok(Answer { arn: named.arn.into(), name: named.name.into() })
    }
}
