//! `ValidateResourcePolicy`.

use std::sync::Arc;

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let secret = request.secret_id.map(|id| call.secret(id)).transpose()?;
        let validate = engine::ValidateResourcePolicy {
            place: Arc::clone(call.place()),
            secret,
            policy: request.policy.0,
        };
        let findings = match &validate.secret {
            Some(secret) => call.ask_about(&secret.id, &validate)?,
            None => call.ask(&validate)?,
        };
        let entry = |finding: engine::PolicyFinding| ValidationErrorsEntry {
            check: finding.check.into(),
            message: finding.message.into(),
        };
        Ok(Answer {
            passed: findings.is_empty().into(),
            errors: findings.into_iter().map(entry).collect::<Vec<_>>().into(),
        })
    }
}
