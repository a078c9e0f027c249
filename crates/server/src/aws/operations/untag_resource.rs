//! `UntagResource`.

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
}
