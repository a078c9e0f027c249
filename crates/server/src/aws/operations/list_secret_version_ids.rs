//! `ListSecretVersionIds`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, after, limit, next_token};
use crate::aws::fault::Fault;
use crate::aws::parts::{VersionEntry, version_entry};
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let list = engine::ListSecretVersionIds {
            secret: call.secret(request.secret_id)?,
            deprecated: request.deprecated.is_some_and(|deprecated| deprecated.0),
            after: after(request.next_token)?,
            limit: limit(request.max_results),
        };
        let page = call.ask_about(&list.secret.id, &list)?;
        Ok(Answer {
            versions: page.versions.into_iter().map(version_entry).collect::<Vec<_>>().into(),
            next_token: next_token(page.next),
            arn: page.named.arn.into(),
            name: page.named.name.into(),
        })
    }
}
