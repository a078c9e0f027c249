//! `sys/health`, which load balancers ask (<https://developer.hashicorp.com/vault/api-docs/system/health>).

use http::StatusCode;
use serde_json::{Value, json};

use super::fault::Fault;
use super::node_route::{NodeCall, NodeRoute};
use super::reply::Reply;
use super::route::{Verb, is_true};
use super::seal::{SERVER, VAULT_VERSION, cluster};

pub(super) const NODE_ROUTES: &[NodeRoute] = &[
    NodeRoute::new(Verb::Read, "sys/health", "Whether the server works, as a status", health),
    NodeRoute::new(Verb::Head, "sys/health", "Whether the server works, as a status", health),
];

/// What a client may ask to be answered with another status, and Vault's status for it. A node of this server is
/// never one of the last three.
const STATES: &[(&str, u16)] = &[
    ("activecode", 200),
    ("sealedcode", 503),
    ("uninitcode", 501),
    ("standbycode", 429),
    ("drsecondarycode", 472),
    ("performancestandbycode", 473),
];

fn health(call: &NodeCall<'_>) -> Result<Reply, Fault> {
    let query = call.incoming.query().unwrap_or_default();
    let codes = codes(query)?;
    let status = call.node.status()?;
    let state = match (status.is_initialised, status.is_sealed) {
        (false, _) => "uninitcode",
        (true, true) => "sealedcode",
        (true, false) => "activecode",
    };
    let code =
        codes.iter().find(|(name, _)| *name == state).map_or(StatusCode::OK, |(_, code)| *code);
    let mut answer = json!({
        "initialized": status.is_initialised,
        "sealed": status.is_sealed,
        "standby": false,
        "performance_standby": false,
        "replication_performance_mode": "disabled",
        "replication_dr_mode": "disabled",
        "server_time_utc": call.incoming.arrived.0 / 1_000,
        "version": VAULT_VERSION,
        "server": SERVER,
    });
    if let (Value::Object(members), Some((name, id))) = (&mut answer, cluster(status.store_id)) {
        members.insert("cluster_name".to_owned(), name.into());
        members.insert("cluster_id".to_owned(), id.into());
    }
    Ok(call.reply(code, answer))
}

/// The status for each state, with what the client asked for.
fn codes(query: &str) -> Result<Vec<(&'static str, StatusCode)>, Fault> {
    let bad = |name: &str| Fault::invalid(format!("bad value for {name} parameter"));
    let given = |wanted: &str| {
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    for name in ["standbyok", "perfstandbyok"] {
        // This node is never a standby: the word only has to be one.
        let is_word = |word: &str| {
            is_true(word) || matches!(word, "0" | "f" | "F" | "false" | "FALSE" | "False")
        };
        if given(name).is_some_and(|word| !word.is_empty() && !is_word(word)) {
            return Err(bad(name));
        }
    }
    let code = |(name, usual): &(&'static str, u16)| {
        let wanted = given(name).map_or(Ok(*usual), str::parse).map_err(|_| bad(name))?;
        // What is no final status, or has no body, is no answer to this.
        let is_final = (200..600).contains(&wanted) && !matches!(wanted, 204 | 205 | 304);
        let code = StatusCode::from_u16(wanted).ok().filter(|_| is_final);
        Ok((*name, code.ok_or_else(|| bad(name))?))
    };
    STATES.iter().map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_can_ask_for_other_statuses_and_for_nothing_else() {
        let code = |query: &str, state: &str| {
            let codes = codes(query).ok()?;
            codes.iter().find(|(name, _)| *name == state).map(|(_, code)| code.as_u16())
        };
        assert_eq!(code("", "sealedcode"), Some(503));
        assert_eq!(code("sealedcode=200&uninitcode=299", "sealedcode"), Some(200));
        assert_eq!(code("sealedcode=200&uninitcode=299", "uninitcode"), Some(299));
        assert_eq!(code("standbyok=true&standbyok=x", "activecode"), Some(200));
        assert_eq!(code("standbyok&perfstandbyok=False", "activecode"), Some(200));
        for bad in
            ["", "abc", "-1", "0", "99", "100", "101", "199", "204", "304", "600", "70000", "2e2"]
        {
            assert_eq!(code(&format!("activecode={bad}"), "activecode"), None, "{bad}");
        }
        assert_eq!(code("standbyok=maybe", "activecode"), None);
    }
}
