//! TLS 1.2 and 1.3 (RFC 5246, RFC 8446) with rustls on aws-lc-rs.
//!
//! A server has its certificate from files that the operator names, or from a [`LocalAuthority`] that it makes itself.
//! Either is replaced while the server runs: connections made afterwards see the new one, and a new one that is broken
//! leaves the old one in place.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use strongroom_core::random::Random;
use strongroom_core::time::Timestamp;

mod authority;
mod certificate;
mod files;
#[cfg(test)]
mod tests;

pub use authority::{
    AUTHORITY_CERTIFICATE, AUTHORITY_DAYS, LocalAuthority, NAMES_MAX, RENEW_BEFORE_DAYS,
    SERVER_DAYS,
};
pub use certificate::server_name;

/// The oldest version of TLS that a listener speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersion {
    /// RFC 5246, with forward secrecy and authenticated encryption only.
    #[default]
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// Where a certificate and its key come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// PEM files of the operator's.
    Files {
        /// The chain, the server's own certificate first.
        certificate: PathBuf,
        /// The private key of the first certificate.
        key: PathBuf,
    },
    /// The authority that the server made.
    Local(LocalAuthority),
}

/// The certificate that new connections see.
pub struct Identity {
    source: Source,
    current: RwLock<Arc<CertifiedKey>>,
}

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The folder of the local authority cannot be made or locked.
    #[error("cannot use the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{} does not hold {what} in PEM", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// The certificate is another key's.
    #[error("the certificate in {} does not belong to its private key", path.display())]
    NotOfItsKey {
        /// The certificate's file.
        path: PathBuf,
    },
    /// The authority's certificate is there without its key.
    #[error("{} is missing: restore it, or remove the folder's other files to make a new authority", path.display())]
    KeyMissing {
        /// The key's file.
        path: PathBuf,
    },
    /// Others than the owner may read a key that this server made.
    #[error("{} can be read by others: run chmod 600 on it", path.display())]
    KeyIsPublic {
        /// The key's file.
        path: PathBuf,
    },
    /// A certificate cannot be made, of names that certificates do not hold.
    #[error("cannot make a certificate: {0}")]
    Issue(rcgen::Error),
    /// rustls takes no such configuration.
    #[error("cannot set up TLS: {0}")]
    Setup(rustls::Error),
}

/// The one crypto provider.
pub fn provider() -> &'static Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    &PROVIDER
}

impl Source {
    fn load(&self, now: Timestamp, random: &dyn Random) -> Result<CertifiedKey, TlsError> {
        match self {
            Self::Local(authority) => authority.server_key(now, random),
            Self::Files { certificate, key } => {
                let (chain, private) = (files::read(certificate)?, files::read(key)?);
                certificate::parse(&chain, &private, certificate, key)
            }
        }
    }
}

impl Identity {
    /// Loads the certificate, or makes it.
    ///
    /// # Errors
    /// [`TlsError`] when there is none to be had.
    pub fn load(
        source: Source,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Arc<Self>, TlsError> {
        let current = RwLock::new(Arc::new(source.load(now, random)?));
        Ok(Arc::new(Self { source, current }))
    }

    /// Reads the files anew, and renews what is due. Answers whether new connections see another certificate than
    /// before.
    ///
    /// # Errors
    /// [`TlsError`] when the new one is broken. The old one stays.
    pub fn reload(&self, now: Timestamp, random: &dyn Random) -> Result<bool, TlsError> {
        let loaded = Arc::new(self.source.load(now, random)?);
        let mut current = self.current.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_new = current.cert != loaded.cert;
        *current = loaded;
        Ok(is_new)
    }

    /// How a listener speaks TLS with this certificate: HTTP/2 and HTTP/1.1 by ALPN (RFC 7301), no client
    /// certificates.
    ///
    /// # Errors
    /// [`TlsError::Setup`] when rustls refuses.
    pub fn server_config(
        self: &Arc<Self>,
        oldest: TlsVersion,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let versions: &[_] = match oldest {
            TlsVersion::Tls12 => &[&version::TLS13, &version::TLS12],
            TlsVersion::Tls13 => &[&version::TLS13],
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(provider()));
        let builder = builder.with_protocol_versions(versions).map_err(TlsError::Setup)?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("source", &self.source).finish_non_exhaustive()
    }
}
