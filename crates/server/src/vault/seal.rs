//! The life of the store and its keys: `sys/init`, `sys/unseal`, `sys/seal`, `sys/key-status`, `sys/rotate`
//! (<https://developer.hashicorp.com/vault/api-docs/system/seal>).

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_core::crypto::seal::SealMethod;
use strongroom_core::secret::UnsealShare;
use strongroom_engine::operations::RotateDataKey;
use strongroom_engine::operations::seal::ReadKeyStatus;
use strongroom_engine::operations::system::{ReadSystem, SystemPage};
use strongroom_engine::{DATA_KEY_COMMITS_MAX, Kind, SealStatus};

use super::call::{Call, secret};
use super::fault::Fault;
use super::mounts::uuid;
use super::node_route::{NodeCall, NodeRoute};
use super::reply::Reply;
use super::route::{Route, Verb};

/// The version of Vault whose API this is, for clients that decide by it.
pub(super) const VAULT_VERSION: &str = "1.16.0";
/// What answers in truth.
pub(super) const SERVER: &str = concat!("strongroom ", env!("CARGO_PKG_VERSION"));

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "seal", "Forget the keys", seal),
    Route::new(Verb::Read, "key-status", "The data key that encrypts", key_status),
    Route::new(Verb::Write, "rotate", "Make the next data key", rotate),
    Route::new(
        Verb::Read,
        "rotate/config",
        "After how many commits the next data key is made",
        config,
    ),
    Route::unsupported(Verb::Write, "rotate/config"),
];

pub(super) const NODE_ROUTES: &[NodeRoute] = &[
    NodeRoute::new(Verb::Read, "sys/init", "Whether the store has keys", is_initialised),
    NodeRoute::new(Verb::Write, "sys/init", "Give the store its first keys", initialise).without(
        "`pgp_keys`, `root_token_pgp_key` (501), `stored_shares`, recovery keys (refused)",
    ),
    NodeRoute::new(Verb::Read, "sys/seal-status", "Whether the store is sealed", status),
    NodeRoute::new(Verb::Write, "sys/unseal", "Bring one part of the key", unseal)
        .without("`migrate` (501)"),
    NodeRoute::new(Verb::Read, "sys/leader", "Which node leads: there is one", leader),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Init {
    secret_shares: i64,
    secret_threshold: i64,
    pgp_keys: Vec<String>,
    root_token_pgp_key: String,
    recovery_shares: i64,
    recovery_threshold: i64,
    recovery_pgp_keys: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Unseal {
    key: String,
    reset: bool,
    migrate: bool,
}

fn is_initialised(call: &NodeCall<'_>) -> Result<Reply, Fault> {
    let is_initialised = call.node.method()?.is_some();
    Ok(Reply::Raw(StatusCode::OK, json!({ "initialized": is_initialised })))
}

fn initialise(call: &NodeCall<'_>) -> Result<Reply, Fault> {
    let asked: Init = call.body.read()?;
    if !asked.pgp_keys.is_empty() || !asked.root_token_pgp_key.is_empty() {
        return Err(no_pgp());
    }
    call.body.refuse(None, &["stored_shares"])?;
    let recovery = asked.recovery_shares != 0
        || asked.recovery_threshold != 0
        || !asked.recovery_pgp_keys.is_empty();
    if recovery {
        return Err(Fault::invalid("recovery keys are not applicable to seal type shamir"));
    }
    let made = call.node.initialise(asked.secret_shares, asked.secret_threshold, &call.request);
    let made = made.map_err(|error| match error.kind() {
        Kind::AlreadyExists => Fault::invalid("Vault is already initialized"),
        _ => error.into(),
    })?;
    let (keys, keys_base64) = spelled(&made.shares);
    let root_token = made.root_token.expose_text().unwrap_or_default();
    let answer = json!({ "keys": keys, "keys_base64": keys_base64, "root_token": root_token });
    Ok(Reply::Raw(StatusCode::OK, answer))
}

fn status(call: &NodeCall<'_>) -> Result<Reply, Fault> {
    Ok(Reply::Raw(StatusCode::OK, described(&call.node.status()?)))
}

fn unseal(call: &NodeCall<'_>) -> Result<Reply, Fault> {
    let asked: Unseal = call.body.read()?;
    if asked.migrate {
        return Err(Fault::unsupported("the migration of a seal is not supported"));
    }
    if call.node.method()?.is_none() {
        return Err(Fault::invalid("Vault is not initialized"));
    }
    let status = match asked {
        Unseal { reset: true, .. } => call.node.reset_unseal()?,
        Unseal { key, .. } if key.is_empty() => {
            return Err(Fault::invalid(
                "'key' must be specified in request body as JSON, or 'reset' set to true",
            ));
        }
        Unseal { key, .. } => call.node.unseal(&secret(&key), &call.request)?,
    };
    Ok(Reply::Raw(StatusCode::OK, described(&status)))
}

fn leader(_: &NodeCall<'_>) -> Result<Reply, Fault> {
    let answer = json!({
        "ha_enabled": false,
        "is_self": false,
        "leader_address": "",
        "leader_cluster_address": "",
        "performance_standby": false,
        "performance_standby_last_remote_wal": 0,
    });
    Ok(Reply::Raw(StatusCode::OK, answer))
}

fn seal(call: &Call<'_>) -> Result<Reply, Fault> {
    call.node.seal(call.request())?;
    Ok(Reply::Empty)
}

fn key_status(call: &Call<'_>) -> Result<Reply, Fault> {
    let status = call.ask(&ReadKeyStatus)?;
    let members = [
        ("term", json!(status.number)),
        ("install_time", json!(status.made.to_string())),
        ("encryptions", json!(status.commits)),
    ];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Ok(Reply::data_and_beside(Map::from_iter(members)))
}

fn rotate(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&RotateDataKey)?;
    Ok(Reply::Empty)
}

/// A data key is followed by the next after a number of commits that is fixed.
fn config(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&ReadSystem(SystemPage::RotationConfig))?;
    let members = [
        ("enabled", json!(true)),
        ("interval", json!(0)),
        ("max_operations", json!(DATA_KEY_COMMITS_MAX)),
    ];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Ok(Reply::data_and_beside(Map::from_iter(members)))
}

