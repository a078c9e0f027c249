//! `RestoreSecret`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::SecretId;

/// Brings a secret back whose window has not ended.
pub struct RestoreSecret;

structure! {
    /// What it reads.
    Request("RestoreSecretRequest") {
        secret_id: required SecretId = "SecretId",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
    }
}

impl Operation for RestoreSecret {
    const NAME: &'static str = "RestoreSecret";
    const ABOUT: &'static str = "Brings a secret back whose window has not ended";
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let restore = engine::RestoreSecret { secret: call.secret(request.secret_id)? };
        let named = call.ask_about(&restore.secret.id, &restore)?;
        Ok(Answer { arn: named.arn.into(), name: named.name.into() })
    }
}
