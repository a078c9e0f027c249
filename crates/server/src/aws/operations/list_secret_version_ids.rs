//! `ListSecretVersionIds`.

use crate::aws::parts::VersionEntry;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{MaxResults, NextToken, SecretId, truth};

/// A secret's versions, in pages.
pub struct ListSecretVersionIds;

structure! {
    /// What it reads.
    Request("ListSecretVersionIdsRequest") {
        secret_id: required SecretId = "SecretId",
        max_results: optional MaxResults = "MaxResults",
        next_token: optional NextToken = "NextToken",
        deprecated: optional truth::Boolean = "IncludeDeprecated",
    }
}

answer! {
    /// What it answers.
    Answer {
        versions: always Vec<VersionEntry> = "Versions",
        next_token: maybe String = "NextToken",
        arn: always String = "ARN",
        name: always String = "Name",
    }
}

impl Operation for ListSecretVersionIds {
    const NAME: &'static str = "ListSecretVersionIds";
    const ABOUT: &'static str = "A secret's versions, in pages";
    type Request = Request;
    type Answer = Answer;
}
