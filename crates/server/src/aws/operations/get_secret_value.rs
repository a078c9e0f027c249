//! `GetSecretValue`.

use crate::aws::parts::SecretValueEntry;
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
}
