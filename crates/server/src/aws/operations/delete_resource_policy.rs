//! `DeleteResourcePolicy`.

use crate::aws::registry::{Operation, Partly};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{ResourcePolicyName, SecretId};

/// Takes a secret's policy away.
pub struct DeleteResourcePolicy;

structure! {
    /// What it reads.
    Request("DeleteResourcePolicyRequest") {
        secret_id: required SecretId = "SecretId",
        policy_name: optional ResourcePolicyName = "PolicyName",
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

impl Operation for DeleteResourcePolicy {
    const NAME: &'static str = "DeleteResourcePolicy";
    const ABOUT: &'static str = "Takes a secret's policy away";
    const PARTLY: &'static [Partly] = &[Partly { member: "PolicyName", about: "`default` only" }];
    type Request = Request;
    type Answer = Answer;
}
