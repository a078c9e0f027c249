//! `sys/mounts`, `sys/auth` and `sys/remount` (<https://developer.hashicorp.com/vault/api-docs/system/mounts>), and what
//! of them somebody sees: `sys/internal/ui/mounts`
//! (<https://developer.hashicorp.com/vault/api-docs/system/internal-ui-mounts>).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_core::time::Seconds;
use strongroom_engine::MountSettings;
use strongroom_engine::operations::mount::{
    DisableMount, EnableMount, ListMounts, ListVisibleMounts, MountChange, MountRead, MountSide,
    MoveMount, ReadMount, ReadVisibleMount, TuneMount,
};

use super::body::Span;
use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "mounts", "The secret engines that are mounted", list),
    Route::new(Verb::Read, "auth", "The login methods that are mounted", list),
    Route::new(Verb::Read, "mounts/{path..}", "A secret engine, or how it is tuned", read),
    Route::new(Verb::Write, "mounts/{path..}", "Mount a secret engine, or tune it", enable)
        .without(WITHOUT),
    Route::new(Verb::Delete, "mounts/{path..}", "Unmount a secret engine", disable),
    Route::new(Verb::Read, "auth/{path..}", "A login method, or how it is tuned", read),
    Route::new(Verb::Write, "auth/{path..}", "Mount a login method, or tune it", enable)
        .without(WITHOUT),
    Route::new(Verb::Delete, "auth/{path..}", "Unmount a login method", disable),
    Route::new(Verb::Write, "remount", "Move a mount to another path", remount),
    Route::new(
        Verb::Read,
        "internal/ui/mounts",
        "The mounts below which the caller may do anything, and those shown to everybody",
        list_visible,
    )
    .open(),
    Route::new(
        Verb::Read,
        "internal/ui/mounts/{path..}",
        "The mount of a path below which the caller may do anything",
        read_visible,
    ),
];

#[derive(Deserialize)]
struct Enabled {
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    config: Option<Config>,
    options: Option<BTreeMap<String, Value>>,
    plugin_name: Option<String>,
}

#[derive(Default, Deserialize)]
struct Config {
    default_lease_ttl: Option<Span>,
    max_lease_ttl: Option<Span>,
    listing_visibility: Option<String>,
    token_type: Option<String>,
    description: Option<String>,
    options: Option<BTreeMap<String, Value>>,
}

/// What Vault's mounts can be made with, and these cannot.
const NOT_MADE_WITH: &[&str] = &["local", "seal_wrap", "external_entropy_access", "plugin_version"];
/// What Vault's mounts can be tuned with, and these cannot.
const NOT_TUNED_WITH: &[&str] = &[
    "allowed_managed_keys",
    "allowed_response_headers",
    "audit_non_hmac_request_keys",
    "audit_non_hmac_response_keys",
    "delegated_auth_accessors",
    "force_no_cache",
    "identity_token_key",
    "passthrough_request_headers",
    "plugin_version",
    "user_lockout_config",
];
/// What the reference says of both.
const WITHOUT: &str = "`local`, `seal_wrap`, `external_entropy_access`, `force_no_cache`, `plugin_version`, header \
    fields to pass on, keys to leave out of the audit log's hashing, `user_lockout_config` (501)";

#[derive(Deserialize)]
struct Remount {
    from: String,
    to: String,
}

fn side(call: &Call<'_>) -> MountSide {
    if call.below_mount().starts_with("auth") { MountSide::Auth } else { MountSide::Secret }
}

/// The mount's path, and whether `tune` stands behind it.
fn target(call: &Call<'_>) -> (String, bool) {
    let path = call.named("path");
    match path.strip_suffix("/tune") {
        Some(path) => (path.to_owned(), true),
        None => (path, false),
    }
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let mounts = call.ask(&ListMounts(side(call)))?;
    let described = mounts.iter().map(|read| (format!("{}/", read.path), described(read)));
    Ok(Reply::data_and_beside(described.collect()))
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let (path, tune) = target(call);
    let read = call.ask(&ReadMount::new(side(call), &path, tune))?;
    if !tune {
        return Ok(Reply::data(described(&read)));
    }
    let settings = &read.mount.settings;
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("default_lease_ttl", read.limits.default.0.into());
    put("max_lease_ttl", read.limits.max.0.into());
    put("description", read.mount.description.clone().into());
    put("force_no_cache", false.into());
    if let Some(visibility) = &settings.listing_visibility {
        put("listing_visibility", visibility.clone().into());
    }
    if !settings.options.is_empty() {
        put("options", json!(settings.options));
    }
    if read.mount.kind.is_auth() {
        put("token_type", settings.token_type.clone().unwrap_or("default-service".into()).into());
    }
    Ok(Reply::data_and_beside(members))
}

fn list_visible(call: &Call<'_>) -> Result<Reply, Fault> {
    let visible = call.ask(&ListVisibleMounts)?;
    let told = |read: &MountRead| {
        let told = match visible.is_known {
            true => described(read),
            false => json!({
                "description": read.mount.description,
                "options": options(read),
                "type": read.mount.kind.word(),
            }),
        };
        (format!("{}/", read.path), told)
    };
    let all = |mounts: &[MountRead]| mounts.iter().map(told).collect::<Map<String, Value>>();
    let (secret, auth) = (all(&visible.secret), all(&visible.auth));
    Ok(Reply::data(json!({ "secret": secret, "auth": auth })))
}

