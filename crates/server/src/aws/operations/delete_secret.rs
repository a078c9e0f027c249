//! `DeleteSecret`.

use crate::aws::registry::Operation;
use crate::aws::reply::{Moment, answer};
use crate::aws::shape::structure;
use crate::aws::shapes::{RecoveryWindowInDays, SecretId, truth};

/// Deletes a secret: after a window of days, or at once.
pub struct DeleteSecret;

structure! {
    /// What it reads.
    Request("DeleteSecretRequest") {
        secret_id: required SecretId = "SecretId",
        window_days: optional RecoveryWindowInDays = "RecoveryWindowInDays",
        force: optional truth::Boolean = "ForceDeleteWithoutRecovery",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        deletion_date: always Moment = "DeletionDate",
    }
}

impl Operation for DeleteSecret {
    const NAME: &'static str = "DeleteSecret";
    const ABOUT: &'static str = "Deletes a secret: after a window of days, or at once";
    type Request = Request;
    type Answer = Answer;
}
