//! Templates of tokens: JSON in which `{{identity.entity.…}}` stands for a value
//! (<https://developer.hashicorp.com/vault/docs/concepts/oidc-provider>, the same as Vault's identity tokens).
//!
//! A value is rendered as JSON before it takes its place, so that no name or metadata can add a claim.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use strongroom_core::duration::parse_duration;
use strongroom_core::identity::{Alias, EntityChange, Metadata};
use strongroom_core::time::Timestamp;

use crate::error::Error;
use crate::identity::Identity;
use crate::jwt::Json;

/// The longest template, in bytes.
const TEMPLATE_BYTES_MAX: usize = 16 * 1024;
/// The most values that one template names.
const VALUES_MAX: usize = 256;
/// What a template may not say, because the token says it.
const RESERVED: &[&str] =
    &["iat", "aud", "exp", "iss", "sub", "namespace", "nonce", "auth_time", "at_hash", "c_hash"];

/// A template as it is kept: as it was written, or what its base64 says.
pub(super) fn checked(written: &str) -> Result<String, Error> {
    if written.len() > TEMPLATE_BYTES_MAX {
        return Err(Error::rule(format!("a template has at most {TEMPLATE_BYTES_MAX} bytes")));
    }
    let decoded = BASE64.decode(written.as_bytes()).ok();
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let text = decoded.unwrap_or_else(|| written.to_owned());
    let nobody = Identity {
        entity: strongroom_core::identity::Entity::new(
            EntityChange::default(),
            Timestamp(0),
            &Zeros,
        ),
        memberships: Default::default(),
    };
    claims(&text, &nobody, Timestamp(0))?;
    Ok(text)
}

/// For an entity that is only there to try a template with.
struct Zeros;

impl strongroom_core::random::Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// The claims that a template gives for an entity.
pub(super) fn claims(
    template: &str,
    identity: &Identity,
    now: Timestamp,
) -> Result<BTreeMap<String, Json>, Error> {
    if template.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let filled = filled(template, identity, now)?;
    let parsed =
        Json::parse(filled.as_bytes()).map_err(|_| Error::rule("error parsing template JSON"))?;
    let Json::Object(claims) = parsed else {
        return Err(Error::rule("error parsing template JSON: it is not an object"));
    };
    match claims.keys().find(|key| RESERVED.contains(&key.as_str())) {
        Some(key) => Err(Error::rule(format!(
            "top level key {key:?} not allowed. Restricted keys: {}",
            RESERVED.join(", ")
        ))),
        None => Ok(claims),
    }
}

fn filled(template: &str, identity: &Identity, now: Timestamp) -> Result<String, Error> {
    let (mut text, mut rest) = (String::with_capacity(template.len()), template);
    for _ in 0..VALUES_MAX {
        let Some((before, after)) = rest.split_once("{{") else {
            text.push_str(rest);
            return Ok(text);
        };
        let unfinished = || Error::rule("a placeholder of the template does not end");
        let (name, after) = after.split_once("}}").ok_or_else(unfinished)?;
        text.push_str(before);
        text.push_str(&value(name.trim(), identity, now)?.render());
        rest = after;
    }
    Err(Error::rule(format!("a template names at most {VALUES_MAX} values")))
}

/// What a placeholder stands for. What an entity has not is an empty text, list or object, as with Vault.
fn value(name: &str, identity: &Identity, now: Timestamp) -> Result<Json, Error> {
    let unknown = || Error::rule("the template names a value that there is not");
    if let Some(time) = name.strip_prefix("time.now") {
        return at_time(time, now).ok_or_else(unknown);
    }
    let field = name.strip_prefix("identity.entity.").ok_or_else(unknown)?;
    let entity = &identity.entity;
    let groups = || identity.memberships.groups();
    if let Some(alias) = field.strip_prefix("aliases.") {
        let (accessor, field) = alias.split_once('.').ok_or_else(unknown)?;
        let own = entity.aliases().iter().find(|own| own.mount_accessor.as_str() == accessor);
        return of_alias(own, field).ok_or_else(unknown);
    }
    if let Some(key) = field.strip_prefix("metadata.") {
        return Ok(metadata_value(Some(&entity.metadata), key));
    }
    match field {
        "id" => Ok(entity.id.to_string().into()),
        "name" => Ok(entity.name.as_str().into()),
        "metadata" => Ok(metadata(Some(&entity.metadata))),
        "groups.ids" => Ok(Json::List(groups().map(|group| group.id.to_string().into()).collect())),
        "groups.names" => {
            Ok(Json::List(groups().map(|group| group.name.as_str().into()).collect()))
        }
        _ => Err(unknown()),
    }
}

fn of_alias(alias: Option<&Alias>, field: &str) -> Option<Json> {
    let own = alias.map(|alias| &alias.metadata);
    let custom = alias.map(|alias| &alias.custom_metadata);
    if let Some(key) = field.strip_prefix("metadata.") {
        return Some(metadata_value(own, key));
    }
    if let Some(key) = field.strip_prefix("custom_metadata.") {
        return Some(metadata_value(custom, key));
    }
    match field {
        "id" => Some(alias.map(|alias| alias.id.to_string()).unwrap_or_default().into()),
        "name" => Some(alias.map(|alias| alias.name.as_str()).unwrap_or_default().into()),
        "metadata" => Some(metadata(own)),
        "custom_metadata" => Some(metadata(custom)),
        _ => None,
    }
}

fn metadata(pairs: Option<&Metadata>) -> Json {
    let pairs = pairs.into_iter().flat_map(Metadata::entries);
    Json::Object(pairs.map(|(key, value)| (key.clone(), value.as_str().into())).collect())
}

fn metadata_value(pairs: Option<&Metadata>, key: &str) -> Json {
    let found = pairs.and_then(|pairs| pairs.entries().get(key));
    found.map(String::as_str).unwrap_or_default().into()
}

/// `time.now`, `time.now.plus.1h`, `time.now.minus.30s`: seconds since 1970.
fn at_time(rest: &str, now: Timestamp) -> Option<Json> {
    let seconds = now.0 / 1_000;
    if rest.is_empty() {
        return Some(seconds.into());
    }
    if let Some(span) = rest.strip_prefix(".plus.") {
        return Some(seconds.saturating_add(parse_duration(span)?.as_secs()).into());
    }
    let span = rest.strip_prefix(".minus.")?;
    Some(seconds.saturating_sub(parse_duration(span)?.as_secs()).into())
}
