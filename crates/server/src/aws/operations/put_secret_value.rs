//! `PutSecretValue`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, client_token, label, payload};
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let secret = call.secret(request.secret_id)?;
        let client_token = client_token(request.client_token)?;
        let payload = payload(request.text, request.binary)?;
        let stages = request.stages.map(|stages| stages.0.into_iter().map(label).collect());
        let put = engine::PutSecretValue {
            secret,
            client_token,
            payload: payload.ok_or_else(|| Fault::invalid_request(NO_VALUE))?,
            stages: stages.transpose()?,
        };
        let put = call.ask_about(&put.secret.id, &put)?;
        Ok(Answer {
            arn: put.named.arn.into(),
            name: put.named.name.into(),
            version_id: put.version_id.into(),
            stages: put.stages.into(),
        })
    }
}

const NO_VALUE: &str = "You must provide either SecretString or SecretBinary.";
