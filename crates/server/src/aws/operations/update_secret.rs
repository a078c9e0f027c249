//! `UpdateSecret`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, check_key, client_token, payload};
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let secret = call.secret(request.secret_id)?;
        check_key(request.kms_key_id.as_ref())?;
        let update = engine::UpdateSecret {
            secret,
            client_token: client_token(request.client_token)?,
            description: request.description.map(|description| description.0),
            payload: payload(request.text, request.binary)?,
        };
        let updated = call.ask_about(&update.secret.id, &update)?;
        Ok(Answer {
            arn: updated.named.arn.into(),
            name: updated.named.name.into(),
            version_id: updated.version_id,
        })
    }
}
