//! Keys: what they are, their settings and versions, and whole keys as texts.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_core::time::Timestamp;
use strongroom_core::transit::{BackupMoment, Configuration, ExportFormat, ExportKind, KeyType};
use strongroom_engine::operations::transit::{
    BackUpKey, ConfigureKey, CreateKey, DeleteKey, ExportKey, KeyRead, ListKeys, ReadKey,
    RestoreKey, RotateKey, TrimKey,
};
use strongroom_engine::{Error, Kind};

use super::super::body::Span;
use super::super::call::{Call, secret};
use super::super::fault::Fault;
use super::super::lenient::{Truth, Whole};
use super::super::reply::Reply;
use super::super::tokens::rfc3339;
use super::decoded_or_none;

/// What Vault answers as the version of convergent encryption where each key version has its own.
const CONVERGENT_VERSION: i64 = -1;

#[derive(Default, Deserialize)]
#[serde(default)]
struct New<'b> {
    #[serde(rename = "type")]
    key_type: Option<&'b str>,
    derived: Truth,
    convergent_encryption: Truth,
    exportable: Truth,
    allow_plaintext_backup: Truth,
    auto_rotate_period: Span,
    key_size: Whole,
    managed_key_name: Option<&'b str>,
    managed_key_id: Option<&'b str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Configured {
    min_decryption_version: Option<Whole>,
    min_encryption_version: Option<Whole>,
    deletion_allowed: Option<Truth>,
    exportable: Option<Truth>,
    allow_plaintext_backup: Option<Truth>,
    auto_rotate_period: Option<Span>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Trimmed {
    min_available_version: Option<Whole>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Restored<'b> {
    backup: Option<&'b str>,
    force: Truth,
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let limit = call.limit()?;
    let listed = call.ask(&ListKeys::new(call.mount(), call.query("after"), limit))?;
    let warning = "there are more keys: list on with the parameter after";
    let warnings = (listed.more && limit.is_none()).then(|| warning.to_owned());
    Ok(Reply::keys(listed.names)?.warning(warnings.into_iter().collect()))
}

pub(super) fn create(call: &Call<'_>) -> Result<Reply, Fault> {
    let wanted: New<'_> = call.body.read()?;
    if wanted.managed_key_name.is_some() || wanted.managed_key_id.is_some() {
        return Err(Fault::unsupported("managed keys are not supported"));
    }
    let key_type = wanted.key_type.filter(|name| !name.is_empty());
    let key_type = key_type.map_or(Ok(KeyType::AES_256_GCM96), |name| {
        name.parse().map_err(|_| Fault::invalid("unknown key type"))
    })?;
    let key_size = usize::try_from(wanted.key_size.0)
        .map_err(|_| Fault::invalid("key_size cannot be negative"))?;
    let new = strongroom_core::transit::NewKey {
        key_type,
        derived: wanted.derived.0,
        convergent: wanted.convergent_encryption.0,
        exportable: wanted.exportable.0,
        allow_plaintext_backup: wanted.allow_plaintext_backup.0,
        auto_rotate_period: wanted.auto_rotate_period.0,
        hmac_key_bytes: key_size,
    };
    let name = call.named("name");
    let (key, made) = call.ask(&CreateKey::new(call.mount(), &name, new))?;
    let warning = (!made).then(|| format!("key {name} already existed"));
    Ok(Reply::data(described(&key)).warning(warning.into_iter().collect()))
}

pub(super) fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let context = call.query("context");
    let context = decoded_or_none(context.as_deref()).map_err(Fault::invalid)?;
    let key = call.ask(&ReadKey::new(call.mount(), &call.named("name"), &context))?;
    Ok(Reply::data(described(&key)))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteKey::new(call.mount(), &call.named("name")))?;
    Ok(Reply::Empty)
}

pub(super) fn configure(call: &Call<'_>) -> Result<Reply, Fault> {
    let wanted: Configured = call.body.read()?;
    let wanted = Configuration {
        min_decryption_version: number("min decryption version", wanted.min_decryption_version)?,
        min_encryption_version: number("min encryption version", wanted.min_encryption_version)?,
        deletion_allowed: wanted.deletion_allowed.map(|truth| truth.0),
        exportable: wanted.exportable.map(|truth| truth.0),
        allow_plaintext_backup: wanted.allow_plaintext_backup.map(|truth| truth.0),
        auto_rotate_period: wanted.auto_rotate_period.map(|span| span.0),
    };
    let (key, done) = call.ask(&ConfigureKey::new(call.mount(), &call.named("name"), wanted))?;
    let stays = |name: &str, asked: Option<bool>, is_set: bool| {
        (asked == Some(false) && is_set).then(|| format!("{name} stays set"))
    };
    let forced = "since Vault 0.3, transit key numbering starts at 1; forcing minimum to 1";
    let warnings = [
        done.minimum_forced.then(|| forced.to_owned()),
        stays("exportable", wanted.exportable, key.exportable),
        stays("allow_plaintext_backup", wanted.allow_plaintext_backup, key.allow_plaintext_backup),
    ];
    Ok(Reply::data(described(&key)).warning(warnings.into_iter().flatten().collect()))
}

pub(super) fn rotate(call: &Call<'_>) -> Result<Reply, Fault> {
    let key = call.ask(&RotateKey::new(call.mount(), &call.named("name")))?;
    Ok(Reply::data(described(&key)))
}

