//! Documents of issuers, fetched over HTTPS for logins with their tokens.

mod transport;
mod verifier;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use data_encoding::BASE64;
use http::header::{ACCEPT, AUTHORIZATION};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use strongroom_engine::jwt::{DOCUMENT_BYTES_MAX, Fetch, FetchError, FormRequest};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, Body};
use zeroize::Zeroizing;

use transport::TlsConnector;
use verifier::Verifier;

/// How long a document may take, in all.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest head of a response, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;

/// Fetches with TLS 1.2 or 1.3. It follows no redirect, keeps no connection and uses no proxy.
#[derive(Default)]
pub struct HttpsFetch {
    system: OnceLock<Option<Arc<Verifier>>>,
}

impl Fetch for HttpsFetch {
    fn get(&self, url: &str, ca_pem: Option<&str>) -> Result<Vec<u8>, FetchError> {
        let request = self.agent(ca_pem)?.get(url).header(ACCEPT, "application/json");
        answer(request.call())
    }

    fn post_form(&self, request: &FormRequest<'_>) -> Result<Vec<u8>, FetchError> {
        let mut post = self.agent(request.ca_pem)?.post(request.url);
        post = post.header(ACCEPT, "application/json");
        if let Some((user, password)) = &request.basic {
            let pair = Zeroizing::new(format!("{user}:{}", password.as_str()));
            let encoded = Zeroizing::new(BASE64.encode(pair.as_bytes()));
            post = post.header(AUTHORIZATION, format!("Basic {}", encoded.as_str()));
        }
        let fields = request.fields.iter().map(|(name, value)| (*name, value.as_str()));
        answer(post.send_form(fields))
    }
}

