//! `PutResourcePolicy`.

use crate::aws::registry::{Operation, Partly};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{NonEmptyResourcePolicy, ResourcePolicyName, SecretId, truth};

/// Sets a secret's policy.
pub struct PutResourcePolicy;

structure! {
    /// What it reads.
    Request("PutResourcePolicyRequest") {
        secret_id: required SecretId = "SecretId",
        policy: required NonEmptyResourcePolicy = "ResourcePolicy",
        policy_name: optional ResourcePolicyName = "PolicyName",
        block_public: optional truth::Boolean = "BlockPublicPolicy",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        policy_name: maybe String = "PolicyName",
    }
}

impl Operation for PutResourcePolicy {
    const NAME: &'static str = "PutResourcePolicy";
    const ABOUT: &'static str = "Sets a secret's policy";
    const PARTLY: &'static [Partly] = &[Partly { member: "PolicyName", about: "`default` only" }];
    type Request = Request;
    type Answer = Answer;
}
