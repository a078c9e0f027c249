//! `RestoreSecret`.

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
}
