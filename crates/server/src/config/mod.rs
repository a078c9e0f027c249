//! What a server is told: one typed [`Config`], from Strongroom's own file or from Vault's.
//!
//! [`Config::parse`] reads a text and decides by its file's name which of the two it is. Every error names file, line
//! and key. A key that is not known is refused, and so is one of Vault's that cannot be honoured and would be dangerous
//! to leave out; what can be left out without danger is told in a [`Warning`].
//!
//! # Adding a setting
//! A field of [`Config`], a row in `own.rs`, a row in `docs/reference/server.md`, and in `vault/keys.rs` if Vault has it.

use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use strongroom_core::time::Seconds;
use strongroom_engine::audit::DevicesAllowed;

use crate::limits::Limits;
use crate::log::{Format, Level};
use crate::tls::TlsVersion;

mod address;
mod aws;
mod error;
mod own;
mod section;
#[cfg(test)]
mod tests;
mod tree;
mod vault;

pub use aws::{AWS_ACCOUNT, AWS_MOUNT, AWS_REGION, AWS_REGIONS_MAX, Aws, AwsRegion};
pub use error::{ConfigError, Warning};

/// The longest configuration, in bytes: 1 MiB.
pub const CONFIG_BYTES_MAX: usize = 1 << 20;
/// The name of Strongroom's own configuration file.
pub const FILE_NAME: &str = "strongroom-server.toml";
/// The TTL of a lease where nothing else says it: 768 hours, as Vault's.
pub const LEASE_TTL: Seconds = Seconds(768 * 3_600);
/// The port of a listener that names none of its own.
pub const PORT: u16 = 8_200;

/// A server's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where it listens; at least one place.
    pub listeners: Vec<Listener>,
    /// The local authority, for listeners that use it.
    pub authority: Authority,
    /// What clients can make large.
    pub limits: Limits,
    /// Where the secrets are.
    pub storage: Storage,
    /// The folder of the audit log; `None` for the store's.
    pub audit_folder: Option<PathBuf>,
    /// What audit devices may reach.
    pub audit_devices: DevicesAllowed,
    /// What protects the root key of a store that is made.
    pub seal: Seal,
    /// What is logged, and how.
    pub log: Log,
    /// The TTL of a lease or token that asks for none.
    pub default_lease_ttl: Seconds,
    /// The longest TTL of a lease or token.
    pub max_lease_ttl: Seconds,
    /// The doors that are open, by name; `None` for all.
    pub doors: Option<Vec<String>>,
    /// The URL under which clients reach the server.
    pub api_address: Option<String>,
    /// The AWS door's account and regions.
    pub aws: Aws,
}

/// A place where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// IP address and port; port 0 for one that the system chooses.
    pub address: SocketAddr,
    /// Plain HTTP or TLS.
    pub protection: Protection,
}

/// What protects a listener's connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nothing: HTTP.
    Plain,
    /// HTTPS.
    Tls {
        /// Whose certificate it shows.
        certificate: Certificate,
        /// The oldest version that it speaks.
        oldest: TlsVersion,
    },
}

/// Whose certificate a listener shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// One that the local authority issued.
    Local,
    /// The operator's own.
    Files {
        /// The chain in PEM, the server's own certificate first.
        certificate: PathBuf,
        /// The first certificate's private key in PEM.
        key: PathBuf,
    },
}

/// The local authority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// Where it is kept; needed as soon as a listener uses it.
    pub folder: Option<PathBuf>,
    /// Names of the server beside `localhost`, `127.0.0.1`, `::1` and the host's name: DNS names and IP addresses.
    pub names: Vec<String>,
}

/// Where the secrets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In a folder.
    Folder(PathBuf),
    /// In memory: they end with the process.
    Memory,
}

/// What protects the root key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// A file that only the server's user may read; `None` for the one beside the store.
    KeyFile(Option<PathBuf>),
    /// A passphrase.
    Passphrase,
    /// Shares of a key, as Vault's.
    Shamir,
}

impl Default for Seal {
    fn default() -> Self {
        Self::KeyFile(None)
    }
}

/// The log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// The least that is logged.
    pub level: Level,
    /// `None` for text on a terminal and JSON elsewhere.
    pub format: Option<Format>,
}

/// A configuration that was read, and what was left out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What the operator should know.
    pub warnings: Vec<Warning>,
}

impl Config {
    /// A configuration of a store in memory; everything else as it is when nothing is said.
    #[must_use]
    pub fn in_memory(listeners: Vec<Listener>, authority: Authority) -> Self {
        Self {
            listeners,
            authority,
            limits: Limits::default(),
            storage: Storage::Memory,
            audit_folder: None,
            audit_devices: DevicesAllowed::default(),
            seal: Seal::default(),
            log: Log::default(),
            default_lease_ttl: LEASE_TTL,
            max_lease_ttl: LEASE_TTL,
            doors: None,
            api_address: None,
            aws: Aws::default(),
        }
    }

    /// Reads a file. `doors` are the names of the doors that there are.
    ///
    /// # Errors
    /// [`ConfigError`] with the file, and the line and key where one is at fault.
    pub fn load(path: &Path, doors: &[&str]) -> Result<Loaded, ConfigError> {
        let name = path.to_string_lossy();
        let refuse = |message: String| ConfigError::of_file(&name, message);
        let mut text = String::new();
        let file = File::open(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
        file.take(CONFIG_BYTES_MAX as u64 + 1)
            .read_to_string(&mut text)
            .map_err(|error| refuse(format!("cannot be read: {error}")))?;
        Self::parse(&name, &text, doors)
    }

    /// Reads the text of a file: Vault's configuration when its name ends with `.hcl` or `.json` or it begins with
    /// `{`, Strongroom's own otherwise.
    ///
    /// # Errors
    /// [`ConfigError`] with the line and key at fault.
    pub fn parse(name: &str, text: &str, doors: &[&str]) -> Result<Loaded, ConfigError> {
        if text.len() > CONFIG_BYTES_MAX {
            let message = format!("is longer than {CONFIG_BYTES_MAX} bytes");
            return Err(ConfigError::of_file(name, message));
        }
        let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
        let is_vaults =
            matches!(extension, Some("hcl" | "json")) || text.trim_start().starts_with('{');
        let loaded =
            if is_vaults { vault::parse(name, text)? } else { own::parse(name, text, doors)? };
        Ok(loaded.with_warnings_of_listeners(name))
    }
}

impl Loaded {
    /// Warns of listeners whose clients send their tokens in clear over a network.
    fn with_warnings_of_listeners(mut self, name: &str) -> Self {
        for Listener { address, protection } in &self.config.listeners {
            if *protection == Protection::Plain && !address.ip().is_loopback() {
                let message = format!("{address} takes tokens and secrets without TLS");
                self.warnings.push(Warning::of_file(name, message));
            }
        }
        self
    }
}
