//! What a value is to a door that has JSON objects for values, as Vault's.
//!
//! A value is kept as it was written, and what a door shows is made of it when it is read:
//!
//! | kept | shown |
//! |---|---|
//! | JSON, an object | the object, byte for byte |
//! | JSON, anything else | `{"value": <the JSON>}` |
//! | text that is a JSON object | that object, byte for byte |
//! | other text | `{"value": "<the text>"}` |
//! | bytes | nothing: it is refused |
//!
//! An object that is written is kept as JSON, byte for byte; only exactly `{"value": "<a text>"}` is kept as that text,
//! so that the other doors read the bare text, and not where the text is a JSON object itself, which would be read back
//! as that object. So what is written is what is read.

mod merge;
mod strict;

pub use merge::merged;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use strongroom_core::model::{Payload, PayloadKind};
use strongroom_core::secret::SecretValue;
use zeroize::Zeroizing;

use crate::error::Error;

/// What an object is kept as.
///
/// # Errors
/// [`Error::InvalidRequest`] when it is no JSON object (RFC 8259), names a member twice, or is too large.
pub fn payload_of(object: &str) -> Result<Payload, Error> {
    strict::check_object(object)?;
    let payload = match bare_text(object) {
        Some(text) => Payload::new(PayloadKind::Text, SecretValue::from(text)),
        None => {
            let bytes = object.trim_matches(WHITESPACE).as_bytes().to_vec();
            Payload::new(PayloadKind::Json, SecretValue::new(bytes))
        }
    };
    Ok(payload?)
}

/// Append the object that a value is shown as.
///
/// # Errors
/// [`Error::InvalidRequest`] for bytes.
pub fn push_object(payload: &Payload, output: &mut Vec<u8>) -> Result<(), Error> {
    let text = match payload.kind() {
        PayloadKind::Bytes => None,
        PayloadKind::Text | PayloadKind::Json => payload.value().expose_text(),
    };
    let Some(text) = text else {
        return Err(Error::rule("the value is bytes, which have no form in JSON"));
    };
    if let Some(object) = object_in(text) {
        output.extend_from_slice(object.as_bytes());
        return Ok(());
    }
    output.extend_from_slice(br#"{"value":"#);
    match payload.kind() {
        PayloadKind::Json if json_in(text).is_some() => output.extend_from_slice(text.as_bytes()),
        // Writing to a vector does not fail.
        _ => serde_json::to_writer(&mut *output, text).unwrap_or_default(),
    }
    output.push(b'}');
    Ok(())
}

/// The object that a value is shown as.
///
/// # Errors
/// As [`push_object`]
pub fn object_of(payload: &Payload) -> Result<SecretValue, Error> {
    let mut output = Vec::with_capacity(payload.value().expose().len() + 16);
    push_object(payload, &mut output)?;
    Ok(SecretValue::new(output))
}

/// A member of the JSON object that a value is: a text as it is, anything else as JSON. `None` when it is no object, or has
/// no such member.
///
/// # Errors
/// [`Error::InvalidRequest`] when the value is nested too deep.
pub fn member_of(payload: &Payload, name: &str) -> Result<Option<Payload>, Error> {
    let object = match payload.kind() {
        PayloadKind::Bytes => None,
        PayloadKind::Text | PayloadKind::Json => payload.value().expose_text().and_then(object_in),
    };
    let Some(object) = object else { return Ok(None) };
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(object).map_err(|_| Error::rule("the value is nested too deep"))?;
    let Some(member) = members.get(name) else { return Ok(None) };
    let (kind, value) = match serde_json::from_str::<String>(member.get()) {
        Ok(text) => (PayloadKind::Text, SecretValue::from(Zeroizing::new(text))),
        Err(_) => (PayloadKind::Json, SecretValue::new(member.get().as_bytes().to_vec())),
    };
    Ok(Some(Payload::new(kind, value)?))
}

/// The names in the object that a value is shown as, with `null` in the place of every value and of every object
/// `depth` levels down; at any depth when that is 0.
///
/// # Errors
/// As [`push_object`], and when the object is nested too deep.
pub fn names_of(payload: &Payload, depth: u32) -> Result<Value, Error> {
    let object = object_of(payload)?;
    let value = serde_json::from_slice(object.expose())
        .map_err(|_| Error::rule("the value is nested too deep"))?;
    Ok(names_in(value, depth))
}

fn names_in(value: Value, depth: u32) -> Value {
    match value {
        Value::Object(members) => {
            let below = |(name, value)| match depth {
                1 => (name, Value::Null),
                _ => (name, names_in(value, depth.saturating_sub(1))),
            };
            Value::Object(members.into_iter().map(below).collect())
        }
        _ => Value::Null,
    }
}

/// The whitespace of JSON (RFC 8259, section 2).
const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The text of an object that is exactly `{"value": "<text>"}`, where it is read back as that.
fn bare_text(object: &str) -> Option<Zeroizing<String>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Bare {
        value: String,
    }
    let Bare { value } = serde_json::from_str(object).ok()?;
    let text = Zeroizing::new(value);
    object_in(&text).is_none().then_some(text)
}

/// A text that is a JSON object and nothing else, without the whitespace around it.
fn object_in(text: &str) -> Option<&str> {
    let begins = text.trim_start_matches(WHITESPACE).starts_with('{');
    begins.then(|| json_in(text)).flatten()
}

fn json_in(text: &str) -> Option<&str> {
    serde_json::from_str::<&RawValue>(text).ok().map(RawValue::get)
}

#[cfg(test)]
mod tests;
