//! `ListSecrets`.

use crate::aws::parts::SecretListEntry;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{FiltersList, MaxResults, NextToken, SortBy, SortOrder, truth};

/// The secrets of a region that the caller may describe, in pages.
pub struct ListSecrets;

structure! {
    /// What it reads.
    Request("ListSecretsRequest") {
        planned_deletion: optional truth::Boolean = "IncludePlannedDeletion",
        max_results: optional MaxResults = "MaxResults",
        next_token: optional NextToken = "NextToken",
        filters: optional FiltersList = "Filters",
        sort_order: optional SortOrder = "SortOrder",
        sort_by: optional SortBy = "SortBy",
    }
}

answer! {
    /// What it answers.
    Answer {
        secrets: always Vec<SecretListEntry> = "SecretList",
        next_token: maybe String = "NextToken",
    }
}

impl Operation for ListSecrets {
    const NAME: &'static str = "ListSecrets";
    const ABOUT: &'static str = "The secrets of a region that the caller may describe, in pages";
    type Request = Request;
    type Answer = Answer;
}
