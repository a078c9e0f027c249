//! What the server shows of itself, and its tools: `sys/metrics`, `sys/internal/ui/resultant-acl`, `sys/ha-status`,
//! `sys/version-history`, `sys/config`, `sys/tools` (<https://developer.hashicorp.com/vault/api-docs/system>).

use http::StatusCode;
use serde_json::{Map, Value, json};
use strongroom_engine::operations::system::{
    ListVersions, ReadResultantAcl, ReadSystem, SystemPage,
};

use super::call::Call;
use super::fault::Fault;
use super::host::host_info;
use super::leases::rfc3339;
use super::reply::Reply;
use super::route::{Route, Verb};
use super::seal::SERVER;
use super::transit::bytes::{hash, random};
use crate::metrics::{CONTENT_TYPE, Kind, Metrics};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "metrics", "What the server counts, as JSON or for Prometheus", metrics)
        .without("in JSON: rates, extremes, deviations; names are Strongroom's"),
    Route::new(Verb::Read, "host-info", "The machine that the server runs on", host_info)
        .without("what the kernel does not tell: platform, virtualisation, host id"),
    Route::new(
        Verb::Read,
        "internal/ui/resultant-acl",
        "What the caller's policies allow, rule by rule",
        resultant_acl,
    ),
    Route::new(Verb::Read, "ha-status", "The nodes of this server: one", ha_status),
    Route::new(Verb::Read, "config/cors", "Whether web pages may ask: none may", cross_origin),
    Route::unsupported(Verb::Write, "config/cors"),
    Route::unsupported(Verb::Delete, "config/cors"),
    Route::unsupported(Verb::List, "config/ui/headers"),
    Route::unsupported(Verb::Read, "config/ui/headers/{name}"),
    Route::unsupported(Verb::Write, "config/ui/headers/{name}"),
    Route::unsupported(Verb::Delete, "config/ui/headers/{name}"),
    Route::new(Verb::List, "version-history", "The versions that have served the store", versions),
    Route::new(Verb::Write, "tools/random", "Random bytes", random),
    Route::new(Verb::Write, "tools/random/{first}", "Random bytes", random),
    Route::new(Verb::Write, "tools/random/{first}/{second}", "Random bytes", random),
    Route::new(Verb::Write, "tools/hash", "Hash", hash),
    Route::new(Verb::Write, "tools/hash/{hash}", "Hash", hash),
];

fn metrics(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::Metrics))?;
    match call.query("format").as_deref() {
        Some("prometheus") => {
            Ok(Reply::Bytes(StatusCode::OK, CONTENT_TYPE, call.metrics.render().into()))
        }
        None | Some("") => {
            Ok(Reply::Raw(StatusCode::OK, telemetry(call.metrics, &rfc3339(call.now()))))
        }
        Some(_) => Err(Fault::invalid("a format of metrics is prometheus, or none for JSON")),
    }
}

/// What is counted, in the shape of Vault's telemetry. Of a histogram the number and the sum are told.
fn telemetry(metrics: &Metrics, now: &str) -> Value {
    let of = |wanted: Kind| {
        let samples = metrics.samples().into_iter().filter(move |sample| sample.kind == wanted);
        samples.collect::<Vec<_>>()
    };
    let labels = |labels: Vec<(&'static str, String)>| {
        labels.into_iter().map(|(name, value)| (name.to_owned(), value.into()))
    };
    let named = |name: &str, pairs: Vec<(&'static str, String)>, rest: Value| {
        let mut value = json!({ "Name": name, "Labels": Map::from_iter(labels(pairs)) });
        if let (Value::Object(members), Value::Object(more)) = (&mut value, rest) {
            members.extend(more);
        }
        value
    };
    let gauges = of(Kind::Gauge).into_iter();
    let gauges = gauges.map(|s| named(s.name, s.labels, json!({ "Value": s.sum })));
    let measured = |kind| {
        let samples = of(kind).into_iter();
        samples
            .map(|s| named(s.name, s.labels, json!({ "Count": s.count, "Sum": s.sum })))
            .collect::<Vec<Value>>()
    };
    json!({
        "Timestamp": now,
        "Gauges": gauges.collect::<Vec<Value>>(),
        "Points": [],
        "Counters": measured(Kind::Counter),
        "Samples": measured(Kind::Histogram),
    })
}

fn ha_status(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::Nodes))?;
    let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Ok(Reply::data(json!({ "nodes": [{
        "hostname": hostname,
        "api_address": "",
        "cluster_address": "",
        "active_node": true,
        "last_echo": null,
        "version": SERVER,
    }] })))
}

/// No answer has a header field that lets a browser show it to a page of another origin.
fn cross_origin(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::CrossOrigin))?;
    Ok(Reply::data(json!({ "enabled": false, "allowed_origins": [], "allowed_headers": [] })))
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
            "timestamp_installed": rfc3339(*at),
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
