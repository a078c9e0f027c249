//! The configuration file of HashiCorp Vault's server, HCL or JSON.
//!
//! What becomes of each key is in [`keys`]. A stanza is written `listener "tcp" { … }` in HCL, and
//! `"listener": {"tcp": {…}}` or a list of such objects in JSON. As in Vault, `"true"`, `1` and `true` are one.

use strongroom_core::hcl::{self, Item, Value};
use strongroom_core::spelling::nearest;
use strongroom_engine::audit::DevicesAllowed;

use self::keys::{Fate, Key, LISTENER, STORAGE, TOP};
use super::own::{NUMBERS, Number, TIMES, Time, files, lease_ttls, level, read_address};
use super::section::{Section, Style};
use super::{
    Authority, Aws, Certificate, Config, ConfigError, Listener, Loaded, Log, PORT, Protection,
    Seal, Storage, Warning,
};
use crate::limits::{LISTENERS_MAX, Limits};
use crate::log::{Format, Level};
use crate::tls::TlsVersion;

mod keys;

/// What the places of storage are called, and whether they are in memory.
const STORAGES: &[(&str, bool)] = &[
    ("file", false),
    ("raft", false),
    ("inmem", true),
    ("inmem_ha", true),
    ("inmem_transactional", true),
    ("inmem_transactional_ha", true),
];
/// Vault's names of levels beside our own.
const LEVELS: &[(&str, Level)] =
    &[("err", Level::Error), ("warning", Level::Warn), ("notice", Level::Info)];
/// Vault's names of listeners' limits, and ours.
const LISTENER_NUMBERS: &[(&str, &str)] = &[("max_request_size", "request_body_bytes_max")];
const LISTENER_TIMES: &[(&str, &str)] = &[
    ("http_idle_timeout", "idle_timeout"),
    ("http_read_header_timeout", "head_timeout"),
    ("http_read_timeout", "body_timeout"),
];

/// A stanza with its kind: `tcp` of `listener "tcp"`.
struct Stanza<'a> {
    kind: &'a str,
    line: u32,
    section: Section<'a>,
}

pub(super) fn parse(name: &str, text: &str) -> Result<Loaded, ConfigError> {
    let items = hcl::read(text).map_err(|error| ConfigError {
        line: Some(error.line),
        ..ConfigError::of_file(name, error.problem.to_string())
    })?;
    let top = Section::top(name, Style::Vault, &items);
    let mut warnings = Vec::new();
    sort_out(&top, TOP, &mut warnings)?;
    let (storage, folder) = storage(&top, &mut warnings)?;
    let mut limits = Limits::default();
    let listeners = listeners(&top, &mut limits, &mut warnings)?;
    let (default_lease_ttl, max_lease_ttl) = lease_ttls(&top)?;
    let config = Config {
        listeners,
        authority: Authority { folder, names: Vec::new() },
        limits,
        storage,
        audit_folder: None,
        audit_devices: DevicesAllowed {
            folder: top.path("audit_devices_folder")?,
            ..DevicesAllowed::default()
        },
        seal: seal(&top)?,
        log: log(&top)?,
        default_lease_ttl,
        max_lease_ttl,
        doors: None,
        api_address: top.text("api_addr")?.filter(|text| !text.is_empty()).map(str::to_owned),
        aws: Aws::default(),
    };
    Ok(Loaded { config, warnings })
}

/// Refuses what is unknown or must not be left out, and warns of what is left out.
fn sort_out(
    section: &Section<'_>,
    known: &[Key],
    warnings: &mut Vec<Warning>,
) -> Result<(), ConfigError> {
    for item in section.items() {
        let Some(key) = known.iter().find(|key| key.name == item.key) else {
            let error = section.refuse_at(item.line, &item.key, "unknown key");
            let meant = nearest(&item.key, known.iter().map(|key| key.name));
            return Err(match meant {
                Some(meant) => error.hint(format!("did you mean `{meant}`?")),
                None => error,
            });
        };
        match key.fate {
            Fate::Refused(why) if asks(&item.value.value) => {
                let error = section.refuse_at(item.line, key.name, why);
                return Err(error.hint("remove it if the server may run without"));
            }
            Fate::LeftOut(why) if asks(&item.value.value) => {
                warnings.push(section.warn(item.line, key.name, why));
            }
            Fate::Honoured | Fate::LeftOut(_) | Fate::Refused(_) => {}
        }
    }
    Ok(())
}

/// Whether a value asks for something.
fn asks(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Integer(0) => false,
        Value::Text(text) => !matches!(text.as_str(), "" | "false" | "0"),
        Value::List(nodes) => !nodes.is_empty(),
        Value::Bool(true) | Value::Integer(_) | Value::Float(_) | Value::Object(_) => true,
    }
}

