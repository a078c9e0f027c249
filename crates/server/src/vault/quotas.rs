//! `sys/quotas` (<https://developer.hashicorp.com/vault/api-docs/system/rate-limit-quotas>).

use serde::Deserialize;
use serde_json::{Number, Value, json};
use strongroom_core::time::Seconds;
use strongroom_engine::operations::quota::{
    DeleteRateLimit, ListRateLimits, ReadQuotaConfig, ReadRateLimit, WriteQuotaConfig,
    WriteRateLimit,
};

use super::body::{Span, Words};
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::List, "quotas/rate-limit", "The names of all rate limits", list),
    Route::new(Verb::Read, "quotas/rate-limit/{name}", "A rate limit", read),
    Route::new(Verb::Write, "quotas/rate-limit/{name}", "Write a rate limit", write)
        .without("`role` (501); `inheritable` for a path (400: there are no namespaces)"),
    Route::new(Verb::Delete, "quotas/rate-limit/{name}", "Remove a rate limit", delete),
    Route::new(Verb::Read, "quotas/config", "Which paths no rate limit counts", read_config),
    Route::new(Verb::Write, "quotas/config", "Say which paths no rate limit counts", write_config)
        .without("a record of each refusal, header fields (501)"),
];

#[derive(Deserialize)]
struct Written {
    rate: Value,
    #[serde(default)]
    path: String,
    interval: Option<Span>,
    block_interval: Option<Span>,
    #[serde(default)]
    role: String,
    /// For the namespaces below one, of which there are none: said of everything it is so already.
    #[serde(default)]
    inheritable: bool,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Config {
    rate_limit_exempt_paths: Words,
    enable_rate_limit_audit_logging: bool,
    enable_rate_limit_response_headers: bool,
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListRateLimits)?)
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let name = call.named("name");
    let limit = call.ask(&ReadRateLimit::new(&name))?;
    Ok(Reply::data(json!({
        "block_interval": limit.block_interval.0,
        "interval": limit.interval.0,
        "name": name,
        "path": limit.path,
        "rate": number(limit.rate),
        "role": "",
        "type": "rate-limit",
    })))
}

/// A rate as Vault writes it: a whole number without a fraction.
fn number(rate: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate is above 0 and at most 10^9"
    )]
    match rate.fract() == 0.0 {
        true => Value::from(rate as u64),
        false => Number::from_f64(rate).map_or(Value::Null, Value::Number),
    }
}

fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Written = call.body.read()?;
    if !written.role.is_empty() {
        call.check_known()?;
        return Err(Fault::unsupported("rate limits on a role are not supported"));
    }
    if written.inheritable && !written.path.trim_matches('/').is_empty() {
        call.check_known()?;
        return Err(Fault::invalid("'inheritable' is for limits on a namespace"));
    }
    if written.kind.is_some_and(|kind| kind != "rate-limit") {
        call.check_known()?;
        return Err(Fault::invalid("'type' is rate-limit"));
    }
    let rate = match &written.rate {
        Value::Number(rate) => rate.as_f64(),
        Value::String(rate) => rate.parse().ok(),
        _ => None,
    };
    let rate = rate.ok_or_else(|| Fault::invalid("'rate' is a number"))?;
    let mut limit = WriteRateLimit::new(&call.named("name"), &written.path, rate);
    limit.interval = written.interval.map_or(Seconds(1), |span| span.0);
    limit.block_interval = written.block_interval.map_or(Seconds(0), |span| span.0);
    call.ask(&limit)?;
    Ok(Reply::Empty)
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteRateLimit::new(&call.named("name")))?;
    Ok(Reply::Empty)
}

fn read_config(call: &Call<'_>) -> Result<Reply, Fault> {
    let (said, always) = call.ask(&ReadQuotaConfig)?;
    let exempt: Vec<&str> = always.iter().copied().chain(said.iter().map(String::as_str)).collect();
    Ok(Reply::data(json!({
        "enable_rate_limit_audit_logging": false,
        "enable_rate_limit_response_headers": false,
        "rate_limit_exempt_paths": exempt,
    })))
}

fn write_config(call: &Call<'_>) -> Result<Reply, Fault> {
    let config: Config = call.body.read()?;
    if config.enable_rate_limit_audit_logging || config.enable_rate_limit_response_headers {
        call.check_known()?;
        let unsupported = "a line of the audit log for each refused request, and header fields, are not supported";
        return Err(Fault::unsupported(unsupported));
    }
    let (_, always) = call.ask(&ReadQuotaConfig)?;
    let paths = config.rate_limit_exempt_paths.0.into_iter();
    let paths = paths.map(|path| path.trim_start_matches("/v1/").trim_matches('/').to_owned());
    let exempt = paths.filter(|path| !always.contains(&path.as_str())).collect();
    call.ask(&WriteQuotaConfig { exempt })?;
    Ok(Reply::Empty)
}