/// The name and the number of the store that is open.
pub(super) fn cluster(store_id: Option<[u8; 16]>) -> Option<(String, String)> {
    let id = uuid(&format!("{:032x}", u128::from_be_bytes(store_id?)));
    let name = format!("strongroom-{}", id.get(..8).unwrap_or_default());
    Some((name, id))
}

/// Shares in hexadecimal digits and in base64.
pub(super) fn spelled(shares: &[UnsealShare]) -> (Vec<String>, Vec<String>) {
    let hex = shares.iter().filter_map(|share| Some(share.to_hex()?.as_str().to_owned()));
    let base64 = shares.iter().filter_map(|share| share.expose_text().map(str::to_owned));
    (hex.collect(), base64.collect())
}

pub(super) fn no_pgp() -> Fault {
    Fault::unsupported("encryption for PGP keys is not supported")
}

fn described(status: &SealStatus) -> Value {
    let method = status.method.as_ref();
    let mut answer = json!({
        "type": method.map_or("shamir", SealMethod::name),
        "initialized": status.is_initialised,
        "sealed": status.is_sealed,
        "t": method.map_or(0, SealMethod::parts_needed),
        "n": method.map_or(0, SealMethod::parts),
        "progress": status.progress,
        "nonce": status.nonce,
        "version": VAULT_VERSION,
        "build_date": "",
        "server": SERVER,
        "migration": false,
        "recovery_seal": false,
    });
    if let Value::Object(members) = &mut answer {
        members.extend(status.storage.map(|storage| ("storage_type".to_owned(), storage.into())));
        if let Some((name, id)) = cluster(status.store_id) {
            members.insert("cluster_name".to_owned(), name.into());
            members.insert("cluster_id".to_owned(), id.into());
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    #[test]
    fn a_share_is_spelled_in_both_ways() {
        let share = UnsealShare::new(BASE64.encode(&[7; 33]).into_bytes());
        let (hex, base64) = spelled(&[share]);
        assert_eq!(hex, ["07".repeat(33)]);
        assert_eq!(base64, [BASE64.encode(&[7; 33])]);
    }
}
