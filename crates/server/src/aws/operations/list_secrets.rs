//! `ListSecrets`.

use std::sync::Arc;

use strongroom_core::aws::filters;
use strongroom_engine::operations::aws as engine;

use crate::aws::call::{self, Call, after, limit, next_token};
use crate::aws::fault::Fault;
use crate::aws::parts::{SecretListEntry, secret_entry};
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let list = engine::ListSecrets {
            planned_deletion: request.planned_deletion.is_some_and(|planned| planned.0),
            filters: call::filters(request.filters)?,
            sort: request.sort_by.and_then(|by| filters::SortBy::named(&by.0)).unwrap_or_default(),
            ascending: request.sort_order.is_some_and(|order| order.0 == "asc"),
            after: after(request.next_token)?,
            limit: limit(request.max_results),
            place: Arc::clone(call.place()),
        };
        let page = call.ask(&list)?;
        Ok(Answer {
            secrets: page.secrets.into_iter().map(secret_entry).collect::<Vec<_>>().into(),
            next_token: next_token(page.next),
        })
    }
}
