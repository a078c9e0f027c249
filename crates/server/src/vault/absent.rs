//! What only other editions of Vault have. The community's answers so to all of them.

use http::StatusCode;

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{NOT_SUPPORTED, Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    absent(Verb::List, "policies/egp"),
    absent(Verb::Read, "policies/egp/{name}"),
    absent(Verb::Write, "policies/egp/{name}"),
    absent(Verb::Delete, "policies/egp/{name}"),
    absent(Verb::List, "policies/rgp"),
    absent(Verb::Read, "policies/rgp/{name}"),
    absent(Verb::Write, "policies/rgp/{name}"),
    absent(Verb::Delete, "policies/rgp/{name}"),
    absent(Verb::List, "namespaces"),
    absent(Verb::Read, "namespaces/{path..}"),
    absent(Verb::Write, "namespaces/{path..}"),
    absent(Verb::Patch, "namespaces/{path..}"),
    absent(Verb::Delete, "namespaces/{path..}"),
    absent(Verb::Read, "replication/{path..}"),
    absent(Verb::Write, "replication/{path..}"),
    absent(Verb::Read, "license/status"),
    absent(Verb::Read, "config/control-group"),
    absent(Verb::Write, "config/control-group"),
    absent(Verb::Delete, "config/control-group"),
    absent(Verb::Write, "control-group/authorize"),
    absent(Verb::Write, "control-group/request"),
    absent(Verb::List, "managed-keys/{type}"),
    absent(Verb::Read, "managed-keys/{type}/{name}"),
    absent(Verb::Write, "managed-keys/{type}/{name}"),
    absent(Verb::Delete, "managed-keys/{type}/{name}"),
    absent(Verb::List, "quotas/lease-count"),
    absent(Verb::Read, "quotas/lease-count/{name}"),
    absent(Verb::Write, "quotas/lease-count/{name}"),
    absent(Verb::Delete, "quotas/lease-count/{name}"),
];

/// A path of another edition: 404, for those who may do something there.
const fn absent(verb: Verb, pattern: &'static str) -> Route {
    Route::new(verb, pattern, NOT_SUPPORTED, refuse)
}

fn refuse(_: &Call<'_>) -> Result<Reply, Fault> {
    Err(Fault::refused(StatusCode::NOT_FOUND, "unsupported path"))
}
