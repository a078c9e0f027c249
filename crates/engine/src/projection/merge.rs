//! JSON Merge Patch (RFC 7396).

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use strongroom_core::secret::SecretValue;

use super::strict;
use crate::error::Error;

/// An object with a patch applied (RFC 7396, section 2): a member that is `null` in the patch is removed, an object is
/// merged into what is there, anything else takes its place. What the patch does not name stays byte for byte, in its
/// place.
///
/// # Errors
/// [`Error::InvalidRequest`] when one of the two is no JSON object, or names a member twice.
pub fn merged(target: &str, patch: &str) -> Result<SecretValue, Error> {
    strict::check_object(target)?;
    strict::check_object(patch)?;
    let mut output = Vec::with_capacity(target.len() + patch.len());
    merge(Some(target), patch, &mut output)
        .map_err(|_| Error::rule("the data is nested too deep"))?;
    Ok(SecretValue::new(output))
}

/// Append `target` with the object `patch` applied; what is no object counts as an empty one.
fn merge(target: Option<&str>, patch: &str, output: &mut Vec<u8>) -> serde_json::Result<()> {
    let Members(patch) = serde_json::from_str(patch)?;
    let target = target.filter(|text| is_object(text)).map(serde_json::from_str).transpose()?;
    let Members(target) = target.unwrap_or_default();
    let mut patched: HashMap<&str, &str> =
        patch.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
    output.push(b'{');
    let mut is_first = true;
    let mut begin = |name: &str, output: &mut Vec<u8>| {
        if !std::mem::take(&mut is_first) {
            output.push(b',');
        }
        serde_json::to_writer(&mut *output, name)?;
        output.push(b':');
        serde_json::Result::Ok(())
    };
    for (name, value) in &target {
        match patched.remove(name.as_str()) {
            Some("null") => {}
            new => {
                begin(name, output)?;
                put(Some(value.get()), new.unwrap_or(value.get()), new.is_some(), output)?;
            }
        }
    }
    for (name, value) in &patch {
        if let Some(new) = patched.remove(name.as_str()).filter(|_| value.get() != "null") {
            begin(name, output)?;
            put(None, new, true, output)?;
        }
    }
    output.push(b'}');
    Ok(())
}

/// Append a value, merged into what was there where it is an object of the patch.
fn put(
    target: Option<&str>,
    new: &str,
    is_patch: bool,
    output: &mut Vec<u8>,
) -> serde_json::Result<()> {
    if is_patch && is_object(new) {
        return merge(target, new, output);
    }
    output.extend_from_slice(new.as_bytes());
    Ok(())
}

/// Of the text of one JSON value, without whitespace before it.
fn is_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// An object's members in their order, each value as its text.
#[derive(Default)]
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reading)
    }
}
