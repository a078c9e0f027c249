//! `GetSecretValue`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::parts::{SecretValueEntry, value_entry};
use crate::aws::registry::Operation;
use crate::aws::shape::structure;
use crate::aws::shapes::{SecretId, SecretVersionId, SecretVersionStage};

/// A version's value: the current one, that with an id, or that with a label.
pub struct GetSecretValue;

structure! {
    /// What it reads.
    Request("GetSecretValueRequest") {
        secret_id: required SecretId = "SecretId",
        version_id: optional SecretVersionId = "VersionId",
        stage: optional SecretVersionStage = "VersionStage",
    }
}

impl Operation for GetSecretValue {
    const NAME: &'static str = "GetSecretValue";
    const ABOUT: &'static str =
        "A version's value: the current one, that with an id, or that with a label";
    type Request = Request;
    type Answer = SecretValueEntry;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let secret = call.secret(request.secret_id)?;
        let read = engine::GetSecretValue {
            secret,
            version_id: request.version_id.map(|id| id.0),
            stage: request.stage.map(|stage| stage.0),
        };
        Ok(value_entry(call.ask_about(&read.secret.id, &read)?))
    }
}
