//! `PutSecretValue`.

use crate::aws::registry::{Operation, Refused, refusals};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{
    ClientRequestToken, RotationToken, SecretBinary, SecretId, SecretString, SecretVersionStages,
};

/// Adds a version.
pub struct PutSecretValue;

structure! {
    /// What it reads.
    Request("PutSecretValueRequest") {
        secret_id: required SecretId = "SecretId",
        client_token: optional ClientRequestToken = "ClientRequestToken",
        binary: optional SecretBinary = "SecretBinary",
        text: optional SecretString = "SecretString",
        stages: optional SecretVersionStages = "VersionStages",
        rotation_token: optional RotationToken = "RotationToken",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        version_id: always String = "VersionId",
        stages: always Vec<String> = "VersionStages",
    }
}

impl Operation for PutSecretValue {
    const NAME: &'static str = "PutSecretValue";
    const ABOUT: &'static str = "Adds a version";
    const REFUSED: &'static [Refused] =
        &[Refused { member: "RotationToken", text: refusals::ROTATION_TOKEN }];
    type Request = Request;
    type Answer = Answer;
}
