//! `GetResourcePolicy`.

use crate::aws::registry::{Operation, Partly};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{ResourcePolicyName, SecretId};

/// A secret's policy.
pub struct GetResourcePolicy;

structure! {
    /// What it reads.
    Request("GetResourcePolicyRequest") {
        secret_id: required SecretId = "SecretId",
        policy_name: optional ResourcePolicyName = "PolicyName",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        policy: maybe String = "ResourcePolicy",
        policy_name: maybe String = "PolicyName",
    }
}

impl Operation for GetResourcePolicy {
    const NAME: &'static str = "GetResourcePolicy";
    const ABOUT: &'static str = "A secret's policy";
    const PARTLY: &'static [Partly] = &[Partly { member: "PolicyName", about: "`default` only" }];
    type Request = Request;
    type Answer = Answer;
}
