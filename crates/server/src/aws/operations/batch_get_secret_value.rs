//! `BatchGetSecretValue`.

use crate::aws::parts::{ApiError, SecretValueEntry};
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{FiltersList, MaxResultsBatch, NextToken, SecretIdList};

/// The current values of several secrets, by id or filter.
pub struct BatchGetSecretValue;

structure! {
    /// What it reads.
    Request("BatchGetSecretValueRequest") {
        ids: optional SecretIdList = "SecretIdList",
        filters: optional FiltersList = "Filters",
        max_results: optional MaxResultsBatch = "MaxResults",
        next_token: optional NextToken = "NextToken",
    }
}

answer! {
    /// What it answers.
    Answer {
        values: always Vec<SecretValueEntry> = "SecretValues",
        next_token: maybe String = "NextToken",
        errors: always Vec<ApiError> = "Errors",
    }
}

impl Operation for BatchGetSecretValue {
    const NAME: &'static str = "BatchGetSecretValue";
    const ABOUT: &'static str = "The current values of several secrets, by id or filter";
    type Request = Request;
    type Answer = Answer;
}
