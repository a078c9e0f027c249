//! `ListResourcePolicies`.

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
}
