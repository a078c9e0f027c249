//! What the server shows of itself, and its tools: `sys/metrics`, `sys/host-info`, `sys/internal/ui/resultant-acl`,
//! `sys/tools` (<https://developer.hashicorp.com/vault/api-docs/system>).

use http::StatusCode;
use serde_json::{Map, Value, json};
use strongroom_engine::operations::system::{
    ListVersions, ReadResultantAcl, ReadSystem, SystemPage,
};

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};
use super::transit::bytes::{hash, random};
use crate::metrics::CONTENT_TYPE;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "metrics", "What the server counts, for Prometheus", metrics),
    Route::new(Verb::Read, "host-info", "The machine that the server runs on", host_info),
    Route::new(
        Verb::Read,
        "internal/ui/resultant-acl",
        "What the caller's policies allow, rule by rule",
        resultant_acl,
    ),
    Route::new(Verb::List, "version-history", "The versions that have served the store", versions),
    Route::new(Verb::Write, "tools/random", "Random bytes", random),
    Route::new(Verb::Write, "tools/random/{first}", "Random bytes", random),
    Route::new(Verb::Write, "tools/random/{first}/{second}", "Random bytes", random),
    Route::new(Verb::Write, "tools/hash", "Hash", hash),
    Route::new(Verb::Write, "tools/hash/{hash}", "Hash", hash),
];

fn metrics(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::Metrics))?;
    if call.query("format").as_deref() != Some("prometheus") {
        return Err(Fault::unsupported("metrics are shown with format=prometheus only"));
    }
    Ok(Reply::Bytes(StatusCode::OK, CONTENT_TYPE, call.metrics.render().into()))
}

/// As much of Vault's answer as the kernel tells without a look at other processes.
fn host_info(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::HostInfo))?;
    let (system, numbers) = (rustix::system::uname(), rustix::system::sysinfo());
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let unit = u64::from(numbers.mem_unit);
    let bytes = |units: u64| units.saturating_mul(unit);
    Ok(Reply::data(json!({
        "timestamp": super::leases::rfc3339(call.now()),
        "host": {
            "hostname": text(system.nodename()),
            "os": text(system.sysname()).to_lowercase(),
            "kernelVersion": text(system.release()),
            "kernelArch": text(system.machine()),
            "procs": numbers.procs,
            "uptime": numbers.uptime,
        },
        "memory": { "total": bytes(numbers.totalram), "free": bytes(numbers.freeram) },
    })))
}

fn resultant_acl(call: &Call<'_>) -> Result<Reply, Fault> {
    let acl = call.ask(&ReadResultantAcl)?;
    let (mut exact, mut globs) = (Map::new(), Map::new());
    for (path, words) in acl.rules {
        let granted = json!({ "capabilities": words });
        match path.strip_suffix('*') {
            Some(prefix) => globs.insert(prefix.to_owned(), granted),
            None if path.contains('+') => globs.insert(path, granted),
            None => exact.insert(path, granted),
        };
    }
    let mut data = json!({ "root": acl.root });
    if let (false, Value::Object(members)) = (acl.root, &mut data) {
        members.insert("exact_paths".to_owned(), exact.into());
        members.insert("glob_paths".to_owned(), globs.into());
    }
    Ok(Reply::data(data))
}

/// Versions of this program, not of Vault's.
fn versions(call: &Call<'_>) -> Result<Reply, Fault> {
    let versions = call.ask(&ListVersions)?;
    let mut before = Value::Null;
    let mut told = Map::new();
    for (version, at) in &versions {
        let info = json!({
            "build_date": "",
            "previous_version": before,
            "timestamp_installed": super::leases::rfc3339(*at),
        });
        told.insert(version.clone(), info);
        before = version.clone().into();
    }
    if versions.is_empty() {
        return Err(Fault::nothing());
    }
    let keys: Vec<_> = versions.into_iter().map(|(version, _)| version).collect();
    Ok(Reply::data(json!({ "keys": keys, "key_info": told })))
}
