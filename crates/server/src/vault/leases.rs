//! `sys/leases` and its older forms (<https://developer.hashicorp.com/vault/api-docs/system/leases>).

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_engine::operations::lease::{
    CountLeases, LeaseReference, ListLeases, LookupLease, RenewLease, RevokeLease, RevokePrefix,
    TidyLeases,
};

use super::body::Span;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "leases/lookup", "What is known of a lease", lookup),
    Route::new(Verb::List, "leases/lookup", "The leases there are, one level", list),
    Route::new(Verb::List, "leases/lookup/{prefix..}", "The leases below a prefix", list),
    Route::new(Verb::Write, "leases/renew", "Renew a lease", renew),
    Route::new(Verb::Write, "leases/renew/{id..}", "Renew a lease", renew),
    Route::new(Verb::Write, "leases/revoke", "Take a lease back", revoke),
    Route::new(Verb::Write, "leases/revoke/{id..}", "Take a lease back", revoke),
    Route::new(
        Verb::Write,
        "leases/revoke-prefix/{prefix..}",
        "Take back the leases below a prefix",
        |call| revoke_below(call, false),
    ),
    Route::new(
        Verb::Write,
        "leases/revoke-force/{prefix..}",
        "The same, where their mounts fail to as well",
        |call| revoke_below(call, true),
    ),
    Route::new(Verb::Read, "leases/count", "How many leases there are", count),
    Route::new(Verb::Write, "leases/tidy", "Take back the leases that are over", tidy),
    Route::new(Verb::Write, "renew", "As `leases/renew`", renew),
    Route::new(Verb::Write, "renew/{id..}", "As `leases/renew`", renew),
    Route::new(Verb::Write, "revoke", "As `leases/revoke`", revoke),
    Route::new(Verb::Write, "revoke/{id..}", "As `leases/revoke`", revoke),
    Route::new(Verb::Write, "revoke-prefix/{prefix..}", "As `leases/revoke-prefix`", |call| {
        revoke_below(call, false)
    }),
    Route::new(Verb::Write, "revoke-force/{prefix..}", "As `leases/revoke-force`", |call| {
        revoke_below(call, true)
    }),
];

#[derive(Deserialize)]
#[serde(default)]
struct Named {
    lease_id: String,
    increment: Span,
}

impl Default for Named {
    fn default() -> Self {
        Self { lease_id: String::new(), increment: Span(Seconds(0)) }
    }
}

/// The lease that the path or the body names.
fn named(call: &Call<'_>) -> Result<(LeaseReference, Seconds), Fault> {
    let written: Named = call.body.read()?;
    let in_path = call.named("id");
    let which = match in_path.is_empty() {
        true => LeaseReference { id: written.lease_id, in_path: false },
        false => LeaseReference { id: in_path, in_path: true },
    };
    if which.id.is_empty() {
        return Err(Fault::invalid("lease_id must be specified"));
    }
    Ok((which, written.increment.0))
}

fn lookup(call: &Call<'_>) -> Result<Reply, Fault> {
    let (which, _) = named(call)?;
    let read = call.ask(&LookupLease(which.id))?;
    Ok(Reply::data(json!({
        "id": read.id,
        "issue_time": rfc3339(read.issued),
        "expire_time": read.expires.map(rfc3339),
        "last_renewal": read.renewed.map(rfc3339),
        "renewable": read.renewable,
        "ttl": read.ttl.0,
    })))
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let number = |name: &str| match call.query(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| Fault::invalid("limit is a number")),
    };
    // OpenBao's: no limit is asked for with 0 or less.
    let limit = number("limit")?.and_then(|limit: i64| usize::try_from(limit).ok());
    let list = ListLeases::below(&call.named("prefix"));
    let page = call.ask(&list.page(call.query("after"), limit.filter(|limit| *limit > 0)))?;
    Reply::keys(page.names)
}

fn renew(call: &Call<'_>) -> Result<Reply, Fault> {
    let (which, increment) = named(call)?;
    let (lease, left) = call.ask(&RenewLease::new(which, increment))?;
    Ok(Reply::data(Value::Null).leased(lease.id, left.0, lease.lifetime.renewable))
}

fn revoke(call: &Call<'_>) -> Result<Reply, Fault> {
    let (which, _) = named(call)?;
    call.ask(&RevokeLease::new(which))?;
    Ok(Reply::Empty)
}

fn revoke_below(call: &Call<'_>, forced: bool) -> Result<Reply, Fault> {
    let operation = RevokePrefix::new(&call.named("prefix"), forced);
    while !call.ask(&operation)? {}
    Ok(Reply::Empty)
}

fn count(call: &Call<'_>) -> Result<Reply, Fault> {
    let count = call.ask(&CountLeases)?;
    let kind = call.query("type").unwrap_or_default();
    match kind.as_str() {
        // A lease that could not be taken back stays due: it is not given up.
        "irrevocable" => Ok(Reply::data(json!({ "lease_count": 0, "counts": {} }))),
        "" => Ok(Reply::data(json!({ "lease_count": count.all, "counts": count.by_mount }))),
        _ => Err(Fault::invalid("the type of lease is not known")),
    }
}

fn tidy(call: &Call<'_>) -> Result<Reply, Fault> {
    let (mut operation, mut taken_back) = (TidyLeases::default(), 0);
    loop {
        let part = call.ask(&operation)?;
        taken_back += part.taken_back;
        match part.next {
            Some(next) => operation.after = Some(next),
            None => break,
        }
    }
    let warning = format!("{taken_back} leases that were over were taken back");
    Ok(Reply::data_with(StatusCode::OK, Value::Null).warning(vec![warning]))
}

pub(super) fn rfc3339(time: Timestamp) -> String {
    let mut text = Vec::new();
    time.push_rfc3339(&mut text);
    String::from_utf8(text).unwrap_or_default()
}
