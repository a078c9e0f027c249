//! `UpdateSecretVersionStage`.

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
}
