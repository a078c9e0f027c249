//! `RotateSecret`.

use strongroom_core::aws::schedule;
use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, rotation_client_token};
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        rotation_client_token(request.client_token)?;
        check_rules(request.rules)?;
        let rotate = engine::RotateSecret {
            secret: call.secret(request.secret_id)?,
            function: request.lambda_arn.map(|arn| arn.0),
        };
        let named = call.ask_about(&rotate.secret.id, &rotate)?;
        Ok(Answer { arn: named.arn.into(), name: named.name.into(), version_id: None })
    }
}

/// That the rules can be kept, where there are some.
fn check_rules(rules: Option<RotationRules>) -> Result<(), Fault> {
    let Some(rules) = rules else { return Ok(()) };
    let expression = rules.schedule.as_ref().map(|schedule| schedule.0.as_str());
    let duration = rules.duration.as_ref().map(|duration| duration.0.as_str());
    let read =
        schedule::RotationRules::new(rules.after_days.map(|days| days.0), expression, duration);
    read.map(drop).map_err(|error| Fault::invalid_parameter(error.to_string()))
}
