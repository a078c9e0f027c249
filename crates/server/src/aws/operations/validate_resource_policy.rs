//! `ValidateResourcePolicy`.

use crate::aws::parts::ValidationErrorsEntry;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{NonEmptyResourcePolicy, SecretId};

/// What is wrong with a policy.
pub struct ValidateResourcePolicy;

structure! {
    /// What it reads.
    Request("ValidateResourcePolicyRequest") {
        secret_id: optional SecretId = "SecretId",
        policy: required NonEmptyResourcePolicy = "ResourcePolicy",
    }
}

answer! {
    /// What it answers.
    Answer {
        passed: always bool = "PolicyValidationPassed",
        errors: always Vec<ValidationErrorsEntry> = "ValidationErrors",
    }
}

impl Operation for ValidateResourcePolicy {
    const NAME: &'static str = "ValidateResourcePolicy";
    const ABOUT: &'static str = "What is wrong with a policy";
    type Request = Request;
    type Answer = Answer;
}