fn read_visible(call: &Call<'_>) -> Result<Reply, Fault> {
    let read = call.ask(&ReadVisibleMount::new(&call.named("path")))?;
    let mut data = described(&read);
    if let Value::Object(members) = &mut data {
        members.insert("path".to_owned(), format!("{}/", read.path).into());
    }
    Ok(Reply::data(data))
}

fn options(read: &MountRead) -> Value {
    match read.mount.kind {
        strongroom_engine::MountKind::KeyValue => json!({ "version": "2" }),
        _ if read.mount.settings.options.is_empty() => Value::Null,
        _ => json!(read.mount.settings.options),
    }
}

fn described(read: &MountRead) -> Value {
    let mount = &read.mount;
    let settings = &mount.settings;
    let seconds = |ttl: Option<Seconds>| ttl.map_or(0, |ttl| ttl.0);
    let mut config = json!({
        "default_lease_ttl": seconds(settings.default_ttl),
        "max_lease_ttl": seconds(settings.max_ttl),
        "force_no_cache": false,
    });
    if let (Some(visibility), Value::Object(config)) = (&settings.listing_visibility, &mut config) {
        config.insert("listing_visibility".into(), visibility.clone().into());
    }
    if let (true, Value::Object(config)) = (mount.kind.is_auth(), &mut config) {
        let kind = settings.token_type.clone().unwrap_or("default-service".into());
        config.insert("token_type".into(), kind.into());
    }
    json!({
        "accessor": mount.accessor(),
        "config": config,
        "description": mount.description,
        "external_entropy_access": false,
        "local": false,
        "options": options(read),
        "plugin_version": "",
        "running_plugin_version": "",
        "running_sha256": "",
        "seal_wrap": false,
        "type": mount.kind.word(),
        "uuid": uuid(&mount.id.to_string()),
    })
}

/// 32 digits in the groups of RFC 9562.
pub(super) fn uuid(digits: &str) -> String {
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.map(|group| digits.get(group).unwrap_or_default()).join("-")
}

fn enable(call: &Call<'_>) -> Result<Reply, Fault> {
    let (path, tune) = target(call);
    if tune {
        return tune_at(call, &path);
    }
    let written: Enabled = call.body.read()?;
    call.body.refuse(None, NOT_MADE_WITH)?;
    call.body.refuse(Some("config"), NOT_TUNED_WITH)?;
    let kind = written.kind.or(written.plugin_name).filter(|kind| !kind.is_empty());
    let kind = kind.ok_or_else(|| Fault::invalid("backend type must be specified as a string"))?;
    let mut options = texts(written.options)?;
    let kind = match kind.as_str() {
        "kv-v2" => {
            options.insert("version".into(), "2".into());
            "kv"
        }
        "kv-v1" => "kv",
        other => other,
    };
    let config = written.config.unwrap_or_default();
    let ttl = |span: Option<Span>| span.map(|span| span.0).filter(|seconds| seconds.0 > 0);
    let mut mount = EnableMount::new(side(call), &path, kind);
    mount.description = written.description.unwrap_or_default();
    mount.settings = MountSettings {
        default_ttl: ttl(config.default_lease_ttl),
        max_ttl: ttl(config.max_lease_ttl),
        options,
        listing_visibility: config.listing_visibility.filter(|text| !text.is_empty()),
        token_type: config.token_type.filter(|text| !text.is_empty()),
    };
    call.ask(&mount)?;
    Ok(Reply::Empty)
}

fn tune_at(call: &Call<'_>, path: &str) -> Result<Reply, Fault> {
    let config: Config = call.body.read()?;
    call.body.refuse(None, NOT_TUNED_WITH)?;
    let change = MountChange {
        description: config.description,
        default_ttl: config.default_lease_ttl.map(|span| span.0),
        max_ttl: config.max_lease_ttl.map(|span| span.0),
        listing_visibility: config.listing_visibility,
        token_type: config.token_type,
        options: texts(config.options)?,
    };
    call.ask(&TuneMount::new(side(call), path, change))?;
    Ok(Reply::Empty)
}

fn disable(call: &Call<'_>) -> Result<Reply, Fault> {
    let operation = DisableMount::new(side(call), &call.named("path"));
    while !call.ask(&operation)? {}
    Ok(Reply::Empty)
}

fn remount(call: &Call<'_>) -> Result<Reply, Fault> {
    let Remount { from, to } = call.body.read()?;
    call.ask(&MoveMount { from, to })?;
    Ok(Reply::data(json!({ "migration_id": uuid(&call.request_id().to_string()) })))
}

/// Options as texts, whatever JSON they came as.
pub(super) fn texts(
    options: Option<BTreeMap<String, Value>>,
) -> Result<BTreeMap<String, String>, Fault> {
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        Value::Bool(truth) => Ok((name, truth.to_string())),
        _ => Err(Fault::invalid("an option is a text")),
    };
    let given = options.unwrap_or_default().into_iter().filter(|(_, value)| !value.is_null());
    given.map(text).collect()
}
