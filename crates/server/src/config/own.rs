//! Strongroom's own file, `strongroom-server.toml`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use strongroom_core::spelling::nearest;
use strongroom_core::time::Seconds;
use strongroom_engine::audit::DevicesAllowed;

use super::section::{Section, Style};
use super::{
    Authority, Certificate, Config, ConfigError, LEASE_TTL, Listener, Loaded, Log, Protection,
    Seal, Storage, address, aws, tree,
};
use crate::limits::{
    CONNECTIONS_MAX, HEAD_BYTES_MAX, HEAD_BYTES_MIN, LISTENERS_MAX, Limits, REQUEST_BODY_BYTES_MAX,
    TIMEOUT_MAX, TIMEOUT_MIN,
};
use crate::log::{Format, Level};
use crate::tls::{NAMES_MAX, TlsVersion, server_name};

const TOP_KEYS: &[&str] = &[
    "listeners",
    "tls",
    "limits",
    "storage",
    "audit",
    "seal",
    "log",
    "default_lease_ttl",
    "max_lease_ttl",
    "doors",
    "api_address",
    "aws",
];
const LISTENER_KEYS: &[&str] = &["address", "tls", "certificate", "key", "min_version"];
const AUTHORITY_KEYS: &[&str] = &["folder", "names"];
const AUDIT_KEYS: &[&str] = &["folder", "devices_folder", "devices_addresses", "devices_syslog"];
const SEAL_KEYS: &[&str] = &["type", "key_file"];
const LOG_KEYS: &[&str] = &["level", "format"];
const SEALS: &[&str] = &["keyfile", "passphrase", "shamir"];
const FORMATS: &[(&str, Option<Format>)] =
    &[("auto", None), ("text", Some(Format::Text)), ("json", Some(Format::Json))];

/// The settings under `[limits]` that are counts or bytes, and their bounds.
pub(super) const NUMBERS: &[Number] = &[
    Number::new("connections_max", 1, CONNECTIONS_MAX, |limits| &mut limits.connections_max),
    Number::new("requests_running_max", 1, CONNECTIONS_MAX, |l| &mut l.requests_running_max),
    Number::new("streams_open_max", 0, CONNECTIONS_MAX, |limits| &mut limits.streams_open_max),
    Number::new("request_head_bytes_max", HEAD_BYTES_MIN, HEAD_BYTES_MAX, |limits| {
        &mut limits.request_head_bytes_max
    }),
    Number::new("request_body_bytes_max", 1, REQUEST_BODY_BYTES_MAX, |limits| {
        &mut limits.request_body_bytes_max
    }),
    Number::new("held_bodies_bytes_max", 1, usize::MAX, |l| &mut l.held_bodies_bytes_max),
];
/// The settings under `[limits]` that are durations.
pub(super) const TIMES: &[Time] = &[
    Time("head_timeout", |limits| &mut limits.head_timeout),
    Time("body_timeout", |limits| &mut limits.body_timeout),
    Time("idle_timeout", |limits| &mut limits.idle_timeout),
    Time("stop_timeout", |limits| &mut limits.stop_timeout),
];

/// Every key that a file can have.
#[cfg(test)]
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    let limits = NUMBERS.iter().map(|number| number.key).chain(TIMES.iter().map(|time| time.0));
    let others = [
        TOP_KEYS,
        LISTENER_KEYS,
        SEALS,
        AUTHORITY_KEYS,
        AUDIT_KEYS,
        SEAL_KEYS,
        LOG_KEYS,
        aws::KEYS,
    ];
    others.into_iter().flatten().copied().chain(limits)
}

pub(super) struct Number {
    pub key: &'static str,
    least: usize,
    most: usize,
    field: fn(&mut Limits) -> &mut usize,
}

