use std::collections::BTreeMap;

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use strongroom_core::audit::push_decimal;
use strongroom_core::model::{TransitionError, Version};
use strongroom_engine::operations::kv::{
    DataWritten, DeleteCurrent, PatchData, ReadData, ReadSubkeys, WriteData,
};
use strongroom_engine::{Error, InvalidRequest, Kind, projection};

use super::super::super::call::{Call, secret};
use super::super::super::fault::Fault;
use super::super::super::reply::Reply;
use super::{secret_path, selector};

/// What an answer has beside the value: enough for one without custom metadata.
const AROUND_BYTES: usize = 256;

/// The media type of RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";

#[derive(Deserialize)]
struct Written<'b> {
    #[serde(borrow)]
    data: Option<&'b RawValue>,
    options: Option<Options>,
}

#[derive(Deserialize)]
struct Options {
    cas: Option<CheckAndSet>,
}

/// A version's number, as a number or a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum CheckAndSet {
    Number(i64),
    Text(String),
}

/// The value is not parsed: its text is put into the envelope as it is kept.
pub(super) fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let read = call.ask(&ReadData { path: secret_path(call), selector: selector(call)? })?;
    let version = read.version().ok_or_else(Fault::nothing)?;
    let value_bytes = read.payload.as_ref().map_or(0, |payload| payload.value().expose().len());
    let status = match read.payload {
        Some(_) => StatusCode::OK,
        None => StatusCode::NOT_FOUND,
    };
    Reply::written(call.request_id(), status, 0, value_bytes + AROUND_BYTES, |output| {
        output.extend_from_slice(br#"{"data":"#);
        match &read.payload {
            Some(payload) => projection::push_object(payload, output)?,
            None => output.extend_from_slice(b"null"),
        }
        output.extend_from_slice(br#","metadata":"#);
        push_metadata(output, version, &read.secret.custom_metadata);
        output.push(b'}');
        Ok(())
    })
}

pub(super) fn subkeys(call: &Call<'_>) -> Result<Reply, Fault> {
    let depth = call.query("depth").filter(|text| !text.is_empty()).unwrap_or("0".to_owned());
    let depth = depth.parse().map_err(|_| Fault::invalid("'depth' is not a number"))?;
    let operation = ReadSubkeys { path: secret_path(call), selector: selector(call)?, depth };
    let (names, read) = call.ask(&operation)?;
    let version = read.version().ok_or_else(Fault::nothing)?;
    let status = match names {
        Some(_) => StatusCode::OK,
        None => StatusCode::NOT_FOUND,
    };
    Reply::written(call.request_id(), status, 0, AROUND_BYTES, |output| {
        output.extend_from_slice(br#"{"metadata":"#);
        push_metadata(output, version, &read.secret.custom_metadata);
        output.extend_from_slice(br#","subkeys":"#);
        push_json(output, &names);
        output.push(b'}');
        Ok(())
    })
}

pub(super) fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    let (data, check_and_set) = written(call)?;
    let payload = projection::payload_of(data)?;
    let operation = WriteData { path: secret_path(call), payload, check_and_set };
    let done = call.perform(&operation).map_err(|error| refused(error, check_and_set))?;
    answer(call, &done)
}

pub(super) fn patch(call: &Call<'_>) -> Result<Reply, Fault> {
    require_merge_patch(call)?;
    let (data, check_and_set) = written(call)?;
    let operation = PatchData { path: secret_path(call), patch: secret(data), check_and_set };
    let done = call.perform(&operation).map_err(|error| refused(error, check_and_set))?;
    answer(call, &done)
}

/// 204, also where there is no such secret, as Vault answers.
pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    match call.perform(&DeleteCurrent { path: secret_path(call) }) {
        Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
        _ => Ok(Reply::Empty),
    }
}

/// That the body is sent as what it is, which Vault demands of `PATCH`.
pub(super) fn require_merge_patch(call: &Call<'_>) -> Result<(), Fault> {
    let sent = call.header("content-type").unwrap_or_default();
    let media_type = sent.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case(MERGE_PATCH) {
        return Ok(());
    }
    let rule = format!("PATCH requires Content-Type of {MERGE_PATCH}");
    Err(Fault::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, rule))
}

/// The text of `data` as it was sent, and `options.cas`.
fn written<'c>(call: &'c Call<'_>) -> Result<(&'c str, Option<u64>), Fault> {
    let body = &call.incoming().body;
    let failed = |_| Fault::invalid("the body is not {\"data\": {...}, \"options\": {\"cas\": 1}}");
    let none = Written { data: None, options: None };
    let written: Written<'_> =
        if body.is_empty() { none } else { serde_json::from_slice(body).map_err(failed)? };
    let data = written.data.ok_or_else(|| Fault::invalid("no data provided"))?;
    let check_and_set = match written.options.and_then(|options| options.cas) {
        None => None,
        // No version has a number below 0, nor ever the greatest.
        Some(CheckAndSet::Number(number)) => Some(u64::try_from(number).unwrap_or(u64::MAX)),
        Some(CheckAndSet::Text(text)) => {
            let number: i64 =
                text.parse().map_err(|_| Fault::invalid("'cas' is not a version's number"))?;
            Some(u64::try_from(number).unwrap_or(u64::MAX))
        }
    };
    Ok((data.get(), check_and_set))
}

/// Vault's words where check-and-set refuses a write.
fn refused(error: Error, check_and_set: Option<u64>) -> Fault {
    match error {
        Error::VersionConflict(_) if check_and_set.is_some() => {
            Fault::invalid("check-and-set parameter did not match the current version")
        }
        Error::InvalidRequest(InvalidRequest::Transition(TransitionError::CheckAndSetRequired)) => {
            Fault::invalid("check-and-set parameter required for this call")
        }
        other => other.into(),
    }
}

fn answer(call: &Call<'_>, done: &DataWritten) -> Result<Reply, Fault> {
    Reply::written(call.request_id(), StatusCode::OK, 0, AROUND_BYTES, |output| {
        push_metadata(output, &done.version, &done.custom_metadata);
        Ok(())
    })
}

fn push_metadata(
    output: &mut Vec<u8>,
    version: &Version,
    custom_metadata: &BTreeMap<String, String>,
) {
    output.extend_from_slice(br#"{"created_time":""#);
    version.created.push_rfc3339(output);
    output.extend_from_slice(br#"","custom_metadata":"#);
    match custom_metadata.is_empty() {
        true => output.extend_from_slice(b"null"),
        false => push_json(output, custom_metadata),
    }
    output.extend_from_slice(br#","deletion_time":""#);
    if let Some(at) = version.deleted_at {
        at.push_rfc3339(output);
    }
    output.extend_from_slice(br#"","destroyed":"#);
    output.extend_from_slice(if version.destroyed { b"true" } else { b"false" });
    output.extend_from_slice(br#","version":"#);
    push_decimal(output, version.number.0);
    output.push(b'}');
}

fn push_json(output: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Writing to a vector does not fail, and every name is a text.
    serde_json::to_writer(output, value).unwrap_or_default();
}