impl HttpsFetch {
    fn agent(&self, ca_pem: Option<&str>) -> Result<Agent, FetchError> {
        let verifier = match ca_pem {
            Some(pem) => Some(configured_verifier(pem)?),
            None => self.system.get_or_init(system_verifier).clone(),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .max_idle_connections(0)
            .max_response_header_size(HEAD_BYTES_MAX)
            .timeout_global(Some(FETCH_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .user_agent(concat!("strongroom/", env!("CARGO_PKG_VERSION")))
            .build();
        let tls = verifier.and_then(with_verifier).map(Arc::new);
        let connector = TcpConnector::default().chain(TlsConnector(tls));
        Ok(Agent::with_parts(config, connector, DefaultResolver::default()))
    }
}

/// The body of a response with status 200.
fn answer(response: Result<http::Response<Body>, ureq::Error>) -> Result<Vec<u8>, FetchError> {
    let mut response = response.map_err(unreachable)?;
    if response.status() != http::StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let limit = u64::try_from(DOCUMENT_BYTES_MAX).unwrap_or(u64::MAX);
    // One more than is taken tells that there is more.
    let body = response.body_mut().with_config().limit(limit + 1).read_to_vec();
    let body = body.map_err(unreachable)?;
    if body.len() > DOCUMENT_BYTES_MAX { Err(FetchError::TooLarge) } else { Ok(body) }
}

/// Why in words of the kind of failure only: an address may hold what is not for everybody.
fn unreachable(error: ureq::Error) -> FetchError {
    use ureq::Error as Cause;
    let words = match &error {
        Cause::BodyExceedsLimit(_) => return FetchError::TooLarge,
        Cause::Timeout(_) => "it took too long",
        Cause::HostNotFound => "its host was not found",
        Cause::Tls(_) | Cause::Rustls(_) | Cause::Pem(_) => "its certificate was not accepted",
        Cause::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            "its certificate was not accepted"
        }
        Cause::Io(_) | Cause::ConnectionFailed => "the connection failed",
        Cause::BadUri(_) => return FetchError::Url,
        _ => "its answer is not HTTP",
    };
    FetchError::Unreachable(words.to_owned())
}

fn with_verifier(verifier: Arc<Verifier>) -> Option<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().ok()?;
    let config = config.dangerous().with_custom_certificate_verifier(verifier);
    Some(config.with_no_client_auth())
}

/// With the authorities that an operator configured.
fn configured_verifier(pem: &str) -> Result<Arc<Verifier>, FetchError> {
    let refused = || FetchError::Unreachable("its authorities are no certificates".to_owned());
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let found = found.map_err(|_| refused())?;
    let verifier = Verifier::of_configured(found, Arc::new(aws_lc_rs::default_provider()));
    verifier.map(Arc::new).ok_or_else(refused)
}

/// With the authorities that the machine trusts; `None` when it has no list of them.
fn system_verifier() -> Option<Arc<Verifier>> {
    let found = rustls_native_certs::load_native_certs().certs;
    Verifier::of_system(&found, Arc::new(aws_lc_rs::default_provider())).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;

    /// Answers one connection with this, and tells what was asked.
    fn serve(answer: Vec<u8>) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let url = format!("http://{}/doc", listener.local_addr().expect("an address"));
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("accepts");
            let asked = read_request(&mut stream);
            // Whoever has enough does not read on.
            let _ = stream.write_all(&answer);
            asked
        });
        (url, served)
    }

    fn read_request(stream: &mut impl Read) -> String {
        let mut asked = Vec::new();
        let mut buffer = [0; 4_096];
        loop {
            let count = stream.read(&mut buffer).unwrap_or(0);
            asked.extend_from_slice(&buffer[..count]);
            let text = String::from_utf8_lossy(&asked).into_owned();
            let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
            let is_whole = head.len() < text.len();
            let length = head.lines().find_map(|line| {
                line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned)
            });
            let wanted: usize = length.and_then(|digits| digits.parse().ok()).unwrap_or(0);
            if is_whole && body.len() >= wanted || count == 0 {
                return text;
            }
        }
    }

    fn response(status: &str, head: &str, body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{head}\r\n", body.len());
        [head.as_bytes(), body].concat()
    }

    #[test]
    fn a_document_is_fetched() {
        let (url, served) = serve(response("200 OK", "", b"{}"));
        assert_eq!(HttpsFetch::default().get(&url, None).expect("is fetched"), b"{}");
        assert!(served.join().expect("ends").starts_with("GET /doc HTTP/1.1"));
    }

    #[test]
    fn a_redirect_is_not_followed_and_other_statuses_give_nothing() {
        let (url, _) = serve(response("302 Found", "Location: http://127.0.0.1:1/\r\n", b"x"));
        assert_eq!(HttpsFetch::default().get(&url, None), Err(FetchError::Status(302)));
        let (url, _) = serve(response("404 Not Found", "", b"{}"));
        assert_eq!(HttpsFetch::default().get(&url, None), Err(FetchError::Status(404)));
    }

    #[test]
    fn a_document_has_a_largest_size() {
        let (url, _) = serve(response("200 OK", "", &vec![b'x'; DOCUMENT_BYTES_MAX]));
        let fetched = HttpsFetch::default().get(&url, None).expect("is fetched");
        assert_eq!(fetched.len(), DOCUMENT_BYTES_MAX);
        let (url, _) = serve(response("200 OK", "", &vec![b'x'; DOCUMENT_BYTES_MAX + 1]));
        assert_eq!(HttpsFetch::default().get(&url, None), Err(FetchError::TooLarge));
    }

    #[test]
    fn a_form_is_sent_encoded_with_a_basic_authorization() {
        let (url, served) = serve(response("200 OK", "", b"{}"));
        let request = FormRequest {
            url: &url,
            ca_pem: None,
            basic: Some(("id".into(), Zeroizing::new("s3".into()))),
            fields: vec![("code", Zeroizing::new("a b&c".into()))],
        };
        HttpsFetch::default().post_form(&request).expect("is answered");
        let asked = served.join().expect("ends");
        assert!(asked.starts_with("POST /doc HTTP/1.1"), "{asked}");
        assert!(asked.to_lowercase().contains("authorization: basic awq6czm="), "{asked}");
        assert!(asked.ends_with("code=a+b%26c") || asked.ends_with("code=a%20b%26c"), "{asked}");
    }

    /// Shows a certificate to so many connections.
    fn serve_tls(
        certificate: &rcgen::Certificate,
        key: &KeyPair,
        connections: usize,
    ) -> (String, JoinHandle<()>) {
        let private = PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private.into())
            .expect("a certificate");
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let url = format!("https://localhost:{}/doc", listener.local_addr().expect("one").port());
        let served = std::thread::spawn(move || {
            for _ in 0..connections {
                let (stream, _) = listener.accept().expect("accepts");
                let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
                let mut tls = StreamOwned::new(connection, stream);
                let _ = read_request(&mut tls);
                let _ = tls.write_all(&response("200 OK", "", b"{}"));
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        });
        (url, served)
    }

    fn stranger() -> String {
        let key = KeyPair::generate().expect("a key");
        CertificateParams::default().self_signed(&key).expect("a certificate").pem()
    }

    #[test]
    fn a_server_must_show_a_certificate_of_the_authorities_that_are_given() {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = params.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(params, key);
        let leaf_key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let leaf = leaf.signed_by(&leaf_key, &issuer).expect("a certificate");
        let (url, served) = serve_tls(&leaf, &leaf_key, 2);
        let refused = HttpsFetch::default().get(&url, Some(&stranger()));
        assert!(matches!(refused, Err(FetchError::Unreachable(_))), "{refused:?}");
        let fetched = HttpsFetch::default().get(&url, Some(&ca.pem()));
        assert_eq!(fetched.expect("is fetched"), b"{}");
        served.join().expect("ends");
        let nonsense = HttpsFetch::default().get(&url, Some("no certificate"));
        assert!(matches!(nonsense, Err(FetchError::Unreachable(_))), "{nonsense:?}");
    }

    #[test]
    fn a_server_may_show_a_certificate_that_is_the_authority_that_is_given() {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = params.self_signed(&key).expect("a certificate");
        let (url, served) = serve_tls(&own, &key, 3);
        let fetched = HttpsFetch::default().get(&url, Some(&own.pem()));
        assert_eq!(fetched.expect("is fetched"), b"{}");
        for ca in [Some(stranger()), None] {
            let refused = HttpsFetch::default().get(&url, ca.as_deref());
            let words = "its certificate was not accepted".to_owned();
            assert_eq!(refused, Err(FetchError::Unreachable(words)));
        }
        served.join().expect("ends");
    }
}
