//! `sys/rekey`: new shares of a new key (<https://developer.hashicorp.com/vault/api-docs/system/rekey>). Here it takes
//! a token as well as the parts of the present key.

use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use strongroom_engine::operations::seal::CeremonyStep;
use strongroom_engine::{RekeyOutcome, RekeyStatus, VerificationStatus};

use super::call::Call;
use super::fault::Fault;
use super::generate_root::Part;
use super::reply::Reply;
use super::route::{Route, Verb};
use super::seal::{no_pgp, spelled};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "rekey/init", "How far new shares are", read),
    Route::new(Verb::Write, "rekey/init", "Begin to make new shares", start)
        .without("`pgp_keys`, `backup` (501)"),
    Route::new(Verb::Delete, "rekey/init", "Give them up", cancel),
    Route::new(Verb::Write, "rekey/update", "Bring one part of the key for them", update),
    Route::new(
        Verb::Read,
        "rekey/verify",
        "How many of the new shares were shown",
        read_verification,
    ),
    Route::new(Verb::Write, "rekey/verify", "Show one of the new shares", verify),
    Route::new(Verb::Delete, "rekey/verify", "Show them anew", restart_verification),
    Route::new(Verb::Read, "rekey/backup", "Copies for PGP keys: there are none", read_backup),
    Route::new(Verb::Delete, "rekey/backup", "Delete copies for PGP keys", delete_backup),
    Route::new(Verb::Read, "rekey-recovery-key/{step}", "There are no recovery keys", no_recovery),
    Route::new(Verb::Write, "rekey-recovery-key/{step}", "There are no recovery keys", no_recovery),
    Route::new(
        Verb::Delete,
        "rekey-recovery-key/{step}",
        "There are no recovery keys",
        no_recovery,
    ),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Start {
    secret_shares: i64,
    secret_threshold: i64,
    pgp_keys: Vec<String>,
    backup: bool,
    require_verification: bool,
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(reply(&call.node.rekey(call.request())?))
}

fn start(call: &Call<'_>) -> Result<Reply, Fault> {
    let asked: Start = call.body.read()?;
    if !asked.pgp_keys.is_empty() || asked.backup {
        call.check_known()?;
        return Err(no_pgp());
    }
    let numbers = (asked.secret_shares, asked.secret_threshold);
    Ok(reply(&call.node.start_rekey(numbers, asked.require_verification, call.request())?))
}

fn cancel(call: &Call<'_>) -> Result<Reply, Fault> {
    call.node.cancel_rekey(call.request())?;
    Ok(Reply::Empty)
}

fn update(call: &Call<'_>) -> Result<Reply, Fault> {
    let asked: Part = call.body.read()?;
    let part = asked.secret(call)?;
    let (nonce, new, verification) =
        match call.node.update_rekey(&asked.nonce, &part, call.request())? {
            RekeyOutcome::Waits(status) => return Ok(reply(&status)),
            RekeyOutcome::Made { nonce, new, verification_nonce } => {
                (nonce, new, verification_nonce)
            }
        };
    let (keys, keys_base64) = spelled(&new.shares);
    let mut answer = json!({
        "nonce": nonce,
        "complete": true,
        "keys": keys,
        "keys_base64": keys_base64,
        "pgp_fingerprints": null,
        "backup": false,
        "verification_required": verification.is_some(),
    });
    if let (serde_json::Value::Object(members), Some(nonce)) = (&mut answer, verification) {
        members.insert("verification_nonce".to_owned(), nonce.into());
    }
    Ok(Reply::Raw(StatusCode::OK, answer))
}

fn read_verification(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(verification_reply(&call.node.rekey_verification(call.request())?))
}

fn restart_verification(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(verification_reply(&call.node.restart_rekey_verification(call.request())?))
}

fn verify(call: &Call<'_>) -> Result<Reply, Fault> {
    let asked: Part = call.body.read()?;
    let part = asked.secret(call)?;
    Ok(match call.node.verify_rekey(&asked.nonce, &part, call.request())? {
        Some(status) => verification_reply(&status),
        None => Reply::Raw(StatusCode::OK, json!({ "nonce": asked.nonce, "complete": true })),
    })
}

fn read_backup(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&CeremonyStep::ReadBackup)?;
    Err(Fault::invalid("no backed-up keys found"))
}

/// There are never any, so there are none afterwards.
fn delete_backup(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&CeremonyStep::DeleteBackup)?;
    Ok(Reply::Empty)
}

fn no_recovery(call: &Call<'_>) -> Result<Reply, Fault> {
    call.check_known()?;
    Err(Fault::invalid("recovery rekeying not supported"))
}

fn reply(status: &RekeyStatus) -> Reply {
    let mut answer = json!({
        "started": status.nonce.is_some(),
        "nonce": status.nonce.clone().unwrap_or_default(),
        "t": status.threshold,
        "n": status.shares,
        "progress": status.progress,
        "required": status.required,
        "pgp_fingerprints": null,
        "backup": false,
        "verification_required": status.is_verified,
    });
    let nonce = status.verification_nonce.clone();
    if let (serde_json::Value::Object(members), Some(nonce)) = (&mut answer, nonce) {
        members.insert("verification_nonce".to_owned(), nonce.into());
    }
    Reply::Raw(StatusCode::OK, answer)
}

fn verification_reply(status: &VerificationStatus) -> Reply {
    let answer = json!({
        "started": status.nonce.is_some(),
        "nonce": status.nonce.clone().unwrap_or_default(),
        "t": status.threshold,
        "n": status.shares,
        "progress": status.progress,
    });
    Reply::Raw(StatusCode::OK, answer)
}
