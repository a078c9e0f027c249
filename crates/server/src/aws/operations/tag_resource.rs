//! `TagResource`.

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
}