fn storage(
    top: &Section<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Storage, Option<std::path::PathBuf>), ConfigError> {
    let mut stanzas = stanzas(top, "storage")?;
    stanzas.extend(self::stanzas(top, "backend")?);
    let stanza = match stanzas.as_slice() {
        [stanza] => stanza,
        [] => return Err(top.refuse("storage", "is missing")),
        [_, again, ..] => return Err(top.refuse_at(again.line, "storage", "stands twice")),
    };
    let Some((_, in_memory)) = STORAGES.iter().find(|(name, _)| *name == stanza.kind) else {
        let error = top.refuse_at(stanza.line, "storage", "the secrets cannot be kept there");
        return Err(error.hint("use storage \"file\" with a path"));
    };
    sort_out(&stanza.section, STORAGE, warnings)?;
    if *in_memory {
        return Ok((Storage::Memory, None));
    }
    let path = stanza.section.path("path")?;
    let path = path.ok_or_else(|| stanza.section.refuse("path", "is missing"))?;
    Ok((Storage::Folder(path.clone()), Some(path.join("tls"))))
}

fn seal(top: &Section<'_>) -> Result<Seal, ConfigError> {
    for stanza in stanzas(top, "seal")? {
        // A stanza that is disabled is there to move away from it.
        let is_disabled = stanza.section.boolean("disabled")?.unwrap_or(false);
        if stanza.kind != "shamir" && !is_disabled {
            let message = "the root key would not be protected as this asks";
            let error = top.refuse_at(stanza.line, "seal", message);
            return Err(error.hint("remove the stanza to unseal with key shares"));
        }
    }
    Ok(Seal::Shamir)
}

fn log(top: &Section<'_>) -> Result<Log, ConfigError> {
    let level = match top.text("log_level")?.map(str::to_ascii_lowercase) {
        None => Level::default(),
        Some(word) if word.is_empty() => Level::default(),
        Some(word) => {
            let other = LEVELS.iter().find(|(name, _)| *name == word).map(|(_, level)| *level);
            let found = level(&word).or(other);
            found.ok_or_else(|| top.refuse("log_level", "is no level of the log"))?
        }
    };
    let format = match top.text("log_format")? {
        None | Some("" | "unspecified") => None,
        Some("standard") => Some(Format::Text),
        Some("json") => Some(Format::Json),
        Some(_) => {
            return Err(top.refuse("log_format", "is neither \"standard\" nor \"json\""));
        }
    };
    Ok(Log { level, format })
}

fn listeners(
    top: &Section<'_>,
    limits: &mut Limits,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Listener>, ConfigError> {
    let stanzas = stanzas(top, "listener")?;
    if stanzas.is_empty() {
        let error = top.refuse("listener", "no listener is configured");
        return Err(error.hint("write listener \"tcp\" { address = \"127.0.0.1:8200\" }"));
    }
    if stanzas.len() > LISTENERS_MAX {
        return Err(top.refuse("listener", format!("more than {LISTENERS_MAX} listeners")));
    }
    let mut all: Option<Limits> = None;
    let mut listeners = Vec::with_capacity(stanzas.len());
    for stanza in stanzas {
        if stanza.kind != "tcp" {
            let message = "the server listens on TCP only";
            return Err(top.refuse_at(stanza.line, "listener", message));
        }
        sort_out(&stanza.section, LISTENER, warnings)?;
        let own = listener_limits(&stanza.section)?;
        // The limits are the server's here: the strictest of what its listeners ask for.
        all = Some(all.map_or_else(|| own.clone(), |all| strictest(all, &own)));
        listeners.push(listener(&stanza.section, warnings)?);
    }
    *limits = all.unwrap_or_default();
    Ok(listeners)
}

fn listener(section: &Section<'_>, warnings: &mut Vec<Warning>) -> Result<Listener, ConfigError> {
    let address = read_address(section, "address")?;
    let address = address.unwrap_or_else(|| ([127, 0, 0, 1], PORT).into());
    let oldest = oldest(section, warnings)?;
    let files = files(section, "tls_cert_file", "tls_key_file")?;
    if section.boolean("tls_disable")?.unwrap_or(false) {
        return Ok(Listener { address, protection: Protection::Plain });
    }
    let certificate = files.unwrap_or(Certificate::Local);
    if certificate == Certificate::Local {
        let message = "is missing: the server shows a certificate of its own authority";
        warnings.push(section.warn(section.line_of("tls_cert_file"), "tls_cert_file", message));
    }
    Ok(Listener { address, protection: Protection::Tls { certificate, oldest } })
}

fn oldest(section: &Section<'_>, warnings: &mut Vec<Warning>) -> Result<TlsVersion, ConfigError> {
    let version = |key: &str| match section.text(key)? {
        None | Some("") => Ok(None),
        Some("tls10") => Ok(Some(10)),
        Some("tls11") => Ok(Some(11)),
        Some("tls12") => Ok(Some(12)),
        Some("tls13") => Ok(Some(13)),
        Some(_) => Err(section.refuse(key, "is no version of TLS: write \"tls12\" or \"tls13\"")),
    };
    if version("tls_max_version")?.is_some_and(|newest| newest < 13) {
        let message = "TLS 1.3 is spoken always";
        return Err(section.refuse("tls_max_version", message));
    }
    Ok(match version("tls_min_version")? {
        Some(13) => TlsVersion::Tls13,
        Some(10 | 11) => {
            let line = section.line_of("tls_min_version");
            let message = "TLS 1.2 is the oldest version that is spoken";
            warnings.push(section.warn(line, "tls_min_version", message));
            TlsVersion::Tls12
        }
        _ => TlsVersion::Tls12,
    })
}

fn listener_limits(section: &Section<'_>) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    for (theirs, ours) in LISTENER_NUMBERS {
        let number: Option<&Number> = NUMBERS.iter().find(|number| number.key == *ours);
        // Vault takes a number below zero, and zero, for no limit and for its default.
        if section.integer(theirs)? != Some(0)
            && let Some(number) = number
        {
            number.read(section, theirs, &mut limits)?;
        }
    }
    for (theirs, ours) in LISTENER_TIMES {
        let time: Option<&Time> = TIMES.iter().find(|time| time.0 == *ours);
        if section.duration(theirs)?.is_some_and(|time| !time.is_zero())
            && let Some(time) = time
        {
            time.read(section, theirs, &mut limits)?;
        }
    }
    limits.held_bodies_bytes_max = limits.held_bodies_bytes_max.max(limits.request_body_bytes_max);
    Ok(limits)
}

