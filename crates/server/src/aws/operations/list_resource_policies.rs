//! `ListResourcePolicies`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, DEFAULT_POLICY, bad_next_token};
use crate::aws::fault::Fault;
use crate::aws::parts::ResourcePolicySummary;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{MaxResults, NextToken, SecretId};

/// The names of a secret's policies.
pub struct ListResourcePolicies;

structure! {
    /// What it reads.
    Request("ListResourcePoliciesRequest") {
        secret_id: required SecretId = "SecretId",
        max_results: optional MaxResults = "MaxResults",
        next_token: optional NextToken = "NextToken",
    }
}

answer! {
    /// What it answers.
    Answer {
        policies: always Vec<ResourcePolicySummary> = "ResourcePolicies",
        next_token: maybe String = "NextToken",
    }
}

impl Operation for ListResourcePolicies {
    const NAME: &'static str = "ListResourcePolicies";
    const ABOUT: &'static str = "The names of a secret's policies";
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        if request.next_token.is_some() {
            return Err(bad_next_token());
        }
        let get = engine::GetResourcePolicy { secret: call.secret(request.secret_id)? };
        let read = call.ask_about(&get.secret.id, &get)?;
        let summary = |_| ResourcePolicySummary { name: DEFAULT_POLICY.to_owned().into() };
        Ok(Answer {
            policies: read.policy.map(summary).into_iter().collect::<Vec<_>>().into(),
            next_token: None,
        })
    }
}
