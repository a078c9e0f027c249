//! `CancelRotateSecret`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::SecretId;

/// Ends a secret's rotation.
pub struct CancelRotateSecret;

structure! {
    /// What it reads.
    Request("CancelRotateSecretRequest") {
        secret_id: required SecretId = "SecretId",
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

impl Operation for CancelRotateSecret {
    const NAME: &'static str = "CancelRotateSecret";
    const ABOUT: &'static str = "Ends a secret's rotation";
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let cancel = engine::CancelRotateSecret { secret: call.secret(request.secret_id)? };
        let named = call.ask_about(&cancel.secret.id, &cancel)?;
        Ok(Answer { arn: named.arn.into(), name: named.name.into(), version_id: None })
    }
}
