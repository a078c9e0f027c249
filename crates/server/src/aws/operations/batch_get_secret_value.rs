//! `BatchGetSecretValue`.

use std::sync::Arc;

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, after, bad_next_token, filters, next_token};
use crate::aws::fault::Fault;
use crate::aws::parts::{ApiError, SecretValueEntry, value_entry};
use crate::aws::read::check_id;
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let which = which(request)?;
        let place = Arc::clone(call.place());
        let read = call.ask(&engine::BatchGetSecretValue { place, which })?;
        let errors = read.errors.iter().map(|(id, error)| {
            let fault = Fault::of(error, &call.context_of("GetSecretValue", id));
            ApiError {
                secret_id: id.clone().into(),
                code: fault.kind().row().name.to_owned().into(),
                message: fault.message().to_owned().into(),
            }
        });
        Ok(Answer {
            errors: errors.collect::<Vec<_>>().into(),
            values: read.values.into_iter().map(value_entry).collect::<Vec<_>>().into(),
            next_token: next_token(read.next),
        })
    }
}

const ONE_OF_BOTH: &str = "Either 'SecretIdList' or 'Filters' must be provided, but not both.";
const ONLY_WITH_FILTERS: &str =
    "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.";

fn which(request: Request) -> Result<engine::Which, Fault> {
    let Request { ids, filters: sent, max_results, next_token } = request;
    match (ids, sent) {
        (Some(_), Some(_)) | (None, None) => Err(Fault::invalid_parameter(ONE_OF_BOTH)),
        (Some(_), None) if max_results.is_some() => {
            Err(Fault::invalid_parameter(ONLY_WITH_FILTERS))
        }
        (Some(_), None) if next_token.is_some() => Err(bad_next_token()),
        (Some(ids), None) => {
            ids.0.iter().try_for_each(check_id)?;
            Ok(engine::Which::Named(ids.0.into_iter().map(|id| id.0).collect()))
        }
        (None, Some(sent)) => Ok(engine::Which::Filtered {
            filters: filters(Some(sent))?,
            after: after(next_token)?,
            limit: max_results
                .and_then(|max| usize::try_from(max.0).ok())
                .unwrap_or(engine::BATCH_MAX),
        }),
    }
}
