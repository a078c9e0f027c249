use serde::Deserialize;
use serde_json::json;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::kv::{ReadKvConfig, WriteKvConfig};

use super::super::super::body::Span;
use super::super::super::call::Call;
use super::super::super::fault::Fault;
use super::super::super::reply::Reply;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    max_versions: Option<u32>,
    cas_required: Option<bool>,
    delete_version_after: Option<Span>,
}

pub(super) fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let limits = call.ask(&ReadKvConfig::new(call.mount()))?;
    Ok(Reply::data(json!({
        "cas_required": limits.check_and_set_required,
        "delete_version_after": Span::go(limits.delete_after.unwrap_or(Seconds(0))),
        "max_versions": limits.versions_max,
    })))
}

pub(super) fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let written: Written = call.body.read()?;
    let mut config = WriteKvConfig::new(call.mount());
    config.versions_max = written.max_versions;
    config.check_and_set_required = written.cas_required;
    config.delete_after = written.delete_version_after.map(|span| span.0);
    call.ask(&config)?;
    Ok(Reply::Empty)
}
