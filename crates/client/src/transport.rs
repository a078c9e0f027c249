//! HTTP, as every API of a server is asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};
use zeroize::Zeroizing;

use crate::{Address, ClientError};

/// How long a connection may take to be made, TLS included: 10 s.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server may be silent: 60 s.
pub const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest answer, in bytes: 64 MiB.
pub const ANSWER_BYTES_MAX: u64 = 64 << 20;
/// The longest head of an answer, in bytes: 64 KiB.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// The longest file of authorities, in bytes: 4 MiB.
const AUTHORITY_BYTES_MAX: u64 = 4 << 20;

/// Which server, and whom it is trusted by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's address.
    pub address: Address,
    /// A file of authorities in PEM, trusted beside the system's.
    pub authority: Option<PathBuf>,
    /// What the server's audit log calls this program.
    pub program: String,
    /// Whether a token may be sent in clear to another machine.
    pub allows_clear: bool,
}

/// An HTTP client of one server.
pub struct Transport {
    agent: Agent,
    address: Address,
}

/// An answer, read whole.
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its body, which may hold a secret.
    pub body: Zeroizing<Vec<u8>>,
}

impl Transport {
    /// A client of the server that the settings name. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn new(settings: &Settings) -> Result<Self, ClientError> {
        let address = settings.address.clone();
        if !(address.is_encrypted() || address.is_local() || settings.allows_clear) {
            return Err(ClientError::Setting(format!(
                "{address} is another machine, and http:// would send tokens and secrets there in clear: use https://"
            )));
        }
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .user_agent(&settings.program)
            .max_response_header_size(HEAD_BYTES_MAX)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_per_read(Some(READ_TIMEOUT))
            .timeout_per_write(Some(READ_TIMEOUT))
            // A proxy sees what is not encrypted.
            .proxy(if address.is_encrypted() { Proxy::try_from_env() } else { None });
        if address.is_encrypted() {
            config = config.tls_config(tls(settings.authority.as_deref())?);
        }
        Ok(Self { agent: config.build().new_agent(), address })
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Send a request and read its answer whole, whatever its status.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, Zeroizing<String>)],
        body: Option<&[u8]>,
    ) -> Result<Response, ClientError> {
        self.finish(self.open(method, path, headers, body, None)?)
    }

    pub(crate) fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, Zeroizing<String>)],
        body: Option<&[u8]>,
        silence: Option<Duration>,
    ) -> Result<http::Response<Body>, ClientError> {
        let unfit = |_| ClientError::Setting("a header or path cannot be sent".to_owned());
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.address))
            .body(body.unwrap_or_default())
            .map_err(unfit)?;
        for (name, value) in headers {
            let mut value = http::HeaderValue::from_str(value).map_err(|_| {
                ClientError::Setting("the token has characters that no token has".to_owned())
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(*name, value);
        }
        let failed = |error| ClientError::of(error, self.address.as_str());
        let silence = silence.unwrap_or(READ_TIMEOUT);
        match body {
            None => {
                let request = request.map(|_| ());
                let request = self.agent.configure_request(request);
                self.agent.run(request.timeout_per_read(Some(silence)).build()).map_err(failed)
            }
            Some(_) => {
                let request = self.agent.configure_request(request);
                self.agent.run(request.timeout_per_read(Some(silence)).build()).map_err(failed)
            }
        }
    }

    pub(crate) fn finish(&self, response: http::Response<Body>) -> Result<Response, ClientError> {
        let status = response.status().as_u16();
        let body = response.into_body().into_with_config().limit(ANSWER_BYTES_MAX);
        let body = body.read_to_vec().map(Zeroizing::new);
        let body = body.map_err(|error| ClientError::of(error, self.address.as_str()))?;
        Ok(Response { status, body })
    }
}

/// The system's authorities and those in a file, on the one crypto provider.
fn tls(authority: Option<&Path>) -> Result<TlsConfig, ClientError> {
    let mut authorities: Vec<Certificate<'static>> = Vec::new();
    // What of the system's cannot be read is not trusted.
    for found in rustls_native_certs::load_native_certs().certs {
        authorities.push(Certificate::from_der(&found).to_owned());
    }
    if let Some(path) = authority {
        authorities.extend(read_authorities(path)?);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&authorities))
        .unversioned_rustls_crypto_provider(provider)
        .build())
}

fn read_authorities(path: &Path) -> Result<Vec<Certificate<'static>>, ClientError> {
    let refuse = |why: String| ClientError::Setting(format!("{}: {why}", path.display()));
    let length = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?.len();
    if length > AUTHORITY_BYTES_MAX {
        return Err(refuse(format!("is larger than {AUTHORITY_BYTES_MAX} bytes")));
    }
    let bytes = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|_| refuse("is no file of certificates in PEM".to_owned()))?;
    if found.is_empty() {
        return Err(refuse("holds no certificate".to_owned()));
    }
    Ok(found.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
}
