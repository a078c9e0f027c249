use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{DeviceKind, DevicesAllowed};

/// The longest name of a device's file, in bytes.
const FILE_NAME_BYTES_MAX: usize = 128;
/// The longest prefix of a line, in bytes.
const PREFIX_BYTES_MAX: usize = 64;
/// The longest tag in the system's log, in bytes (RFC 3164, section 4.1.3).
const TAG_BYTES_MAX: usize = 32;

/// The facilities of RFC 3164, section 4.1.1, by their words.
const FACILITIES: &[(&str, u8)] = &[
    ("KERN", 0),
    ("USER", 1),
    ("MAIL", 2),
    ("DAEMON", 3),
    ("AUTH", 4),
    ("SYSLOG", 5),
    ("LPR", 6),
    ("NEWS", 7),
    ("UUCP", 8),
    ("CRON", 9),
    ("AUTHPRIV", 10),
    ("FTP", 11),
    ("LOCAL0", 16),
    ("LOCAL1", 17),
    ("LOCAL2", 18),
    ("LOCAL3", 19),
    ("LOCAL4", 20),
    ("LOCAL5", 21),
    ("LOCAL6", 22),
    ("LOCAL7", 23),
];
/// RFC 3164's severity of what is normal and significant.
const SEVERITY_NOTICE: u8 = 5;

/// The options of a device, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeviceOptions {
    /// What each line begins with.
    pub prefix: String,
    /// Whether accessors are hashed as tokens are.
    pub hashes_accessors: bool,
    /// The name of a file in the allowed folder.
    pub file: Option<String>,
    /// Where a stream goes.
    pub target: Option<Target>,
}

/// Where a stream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Host and port, by TCP.
    Tcp(String),
    /// Host and port, by UDP.
    Udp(String),
    /// A socket of the machine.
    Unix(PathBuf),
    /// The system's log: its socket, and what each message begins with.
    Syslog(PathBuf, String),
}

impl DeviceOptions {
    /// # Errors
    /// A rule that the options break, without their values.
    pub fn parse(
        kind: DeviceKind,
        given: &BTreeMap<String, String>,
        allowed: &DevicesAllowed,
    ) -> Result<Self, String> {
        let own: &[&str] = match kind {
            DeviceKind::File => &["file_path", "path", "mode"],
            DeviceKind::Socket => &["address", "socket_type", "write_timeout"],
            DeviceKind::Syslog => &["facility", "tag"],
        };
        let common = ["format", "log_raw", "hmac_accessor", "elide_list_responses", "prefix"];
        let is_known =
            |name: &&String| own.contains(&name.as_str()) || common.contains(&name.as_str());
        if let Some(name) = given.keys().find(|name| !is_known(name)) {
            return Err(format!("the option {name:?} is not known"));
        }
        let text = |name: &str| given.get(name).map(String::as_str).filter(|text| !text.is_empty());
        if is_set(text("log_raw"), false)? {
            return Err("log_raw is refused: tokens and secrets are never logged".to_owned());
        }
        // Nothing of an answer is logged, so that a list is left out as well.
        is_set(text("elide_list_responses"), false)?;
        if text("format").is_some_and(|format| format != "json") {
            return Err("the format is json".to_owned());
        }
        let prefix = text("prefix").unwrap_or_default();
        if prefix.len() > PREFIX_BYTES_MAX || prefix.chars().any(|c| !(' '..='~').contains(&c)) {
            return Err(format!("prefix is at most {PREFIX_BYTES_MAX} printable characters"));
        }
        let mut options = Self {
            prefix: prefix.to_owned(),
            hashes_accessors: is_set(text("hmac_accessor"), true)?,
            file: None,
            target: None,
        };
        match kind {
            DeviceKind::File => options.file = Some(file_name(&text, allowed)?),
            DeviceKind::Socket => options.target = Some(address(&text, allowed)?),
            DeviceKind::Syslog => options.target = Some(syslog(&text, allowed)?),
        }
        Ok(options)
    }
}

/// Go's `ParseBool`.
fn is_set(text: Option<&str>, default: bool) -> Result<bool, String> {
    match text {
        None => Ok(default),
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(_) => Err("an option that is true or false is neither".to_owned()),
    }
}

/// A name directly in the allowed folder, so that no path has a way out of it.
fn file_name<'a>(
    text: &impl Fn(&str) -> Option<&'a str>,
    allowed: &DevicesAllowed,
) -> Result<String, String> {
    let Some(folder) = allowed.folder.as_ref().and_then(|folder| folder.to_str()) else {
        return Err("the server's configuration allows no folder for audit devices".to_owned());
    };
    if text("mode").is_some_and(|mode| !matches!(mode, "0600" | "600")) {
        return Err("mode is 0600".to_owned());
    }
    let path = text("file_path").or_else(|| text("path")).ok_or("file_path is required")?;
    let name = match path.contains('/') {
        true => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
        false => Some(path),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_name = |name: &&str| {
        (1..=FILE_NAME_BYTES_MAX).contains(&name.len())
            && !name.starts_with('.')
            && name.chars().all(is_plain)
    };
    name.filter(is_name).map(str::to_owned).ok_or_else(|| {
        "file_path is not directly in the folder that the server's configuration allows".to_owned()
    })
}

fn address<'a>(
    text: &impl Fn(&str) -> Option<&'a str>,
    allowed: &DevicesAllowed,
) -> Result<Target, String> {
    let address = text("address").ok_or("address is required")?;
    let kind = text("socket_type").unwrap_or("tcp");
    if !allowed.addresses.contains(&format!("{kind}://{address}")) {
        return Err("the server's configuration does not allow this address".to_owned());
    }
    match kind {
        "tcp" => Ok(Target::Tcp(address.to_owned())),
        "udp" => Ok(Target::Udp(address.to_owned())),
        "unix" => Ok(Target::Unix(address.into())),
        _ => Err("socket_type is tcp, udp or unix".to_owned()),
    }
}

