//! `UpdateSecret`.

use crate::aws::registry::{Operation, Partly, Refused, refusals};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{
    ClientRequestToken, Description, KmsKeyId, MedeaType, SecretBinary, SecretId, SecretString,
};

/// Changes a secret's description, its value, or both.
pub struct UpdateSecret;

structure! {
    /// What it reads.
    Request("UpdateSecretRequest") {
        secret_id: required SecretId = "SecretId",
        client_token: optional ClientRequestToken = "ClientRequestToken",
        description: optional Description = "Description",
        kms_key_id: optional KmsKeyId = "KmsKeyId",
        binary: optional SecretBinary = "SecretBinary",
        text: optional SecretString = "SecretString",
        kind: optional MedeaType = "Type",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        version_id: maybe String = "VersionId",
    }
}

impl Operation for UpdateSecret {
    const NAME: &'static str = "UpdateSecret";
    const ABOUT: &'static str = "Changes a secret's description, its value, or both";
    const REFUSED: &'static [Refused] = &[Refused { member: "Type", text: refusals::EXTERNAL }];
    const PARTLY: &'static [Partly] =
        &[Partly { member: "KmsKeyId", about: "the default key only: `alias/aws/secretsmanager`" }];
    type Request = Request;
    type Answer = Answer;
}
