//! A certificate with its key: read from PEM, and whether it is good for names at a time.

use std::path::Path;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use strongroom_core::time::Timestamp;

use super::{TlsError, provider};

/// A chain and the key of its first certificate.
pub fn parse(
    chain: &[u8],
    key: &[u8],
    chain_path: &Path,
    key_path: &Path,
) -> Result<CertifiedKey, TlsError> {
    let no_chain = || TlsError::NotPem { path: chain_path.to_owned(), what: "a certificate" };
    let no_key = || TlsError::NotPem { path: key_path.to_owned(), what: "a private key" };
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| no_chain())?;
    let Some(first) = chain.first() else { return Err(no_chain()) };
    ParsedCertificate::try_from(first).map_err(|_| no_chain())?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| no_key())?;
    CertifiedKey::from_der(chain, key, provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => TlsError::NotOfItsKey { path: chain_path.to_owned() },
        _ => no_key(),
    })
}

/// Whether clients that trust `authority` accept the certificate for every one of the names at this time.
pub fn is_good_for(
    key: &CertifiedKey,
    authority: &CertificateDer<'_>,
    names: &[String],
    at: Timestamp,
) -> bool {
    let mut roots = RootCertStore::empty();
    let Some(first) = key.cert.first() else { return false };
    let Ok(parsed) = ParsedCertificate::try_from(first) else { return false };
    if roots.add(authority.clone()).is_err() {
        return false;
    }
    let time = UnixTime::since_unix_epoch(Duration::from_millis(at.0));
    let algorithms = provider().signature_verification_algorithms.all;
    let is_signed =
        verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], time, algorithms).is_ok();
    let has = |name: &String| {
        server_name(name).is_some_and(|name| verify_server_name(&parsed, &name).is_ok())
    };
    is_signed && names.iter().all(has)
}

/// A DNS name or an IP address, as certificates hold them.
pub fn server_name(name: &str) -> Option<ServerName<'_>> {
    ServerName::try_from(name).ok()
}
