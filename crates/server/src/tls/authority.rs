//! The local authority: a root certificate made on the first start, and the server's certificate under it.
//!
//! The folder holds `ca.pem` (what clients trust), `ca.key` (0600) and `server.pem` (0600: certificate and key in one
//! file, so that a crash cannot leave one without the other). The authority's certificate is derived from its key and
//! is valid for [`AUTHORITY_DAYS`]; the server's is renewed when it has less than [`RENEW_BEFORE_DAYS`] left, or lacks
//! a name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SerialNumber,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use strongroom_core::random::{self, Random};
use strongroom_core::time::{Seconds, Timestamp};
use zeroize::Zeroizing;

use super::TlsError;
use super::certificate::{self, is_good_for};
use super::files::{self, FolderLock};

/// How long the authority's certificate is valid: twenty years of 365 days.
pub const AUTHORITY_DAYS: u64 = 20 * 365;
/// How long the server's certificate is valid.
pub const SERVER_DAYS: u64 = 90;
/// What is left of the server's certificate when it is renewed.
pub const RENEW_BEFORE_DAYS: u64 = 30;
/// Names in the server's certificate.
pub const NAMES_MAX: usize = 64;

/// The authority's certificate, for clients: PEM.
pub const AUTHORITY_CERTIFICATE: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca.key";
const SERVER: &str = "server.pem";
const SECONDS_PER_DAY: u64 = 86_400;

/// A certificate authority in a folder, and the names that its server goes by.
#[derive(Clone, Debug)]
pub struct LocalAuthority {
    folder: PathBuf,
    names: Vec<String>,
}

impl LocalAuthority {
    /// The authority in `folder`, which is made on first use. The server's certificate is for `localhost`,
    /// `127.0.0.1`, `::1`, `host` and `names`: DNS names or IP addresses. A host's name that is no DNS name is left
    /// out.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, host: Option<&str>, names: &[String]) -> Self {
        let mut all = vec!["localhost".to_owned()];
        all.extend(
            [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()]
                .map(|ip| ip.to_string()),
        );
        all.extend(host.filter(|host| certificate::server_name(host).is_some()).map(str::to_owned));
        all.extend_from_slice(names);
        all.sort_unstable();
        all.dedup();
        Self { folder: folder.into(), names: all }
    }

    /// The file that clients are told to trust.
    #[must_use]
    pub fn certificate_path(&self) -> PathBuf {
        self.folder.join(AUTHORITY_CERTIFICATE)
    }

    /// The server's certificate with its key; both it and the authority are made where they are missing, and it is
    /// renewed where it is due at `now`.
    ///
    /// # Errors
    /// [`TlsError`] when the folder cannot be used, or holds a certificate without its key, or a key that others may
    /// read.
    pub fn server_key(
        &self,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<CertifiedKey, TlsError> {
        let _lock = FolderLock::take(&self.folder)?;
        let authority = self.authority(now, random)?;
        let path = self.folder.join(SERVER);
        let wanted_until = now.plus(days(RENEW_BEFORE_DAYS));
        if let Some(text) = files::read_private(&path)?
            && let Ok(key) = certificate::parse(&text, &text, &path, &path)
            && is_good_for(&key, &authority.certificate, &self.names, now)
            && is_good_for(&key, &authority.certificate, &self.names, wanted_until)
        {
            return Ok(key);
        }
        let (chain, key) = authority.issue(&self.names, now, random)?;
        let text = Zeroizing::new(format!("{chain}{}", key.as_str()));
        let made = certificate::parse(text.as_bytes(), text.as_bytes(), &path, &path)?;
        if !is_good_for(&made, &authority.certificate, &self.names, now) {
            return Err(TlsError::NotOfItsKey { path: self.certificate_path() });
        }
        files::write(&path, text.as_bytes(), files::PRIVATE, random)?;
        Ok(made)
    }

    fn authority(&self, now: Timestamp, random: &dyn Random) -> Result<Authority, TlsError> {
        let (key_path, path) = (self.folder.join(AUTHORITY_KEY), self.certificate_path());
        let key = match (files::read_private(&key_path)?, path.exists()) {
            (Some(pem), _) => key_of(&pem, &key_path)?,
            (None, true) => return Err(TlsError::KeyMissing { path: key_path }),
            (None, false) => {
                let key = KeyPair::generate().map_err(TlsError::Issue)?;
                let pem = Zeroizing::new(key.serialize_pem());
                files::write(&key_path, pem.as_bytes(), files::PRIVATE, random)?;
                key
            }
        };
        let params = authority_params(&key, now);
        // A crash between the two files leaves a key that no client has seen a certificate of.
        if !path.exists() {
            let made = params.self_signed(&key).map_err(TlsError::Issue)?;
            files::write(&path, made.pem().as_bytes(), files::PUBLIC, random)?;
        }
        let pem = files::read(&path)?;
        let certificate = CertificateDer::from_pem_slice(&pem)
            .map_err(|_| TlsError::NotPem { path, what: "a certificate" })?;
        Ok(Authority { certificate, issuer: Issuer::new(params, key) })
    }
}

struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// A certificate for these names, and its key, as PEM.
    fn issue(
        &self,
        names: &[String],
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(String, Zeroizing<String>), TlsError> {
        let key = KeyPair::generate().map_err(TlsError::Issue)?;
        let mut params = CertificateParams::new(names).map_err(TlsError::Issue)?;
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CommonName, "Strongroom server");
        params.distinguished_name = subject;
        params.not_before = system_time(now.0.saturating_sub(SECONDS_PER_DAY * 1_000)).into();
        params.not_after = system_time(now.plus(days(SERVER_DAYS)).0).into();
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        // At most 20 bytes, positive (RFC 5280, section 4.1.2.2).
        let mut serial: [u8; 16] = random::array(random);
        serial[0] &= 0x7F;
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        let made = params.signed_by(&key, &self.issuer).map_err(TlsError::Issue)?;
        Ok((made.pem(), Zeroizing::new(key.serialize_pem())))
    }
}

fn authority_params(key: &KeyPair, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    // The name holds part of the key's hash: two authorities in one trust store are two names, and the name is known
    // from the key alone.
    let identifier = params.key_identifier(key);
    let short = identifier.get(..4).unwrap_or_default();
    let mut subject = DistinguishedName::new();
    let name = format!("Strongroom local authority {}", data_encoding::HEXLOWER.encode(short));
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.not_before = system_time(now.0.saturating_sub(SECONDS_PER_DAY * 1_000)).into();
    params.not_after = system_time(now.plus(days(AUTHORITY_DAYS)).0).into();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn key_of(pem: &[u8], path: &Path) -> Result<KeyPair, TlsError> {
    let broken = || TlsError::NotPem { path: path.to_owned(), what: "a private key" };
    let der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| broken())?;
    KeyPair::try_from(&der).map_err(|_| broken())
}

fn days(count: u64) -> Seconds {
    Seconds(count * SECONDS_PER_DAY)
}

fn system_time(milliseconds: u64) -> std::time::SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds)
}
