//! What a server is told: one typed [`Config`], from Strongroom's own file or from Vault's.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::limits::Limits;
use crate::tls::TlsVersion;

/// A server's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where it listens; at least one place.
    pub listeners: Vec<Listener>,
    /// The local authority, for listeners that use it.
    pub authority: Authority,
    /// What clients can make large.
    pub limits: Limits,
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
