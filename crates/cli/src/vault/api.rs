//! Vault's HTTP API as its command asks it.

use std::ffi::OsString;
use std::path::PathBuf;

use serde_json::Value;
use strongroom_client::{Address, ClientError, Settings, Transport};
use zeroize::Zeroizing;

use super::REFUSED;
use crate::failure::Failure;
use crate::session::Refusal;

const ADDRESS_DEFAULT: &str = "https://127.0.0.1:8200";
/// Where `vault login` leaves a token.
const TOKEN_FILE: &str = ".vault-token";
/// The longest token file that is looked at, in bytes.
const TOKEN_FILE_BYTES_MAX: u64 = 65_536;

/// Which server, and who asks.
#[derive(Debug, clap::Args)]
pub(super) struct Connection {
    /// The server's address
    #[arg(long, global = true, env = "VAULT_ADDR", default_value = ADDRESS_DEFAULT)]
    address: String,
    /// A file of authorities in PEM that are trusted beside the system's
    #[arg(long, global = true, env = "VAULT_CACERT", value_name = "FILE")]
    ca_cert: Option<OsString>,
    /// Not done: certificates are always verified
    #[arg(long, global = true, env = "VAULT_SKIP_VERIFY", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    tls_skip_verify: Option<String>,
    /// The namespace, which this server answers
    #[arg(
        long,
        global = true,
        env = "VAULT_NAMESPACE",
        default_value = "",
        hide_default_value = true
    )]
    namespace: String,
    /// The token, instead of VAULT_TOKEN and ~/.vault-token
    #[arg(long, global = true, env = "VAULT_TOKEN", hide_env_values = true, hide = true)]
    token: Option<String>,
}

/// A client of the API.
pub(super) struct Api {
    transport: Transport,
    token: Option<Zeroizing<String>>,
    namespace: String,
}

/// What the server answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    asked: String,
}

impl Api {
    pub(super) fn new(connection: &Connection) -> Result<Self, Failure> {
        let address = Address::parse(&connection.address).map_err(unusable)?;
        let skips = connection.tls_skip_verify.as_deref().unwrap_or_default();
        if address.is_encrypted()
            && !matches!(skips, "" | "0" | "f" | "F" | "false" | "FALSE" | "False")
        {
            return Err(Failure::new(
                "certificates are always verified: VAULT_SKIP_VERIFY is not done",
            )
            .hint("name the server's authority: export VAULT_CACERT=FILE"));
        }
        let ca_cert = connection.ca_cert.clone().filter(|file| !file.is_empty());
        let settings = Settings {
            address,
            authority: ca_cert.map(PathBuf::from),
            program: concat!("strongroom-vault/", env!("CARGO_PKG_VERSION")).to_owned(),
            // Vault's command does, and what drives it in a network of containers needs it.
            allows_clear: true,
        };
        let given = connection.token.clone().filter(|token| !token.is_empty()).map(Zeroizing::new);
        Ok(Self {
            transport: Transport::new(&settings).map_err(unusable)?,
            token: given.or_else(kept_token),
            namespace: connection.namespace.clone(),
        })
    }

    /// Ask, and read the answer whatever its status.
    pub(super) fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, ClientError> {
        let mut headers = vec![("x-vault-request", Zeroizing::new("true".to_owned()))];
        headers.extend(self.token.clone().map(|token| ("x-vault-token", token)));
        if !self.namespace.is_empty() {
            headers.push(("x-vault-namespace", Zeroizing::new(self.namespace.clone())));
        }
        let body = body.map(|body| Zeroizing::new(body.to_string()));
        let path = format!("/v1/{}", encoded(path));
        let body = body.as_ref().map(|text| text.as_bytes());
        let response = self.transport.send(method, &path, &headers, body)?;
        let asked = format!("{method} {}{path}", self.transport.address());
        let empty = response.body.iter().all(u8::is_ascii_whitespace);
        let body = match empty {
            true => Value::Null,
            false => serde_json::from_slice(&response.body).map_err(|_| ClientError::Foreign {
                address: self.transport.address().to_string(),
                status: response.status,
            })?,
        };
        Ok(Answer { status: response.status, body, asked })
    }

    /// Ask for something that has to be done.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, Failure> {
        self.send(method, path, body).map_err(unreachable)?.succeeded()
    }
}

impl Answer {
    /// The answer, unless the server refused.
    pub(super) fn succeeded(self) -> Result<Self, Failure> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(self.refused()) }
    }

    /// Vault's words for a refusal.
    pub(super) fn refused(&self) -> Failure {
        let errors = self.body.get("errors").and_then(Value::as_array);
        let lines: Vec<_> = errors
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|error| format!("* {error}"))
            .collect();
        Failure::new(format_args!(
            "Error making API request.\n\nURL: {}\nCode: {}. Errors:\n\n{}",
            self.asked,
            self.status,
            lines.join("\n")
        ))
        .code(REFUSED)
    }

    /// The `data` of the envelope.
    pub(super) fn data(&self) -> &Value {
        self.body.get("data").unwrap_or(&Value::Null)
    }
}

fn unusable(error: ClientError) -> Failure {
    Failure::from(Refusal::from(error)).code(1)
}

pub(super) fn unreachable(error: ClientError) -> Failure {
    Failure::from(Refusal::from(error)).code(REFUSED)
}

/// The token that a login left.
fn kept_token() -> Option<Zeroizing<String>> {
    let path = PathBuf::from(std::env::var_os("HOME")?).join(TOKEN_FILE);
    let length = std::fs::metadata(&path).ok()?.len();
    let text = (length <= TOKEN_FILE_BYTES_MAX).then(|| std::fs::read_to_string(&path).ok())??;
    let text = Zeroizing::new(text);
    Some(Zeroizing::new(text.trim().to_owned())).filter(|token| !token.is_empty())
}

/// A path with its query, percent-encoded as far as a URL needs it (RFC 3986, section 3.3).
fn encoded(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, q)| (path, Some(q)));
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*,;=+".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    query.into_iter().for_each(|query| {
        text.push('?');
        text.push_str(query);
    });
    text
}