pub(super) struct Time(pub &'static str, fn(&mut Limits) -> &mut Duration);

pub(super) fn parse(name: &str, text: &str, doors: &[&str]) -> Result<Loaded, ConfigError> {
    let items = tree::of_toml(name, text)?;
    let top = Section::top(name, Style::Strict, &items);
    top.only(TOP_KEYS.iter().copied())?;
    let storage = storage(&top)?;
    let folder = match &storage {
        Storage::Folder(folder) => Some(folder.clone()),
        Storage::Memory => None,
    };
    let (default_lease_ttl, max_lease_ttl) = lease_ttls(&top)?;
    let (audit_folder, audit_devices) = audit(&top)?;
    let config = Config {
        listeners: listeners(&top)?,
        authority: authority(&top, folder)?,
        limits: limits(&top)?,
        storage,
        audit_folder,
        audit_devices,
        seal: seal(&top)?,
        log: log(&top)?,
        default_lease_ttl,
        max_lease_ttl,
        doors: open_doors(&top, doors)?,
        api_address: top.text("api_address")?.map(str::to_owned),
        aws: aws::read(&top)?,
    };
    Ok(Loaded { config, warnings: Vec::new() })
}

fn listeners(top: &Section<'_>) -> Result<Vec<Listener>, ConfigError> {
    let sections = top.sections("listeners")?;
    if sections.is_empty() {
        let error = top.refuse("listeners", "no listener is configured");
        return Err(error.hint("write [[listeners]] and address = \"127.0.0.1:8200\""));
    }
    if sections.len() > LISTENERS_MAX {
        return Err(top.refuse("listeners", format!("more than {LISTENERS_MAX} listeners")));
    }
    sections.iter().map(listener).collect()
}

fn listener(section: &Section<'_>) -> Result<Listener, ConfigError> {
    section.only(LISTENER_KEYS.iter().copied())?;
    let address =
        read_address(section, "address")?.ok_or_else(|| section.refuse("address", "is missing"))?;
    let oldest = section.text("min_version")?;
    let oldest = match oldest {
        None => None,
        Some("1.2") => Some(TlsVersion::Tls12),
        Some("1.3") => Some(TlsVersion::Tls13),
        Some(_) => return Err(section.refuse("min_version", "is neither \"1.2\" nor \"1.3\"")),
    };
    let files = files(section, "certificate", "key")?;
    if section.boolean("tls")? == Some(false) {
        let without =
            ["certificate", "key", "min_version"].into_iter().find(|key| section.has(key));
        return match without {
            Some(key) => Err(section.refuse(key, "has no meaning beside tls = false")),
            None => Ok(Listener { address, protection: Protection::Plain }),
        };
    }
    let (certificate, oldest) = (files.unwrap_or(Certificate::Local), oldest.unwrap_or_default());
    Ok(Listener { address, protection: Protection::Tls { certificate, oldest } })
}

pub(super) fn read_address(
    section: &Section<'_>,
    key: &str,
) -> Result<Option<SocketAddr>, ConfigError> {
    let Some(text) = section.text(key)? else { return Ok(None) };
    let refuse = || {
        let error = section.refuse(key, "is not an IP address and a port");
        error.hint("write it as \"127.0.0.1:8200\", \"[::]:8200\" or \"localhost:8200\"")
    };
    address::parse(text).map(Some).ok_or_else(refuse)
}

/// The files of a certificate and its key: both or none.
pub(super) fn files(
    section: &Section<'_>,
    certificate: &str,
    key: &str,
) -> Result<Option<Certificate>, ConfigError> {
    match (section.path(certificate)?, section.path(key)?) {
        (Some(certificate), Some(key)) => Ok(Some(Certificate::Files { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(section.refuse(key, format!("is missing beside {certificate}"))),
        (None, Some(_)) => Err(section.refuse(certificate, format!("is missing beside {key}"))),
    }
}

fn authority(top: &Section<'_>, store: Option<PathBuf>) -> Result<Authority, ConfigError> {
    let beside = store.map(|folder| folder.join("tls"));
    let Some(section) = top.section("tls")? else {
        return Ok(Authority { folder: beside, names: Vec::new() });
    };
    section.only(AUTHORITY_KEYS.iter().copied())?;
    let names = section.texts("names")?.unwrap_or_default();
    if names.len() > NAMES_MAX {
        return Err(section.refuse("names", format!("has more than {NAMES_MAX} names")));
    }
    if let Some(name) = names.iter().find(|name| server_name(name).is_none()) {
        let message = format!("holds {name:?}, which is neither a DNS name nor an IP address");
        return Err(section.refuse("names", message));
    }
    let names = names.into_iter().map(str::to_owned).collect();
    Ok(Authority { folder: section.path("folder")?.or(beside), names })
}

/// The folder of the log, and what audit devices may reach.
fn audit(top: &Section<'_>) -> Result<(Option<PathBuf>, DevicesAllowed), ConfigError> {
    let Some(section) = top.section("audit")? else { return Ok(Default::default()) };
    section.only(AUDIT_KEYS.iter().copied())?;
    let addresses = section.texts("devices_addresses")?.unwrap_or_default();
    let kinds = ["tcp://", "udp://", "unix:///"];
    let is_one = |address: &&str| kinds.iter().any(|kind| address.starts_with(kind));
    if let Some(address) = addresses.iter().find(|address| !is_one(address)) {
        let message =
            format!("holds {address:?}, which does not begin with {}", kinds.join(" or "));
        return Err(section.refuse("devices_addresses", message));
    }
    let allowed = DevicesAllowed {
        folder: section.path("devices_folder")?,
        addresses: addresses.into_iter().map(str::to_owned).collect(),
        syslog: section.path("devices_syslog")?,
    };
    Ok((section.path("folder")?, allowed))
}

fn limits(top: &Section<'_>) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    let Some(section) = top.section("limits")? else { return Ok(limits) };
    let keys = NUMBERS.iter().map(|number| number.key).chain(TIMES.iter().map(|time| time.0));
    section.only(keys)?;
    for number in NUMBERS {
        number.read(&section, number.key, &mut limits)?;
    }
    for time in TIMES {
        time.read(&section, time.0, &mut limits)?;
    }
    if limits.held_bodies_bytes_max < limits.request_body_bytes_max {
        let message = "is less than request_body_bytes_max";
        return Err(section.refuse("held_bodies_bytes_max", message));
    }
    Ok(limits)
}

impl Number {
    const fn new(
        key: &'static str,
        least: usize,
        most: usize,
        field: fn(&mut Limits) -> &mut usize,
    ) -> Self {
        Self { key, least, most, field }
    }

    /// Reads it from the key `written`.
    pub fn read(
        &self,
        section: &Section<'_>,
        written: &str,
        limits: &mut Limits,
    ) -> Result<(), ConfigError> {
        let Some(value) = section.integer(written)? else { return Ok(()) };
        let value = usize::try_from(value).ok();
        let value = value.filter(|value| (self.least..=self.most).contains(value));
        let Some(value) = value else {
            let message = if self.most == usize::MAX {
                format!("is less than {}", self.least)
            } else {
                format!("is not between {} and {}", self.least, self.most)
            };
            return Err(section.refuse(written, message));
        };
        *(self.field)(limits) = value;
        Ok(())
    }
}

impl Time {
    /// Reads it from the key `written`.
    pub fn read(
        &self,
        section: &Section<'_>,
        written: &str,
        limits: &mut Limits,
    ) -> Result<(), ConfigError> {
        let Some(time) = section.duration(written)? else { return Ok(()) };
        if !(TIMEOUT_MIN..=TIMEOUT_MAX).contains(&time) {
            return Err(section.refuse(written, "is not between 1 second and 1 day"));
        }
        *(self.1)(limits) = time;
        Ok(())
    }
}

fn storage(top: &Section<'_>) -> Result<Storage, ConfigError> {
    let missing =
        |error: ConfigError| error.hint("write [storage] and path = \"/var/lib/strongroom\"");
    let Some(section) = top.section("storage")? else {
        return Err(missing(top.refuse("storage", "is missing")));
    };
    section.only(["path", "memory"].into_iter())?;
    match (section.path("path")?, section.boolean("memory")?) {
        (Some(path), None | Some(false)) => Ok(Storage::Folder(path)),
        (None, Some(true)) => Ok(Storage::Memory),
        (Some(_), Some(true)) => Err(section.refuse("memory", "is true beside a path")),
        (None, _) => Err(missing(section.refuse("path", "is missing"))),
    }
}

fn seal(top: &Section<'_>) -> Result<Seal, ConfigError> {
    let Some(section) = top.section("seal")? else { return Ok(Seal::default()) };
    section.only(SEAL_KEYS.iter().copied())?;
    let key_file = section.path("key_file")?;
    let seal = match (section.text("type")?, key_file) {
        (Some("keyfile"), path) => Seal::KeyFile(path),
        (Some("passphrase"), None) => Seal::Passphrase,
        (Some("shamir"), None) => Seal::Shamir,
        (Some("passphrase" | "shamir") | None, Some(_)) => {
            return Err(section.refuse("key_file", "has no meaning without type = \"keyfile\""));
        }
        (None, None) => return Err(section.refuse("type", "is missing")),
        (Some(word), _) => return Err(unknown_word(&section, "type", word, SEALS)),
    };
    Ok(seal)
}

fn log(top: &Section<'_>) -> Result<Log, ConfigError> {
    let Some(section) = top.section("log")? else { return Ok(Log::default()) };
    section.only(LOG_KEYS.iter().copied())?;
    let level = match section.text("level")? {
        None => Level::default(),
        Some(word) => level(word).ok_or_else(|| {
            let levels = Level::NAMES.map(|(name, _)| name);
            unknown_word(&section, "level", word, &levels)
        })?,
    };
    let format = match section.text("format")? {
        None => None,
        Some(word) => match FORMATS.iter().find(|(name, _)| *name == word) {
            Some((_, format)) => *format,
            None => {
                let formats = FORMATS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
                return Err(unknown_word(&section, "format", word, &formats));
            }
        },
    };
    Ok(Log { level, format })
}

pub(super) fn level(word: &str) -> Option<Level> {
    Level::NAMES.into_iter().find(|(name, _)| *name == word).map(|(_, level)| level)
}

/// The default and the longest TTL. Either bounds the other where only one is said.
pub(super) fn lease_ttls(top: &Section<'_>) -> Result<(Seconds, Seconds), ConfigError> {
    let read = |key: &str| -> Result<Option<Seconds>, ConfigError> {
        match top.duration(key)?.map(|duration| duration.as_secs()) {
            None => Ok(None),
            Some(0) => Err(top.refuse(key, "is less than a second")),
            Some(seconds) => Ok(Some(Seconds(seconds))),
        }
    };
    let (default, max) = (read("default_lease_ttl")?, read("max_lease_ttl")?);
    let longest = max.unwrap_or(LEASE_TTL);
    let usual = default.unwrap_or(LEASE_TTL.min(longest));
    if usual > longest {
        let bound = if max.is_some() { "max_lease_ttl" } else { "768h, max_lease_ttl's default" };
        return Err(top.refuse("default_lease_ttl", format!("is longer than {bound}")));
    }
    Ok((usual, longest))
}

fn open_doors(top: &Section<'_>, known: &[&str]) -> Result<Option<Vec<String>>, ConfigError> {
    let Some(doors) = top.texts("doors")? else { return Ok(None) };
    if let Some(unknown) = doors.iter().find(|door| !known.contains(door)) {
        return Err(unknown_word(top, "doors", unknown, known));
    }
    Ok(Some(doors.into_iter().map(str::to_owned).collect()))
}

fn unknown_word(section: &Section<'_>, key: &str, word: &str, known: &[&str]) -> ConfigError {
    let error = section.refuse(key, format!("{word:?} is not known"));
    match nearest(word, known.iter().copied()) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint(format!("write one of {}", known.join(", "))),
    }
}
