//! `TagResource`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, tags};
use crate::aws::fault::Fault;
use crate::aws::registry::Operation;
use crate::aws::reply::Nothing;
use crate::aws::shape::structure;
use crate::aws::shapes::{SecretId, TagList};

/// Adds tags to a secret.
pub struct TagResource;

structure! {
    /// What it reads.
    Request("TagResourceRequest") {
        secret_id: required SecretId = "SecretId",
        tags: required TagList = "Tags",
    }
}

impl Operation for TagResource {
    const NAME: &'static str = "TagResource";
    const ABOUT: &'static str = "Adds tags to a secret";
    type Request = Request;
    type Answer = Nothing;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let tag = engine::TagResource {
            secret: call.secret(request.secret_id)?,
            tags: tags(Some(request.tags))?,
        };
        call.ask_about(&tag.secret.id, &tag)?;
        Ok(Nothing)
    }
}
