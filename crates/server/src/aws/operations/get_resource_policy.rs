//! `GetResourcePolicy`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, check_policy_name};
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        check_policy_name(request.policy_name.as_ref())?;
        let get = engine::GetResourcePolicy { secret: call.secret(request.secret_id)? };
        let read = call.ask_about(&get.secret.id, &get)?;
        Ok(Answer {
            arn: read.named.arn.into(),
            name: read.named.name.into(),
            policy: read.policy,
            policy_name: request.policy_name.map(|name| name.0),
        })
    }
}
