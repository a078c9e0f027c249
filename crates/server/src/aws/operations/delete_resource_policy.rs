//! `DeleteResourcePolicy`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, check_policy_name};
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        check_policy_name(request.policy_name.as_ref())?;
        let delete = engine::DeleteResourcePolicy { secret: call.secret(request.secret_id)? };
        let named = call.ask_about(&delete.secret.id, &delete)?;
        Ok(Answer {
            arn: named.arn.into(),
            name: named.name.into(),
            policy_name: request.policy_name.map(|name| name.0),
        })
    }
}
