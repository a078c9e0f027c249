//! `UntagResource`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::registry::Operation;
use crate::aws::reply::Nothing;
use crate::aws::shape::structure;
use crate::aws::shapes::{SecretId, TagKeyList};

/// Takes tags from a secret.
pub struct UntagResource;

structure! {
    /// What it reads.
    Request("UntagResourceRequest") {
        secret_id: required SecretId = "SecretId",
        keys: required TagKeyList = "TagKeys",
    }
}

impl Operation for UntagResource {
    const NAME: &'static str = "UntagResource";
    const ABOUT: &'static str = "Takes tags from a secret";
    type Request = Request;
    type Answer = Nothing;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let untag = engine::UntagResource {
            secret: call.secret(request.secret_id)?,
            keys: request.keys.0.into_iter().map(|key| key.0).collect(),
        };
        call.ask_about(&untag.secret.id, &untag)?;
        Ok(Nothing)
    }
}
