//! `PutResourcePolicy`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, check_policy_name};
use crate::aws::fault::Fault;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        check_policy_name(request.policy_name.as_ref())?;
        let put = engine::PutResourcePolicy {
            secret: call.secret(request.secret_id)?,
            policy: request.policy.0,
            block_public: request.block_public.is_some_and(|block| block.0),
        };
        let named = call.ask_about(&put.secret.id, &put)?;
        Ok(Answer {
            arn: named.arn.into(),
            name: named.name.into(),
            policy_name: request.policy_name.map(|name| name.0),
        })
    }
}