fn strictest(one: Limits, other: &Limits) -> Limits {
    Limits {
        request_body_bytes_max: one.request_body_bytes_max.min(other.request_body_bytes_max),
        held_bodies_bytes_max: one.held_bodies_bytes_max.min(other.held_bodies_bytes_max),
        head_timeout: one.head_timeout.min(other.head_timeout),
        body_timeout: one.body_timeout.min(other.body_timeout),
        idle_timeout: one.idle_timeout.min(other.idle_timeout),
        ..one
    }
}

/// Every stanza of a name, in the order of the text.
fn stanzas<'a>(top: &Section<'a>, name: &str) -> Result<Vec<Stanza<'a>>, ConfigError> {
    let mut stanzas = Vec::new();
    for item in top.items().iter().filter(|item| item.key == name) {
        match (&item.label, &item.value.value) {
            (_, Value::Null) => {}
            (Some(kind), Value::Object(items)) => {
                stanzas.push(stanza(top, name, kind, item.line, items));
            }
            (None, Value::Object(kinds)) => of_kinds(top, name, kinds, &mut stanzas)?,
            (None, Value::List(nodes)) => {
                for node in nodes {
                    let Value::Object(kinds) = &node.value else {
                        return Err(top.refuse_at(node.line, name, "is not a list of objects"));
                    };
                    of_kinds(top, name, kinds, &mut stanzas)?;
                }
            }
            _ => return Err(top.refuse_at(item.line, name, "is not a stanza")),
        }
    }
    Ok(stanzas)
}

/// `{"tcp": {…}}` or `{"tcp": [{…}, {…}]}`.
fn of_kinds<'a>(
    top: &Section<'a>,
    name: &str,
    kinds: &'a [Item],
    stanzas: &mut Vec<Stanza<'a>>,
) -> Result<(), ConfigError> {
    for kind in kinds {
        let refuse = || top.refuse_at(kind.line, name, "is not a stanza with a kind");
        match &kind.value.value {
            Value::Object(items) => stanzas.push(stanza(top, name, &kind.key, kind.line, items)),
            Value::List(nodes) => {
                for node in nodes {
                    let Value::Object(items) = &node.value else { return Err(refuse()) };
                    stanzas.push(stanza(top, name, &kind.key, node.line, items));
                }
            }
            _ => return Err(refuse()),
        }
    }
    Ok(())
}

fn stanza<'a>(
    top: &Section<'a>,
    name: &str,
    kind: &'a str,
    line: u32,
    items: &'a [Item],
) -> Stanza<'a> {
    Stanza { kind, line, section: top.within(format!("{name}.{kind}"), line, items) }
}