fn syslog<'a>(
    text: &impl Fn(&str) -> Option<&'a str>,
    allowed: &DevicesAllowed,
) -> Result<Target, String> {
    let Some(socket) = &allowed.syslog else {
        return Err("the server's configuration does not allow the system's log".to_owned());
    };
    let facility = text("facility").unwrap_or("AUTH");
    let found = FACILITIES.iter().find(|(word, _)| word.eq_ignore_ascii_case(facility));
    let (_, number) = found.ok_or("the facility is not known")?;
    let tag = text("tag").unwrap_or("strongroom");
    if tag.len() > TAG_BYTES_MAX || !tag.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(format!("tag is at most {TAG_BYTES_MAX} letters and digits"));
    }
    let priority = number * 8 + SEVERITY_NOTICE;
    Ok(Target::Syslog(socket.clone(), format!("<{priority}>{tag}: ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> DevicesAllowed {
        DevicesAllowed {
            folder: Some("/var/log/audit".into()),
            addresses: vec!["tcp://10.0.0.1:514".into(), "unix:///run/audit.sock".into()],
            syslog: Some("/dev/log".into()),
        }
    }

    fn parse(kind: DeviceKind, options: &[(&str, &str)]) -> Result<DeviceOptions, String> {
        let options = options.iter().map(|(name, text)| ((*name).into(), (*text).into()));
        DeviceOptions::parse(kind, &options.collect(), &allowed())
    }

    /// CVE-2025-6000: whoever could enable a device could write a file anywhere.
    #[test]
    fn a_file_outside_the_allowed_folder_is_refused() {
        let named = |path: &str| parse(DeviceKind::File, &[("file_path", path)]).map(|o| o.file);
        for good in ["/var/log/audit/vault.log", "vault.log"] {
            assert_eq!(named(good), Ok(Some("vault.log".into())));
        }
        for bad in [
            "/etc/passwd",
            "/var/log/audit",
            "/var/log/audit/",
            "/var/log/audit/../x",
            "/var/log/audit/..",
            "/var/log/audit/sub/x",
            "/var/log/audit//x",
            "/var/log/auditx",
            "/var/log/audit/.hidden",
            "/var/log/audit/a b",
            "/var/log/audit/a\0b",
            "../x",
            "..",
            "stdout/../x",
            "",
        ] {
            assert!(named(bad).is_err(), "{bad:?}");
        }
        assert!(named(&"a".repeat(FILE_NAME_BYTES_MAX)).is_ok());
        assert!(named(&"a".repeat(FILE_NAME_BYTES_MAX + 1)).is_err());
        let nothing = DevicesAllowed::default();
        let options = BTreeMap::from([("path".to_owned(), "vault.log".to_owned())]);
        assert!(DeviceOptions::parse(DeviceKind::File, &options, &nothing).is_err());
    }

    #[test]
    fn only_allowed_addresses_are_sent_to() {
        let target = |kind: &str, address: &str| {
            let options = [("socket_type", kind), ("address", address)];
            parse(DeviceKind::Socket, &options).map(|options| options.target)
        };
        assert_eq!(target("tcp", "10.0.0.1:514"), Ok(Some(Target::Tcp("10.0.0.1:514".into()))));
        assert_eq!(
            target("unix", "/run/audit.sock"),
            Ok(Some(Target::Unix("/run/audit.sock".into())))
        );
        for (kind, address) in [
            ("udp", "10.0.0.1:514"),
            ("tcp", "10.0.0.1:5140"),
            ("tcp", "169.254.169.254:80"),
            ("tcp", "10.0.0.1:514/"),
            ("unix", "/run/other.sock"),
            ("unix", "/run/../run/audit.sock"),
            ("http", "10.0.0.1:514"),
            ("", ""),
        ] {
            assert!(target(kind, address).is_err(), "{kind} {address}");
        }
        assert!(parse(DeviceKind::Socket, &[]).is_err());
    }

    #[test]
    fn a_message_to_the_systems_log_begins_with_its_priority() {
        let begin = |options: &[(&str, &str)]| parse(DeviceKind::Syslog, options).map(|o| o.target);
        let target = |text: &str| Ok(Some(Target::Syslog("/dev/log".into(), text.into())));
        assert_eq!(begin(&[]), target("<37>strongroom: "));
        assert_eq!(begin(&[("facility", "local7"), ("tag", "vault")]), target("<189>vault: "));
        assert!(begin(&[("facility", "none")]).is_err());
        assert!(begin(&[("tag", "a: b")]).is_err());
    }

    #[test]
    fn options_that_would_log_in_clear_or_say_nothing_are_refused() {
        let path = ("path", "a.log");
        assert!(parse(DeviceKind::File, &[path, ("hmac_accessor", "false")]).is_ok());
        for option in [
            ("log_raw", "true"),
            ("log_raw", "perhaps"),
            ("format", "jsonx"),
            ("mode", "0644"),
            ("prefix", "a\nb"),
            ("prefix", &"x".repeat(PREFIX_BYTES_MAX + 1)),
            ("address", "10.0.0.1:514"),
            ("unknown", "x"),
        ] {
            assert!(parse(DeviceKind::File, &[path, option]).is_err(), "{option:?}");
        }
    }
}