pub(super) fn trim(call: &Call<'_>) -> Result<Reply, Fault> {
    let wanted: Trimmed = call.body.read()?;
    let minimum = number("minimum available version", wanted.min_available_version)?;
    let minimum = minimum.ok_or_else(|| Fault::invalid("missing min_available_version"))?;
    let key = call.ask(&TrimKey::new(call.mount(), &call.named("name"), minimum))?;
    Ok(Reply::data(described(&key)))
}

pub(super) fn export(call: &Call<'_>) -> Result<Reply, Fault> {
    let kind: ExportKind = call.named("type").parse().map_err(unusable)?;
    let format = call.query("format").unwrap_or_default();
    let format: ExportFormat = format.parse().map_err(unusable)?;
    let (name, version) = (call.named("name"), call.named("version"));
    let version = Some(version.as_str()).filter(|version| !version.is_empty());
    let (key_type, keys) =
        call.ask(&ExportKey::new(call.mount(), &name, kind, format, version)?)?;
    let text = |(version, key): &(u32, strongroom_core::secret::SecretValue)| {
        (version.to_string(), Value::from(key.expose_text().unwrap_or_default()))
    };
    let keys: Map<String, Value> = keys.iter().map(text).collect();
    Ok(Reply::data(json!({ "keys": keys, "name": name, "type": key_type.name() })))
}

fn unusable(error: impl ToString) -> Fault {
    Fault::invalid(error.to_string())
}

/// What Vault answers 500 for is a rule here as well, and told with its status.
pub(super) fn back_up(call: &Call<'_>) -> Result<Reply, Fault> {
    let backup = call.perform(&BackUpKey::new(call.mount(), &call.named("name")));
    let backup = backup.map_err(|error| match error.kind() {
        Kind::InvalidRequest => {
            Fault::refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
        }
        _ => error.into(),
    })?;
    Ok(Reply::data(json!({ "backup": backup.expose_text().unwrap_or_default() })))
}

pub(super) fn restore(call: &Call<'_>) -> Result<Reply, Fault> {
    let wanted: Restored<'_> = call.body.read()?;
    let backup = wanted.backup.filter(|backup| !backup.is_empty());
    let backup = backup.ok_or_else(|| Fault::invalid("'backup' must be supplied"))?;
    let name = call.named("name");
    let name = Some(name.as_str()).filter(|name| !name.is_empty());
    let restore = RestoreKey::new(call.mount(), name, secret(backup), wanted.force.0);
    call.perform(&restore).map_err(|error| match error {
        // The name may be the backup's, which the client did not send.
        Error::AlreadyExists(key) => {
            Fault::refused(StatusCode::INTERNAL_SERVER_ERROR, format!("{key} already exists"))
        }
        error => error.into(),
    })?;
    Ok(Reply::Empty)
}

/// A version's number that may be left out.
fn number(what: &str, number: Option<Whole>) -> Result<Option<u32>, Fault> {
    let Some(Whole(number)) = number else { return Ok(None) };
    if number < 0 {
        return Err(Fault::invalid(format!("{what} cannot be negative")));
    }
    let too_large = || Fault::invalid(format!("{what} is too large"));
    u32::try_from(number).map(Some).map_err(|_| too_large())
}

/// A key in Vault's words.
fn described(key: &KeyRead) -> Value {
    let supports = key.key_type.supports();
    let mut data = json!({
        "name": key.name,
        "type": key.key_type.name(),
        "derived": key.derived,
        "deletion_allowed": key.deletion_allowed,
        "exportable": key.exportable,
        "allow_plaintext_backup": key.allow_plaintext_backup,
        "imported_key": false,
        "auto_rotate_period": key.auto_rotate_period.0,
        "latest_version": key.latest_version,
        "min_available_version": key.min_available_version,
        "min_decryption_version": key.min_decryption_version,
        "min_encryption_version": key.min_encryption_version,
        "supports_encryption": supports.encryption,
        "supports_decryption": supports.encryption,
        "supports_signing": supports.signing,
        "supports_derivation": supports.derivation,
        "keys": versions(key),
    });
    if let Value::Object(members) = &mut data {
        let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
        if let Some(bytes) = key.hmac_key_bytes {
            put("key_size", bytes.into());
        }
        if key.derived {
            put("kdf", "hkdf_sha256".into());
            put("convergent_encryption", key.convergent.into());
        }
        if key.convergent {
            put("convergent_encryption_version", CONVERGENT_VERSION.into());
        }
        if let Some(moment) = key.backed_up {
            put("backup_info", described_moment(moment));
        }
        if let Some(moment) = key.restored {
            put("restore_info", described_moment(moment));
        }
    }
    data
}

fn described_moment(moment: BackupMoment) -> Value {
    json!({ "time": rfc3339(moment.time.0), "version": moment.version })
}

/// When each version was made, and its public key if it has one.
fn versions(key: &KeyRead) -> Value {
    let seconds = |Timestamp(milliseconds)| Value::from(milliseconds / 1_000);
    let version = |version: &strongroom_engine::operations::transit::KeyVersionRead| {
        let value = match key.key_type.is_asymmetric() {
            false => seconds(version.created),
            true => json!({
                "name": key.key_type.algorithm_name(),
                "public_key": version.public_key.as_deref().unwrap_or_default(),
                "creation_time": rfc3339(version.created.0),
            }),
        };
        (version.number.to_string(), value)
    };
    Value::Object(key.versions.iter().map(version).collect())
}
