//! `sys/audit` and `sys/audit-hash` (<https://developer.hashicorp.com/vault/api-docs/system/audit>).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_engine::audit::DeviceKind;
use strongroom_engine::operations::audit_device::{
    AuditDeviceRead, DisableAuditDevice, EnableAuditDevice, HashForAudit, ListAuditDevices,
};

use super::call::{Call, secret};
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "audit", "The audit devices, and how each fares", list),
    Route::new(Verb::Write, "audit/{path..}", "Enable an audit device", enable),
    Route::new(Verb::Delete, "audit/{path..}", "Disable an audit device", disable),
    Route::new(Verb::Write, "audit-hash/{path..}", "What a device writes for a text", hash),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Enabled {
    #[serde(rename = "type")]
    kind: String,
    description: String,
    options: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Hashed {
    input: String,
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let devices = call.ask(&ListAuditDevices)?;
    let described = devices.iter().map(|device| (format!("{}/", device.path), described(device)));
    Ok(Reply::data_and_beside(described.collect::<Map<_, _>>()))
}

/// As Vault describes it, and how it fares.
fn described(device: &AuditDeviceRead) -> Value {
    json!({
        "type": device.kind.word(),
        "description": device.description,
        "options": device.options,
        "local": false,
        "path": format!("{}/", device.path),
        "failing": device.failing,
        "lost": device.lost,
    })
}

fn enable(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Enabled = call.body.read()?;
    call.body.refuse(None, &["local"])?;
    let Some(kind) = DeviceKind::from_word(&written.kind) else {
        // Who may do nothing there does not learn that.
        call.check_known()?;
        return Err(Fault::invalid("unknown backend type: file, socket and syslog are known"));
    };
    let mut device = EnableAuditDevice::new(&call.named("path"), kind);
    device.description = written.description;
    device.options = super::mounts::texts(Some(written.options))?;
    call.ask(&device)?;
    Ok(Reply::Empty)
}

fn disable(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DisableAuditDevice::new(&call.named("path")))?;
    Ok(Reply::Empty)
}

fn hash(call: &Call<'_>) -> Result<Reply, Fault> {
    let Hashed { input } = call.body.read()?;
    let hash = call.ask(&HashForAudit::new(&call.named("path"), secret(&input)))?;
    Ok(Reply::data_and_beside(Map::from_iter([("hash".to_owned(), hash.into())])))
}
