//! `RotateSecret`.

use crate::aws::registry::{Operation, Refused, refusals};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{
    ClientRequestToken, MetadataList, RoleArn, RotationLambdaArn, RotationRules, SecretId, truth,
};

/// Sets when a secret is rotated, and rotates it.
pub struct RotateSecret;

structure! {
    /// What it reads.
    Request("RotateSecretRequest") {
        secret_id: required SecretId = "SecretId",
        client_token: optional ClientRequestToken = "ClientRequestToken",
        lambda_arn: optional RotationLambdaArn = "RotationLambdaARN",
        rules: optional RotationRules = "RotationRules",
        metadata: optional MetadataList = "ExternalSecretRotationMetadata",
        role_arn: optional RoleArn = "ExternalSecretRotationRoleArn",
        immediately: optional truth::Boolean = "RotateImmediately",
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

impl Operation for RotateSecret {
    const NAME: &'static str = "RotateSecret";
    const ABOUT: &'static str = "Sets when a secret is rotated, and rotates it";
    const REFUSED: &'static [Refused] = &[
        Refused { member: "ExternalSecretRotationMetadata", text: refusals::EXTERNAL },
        Refused { member: "ExternalSecretRotationRoleArn", text: refusals::EXTERNAL },
    ];
    type Request = Request;
    type Answer = Answer;
}
