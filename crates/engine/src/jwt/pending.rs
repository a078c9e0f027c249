//! A login that has begun: what we know again of it when the browser comes back.
//!
//! Nothing is remembered of it: whoever asks costs no record, and cannot bar others by asking often. What is needed is in
//! the state, under a MAC of the mount; the nonce and the code verifier are derived from it. A state that let somebody in
//! is remembered until it ends.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use strongroom_core::identifier::MountId;
use strongroom_core::random::{self, Random};
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::token::{TokenHash, TokenKey};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::oidc::{OidcError, Provider, ResponseMode, form_encoded};
use super::redirect::is_redirect_allowed;

/// How long a login may take, in seconds (Vault's time).
pub const PENDING_LOGIN_SECS: u64 = 600;
/// The longest nonce of a client, and the longest code and scope, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// The most scopes.
const SCOPES_MAX: usize = 64;

/// The longest state that is read, in bytes.
const STATE_BYTES_MAX: usize = 8_192;
const MAC_BYTES: usize = 32;

/// A login that has begun.
pub struct PendingLogin {
    /// The role.
    pub role: String,
    /// Where the browser comes back to, which the provider is told again.
    pub redirect_uri: String,
    expires: Timestamp,
    client_nonce: Option<TokenHash>,
    /// What the ID token must hold.
    nonce: String,
    /// What shows the provider that whoever brings the code began the login (RFC 7636).
    code_verifier: String,
}

/// What a state says. None of it is secret: who began the login named it.
#[derive(minicbor::Encode, minicbor::Decode)]
struct Content {
    #[cbor(n(0), with = "minicbor::bytes")]
    id: [u8; 16],
    #[n(1)]
    role: String,
    #[n(2)]
    redirect_uri: String,
    /// `HMAC-SHA256(key, what the client must show again)`
    #[n(3)]
    client_nonce: Option<TokenHash>,
    /// When it is too late.
    #[n(4)]
    expires: Timestamp,
}

/// A code that the provider gave in a form, until the client asks for the token. It is kept under
/// [`PendingLogin::key`].
#[derive(Clone, minicbor::Encode, minicbor::Decode)]
pub struct KeptCode {
    #[n(0)]
    code: String,
}

/// What makes the states of one mount, and knows them again.
#[derive(Clone, Copy)]
pub struct StateKey<'k> {
    /// The key.
    pub key: &'k TokenKey,
    /// The mount.
    pub mount: MountId,
}

/// What a login begins with.
#[derive(Clone, Copy, Debug)]
pub struct StartRequest<'a> {
    /// `client_id`
    pub client_id: &'a str,
    /// The role.
    pub role: &'a str,
    /// Where the browser shall come back to.
    pub redirect_uri: &'a str,
    /// Where the role lets browsers come back to.
    pub allowed_redirect_uris: &'a [String],
    /// The role's scopes, besides `openid`.
    pub scopes: &'a [String],
    /// What the client will show again.
    pub client_nonce: Option<&'a str>,
    /// How the provider gives the code back.
    pub response_mode: ResponseMode,
    /// How long ago the user may have logged in at the provider.
    pub max_age: Option<Seconds>,
}

/// A login that has begun.
pub struct Started {
    /// Where the browser goes.
    pub url: String,
    /// What comes back with it.
    pub state: String,
    /// What the state says.
    pub pending: PendingLogin,
}

/// Begin a login: an address of the provider with a new state, nonce and challenge. For a provider that has no endpoint
/// for logins it is the query alone, as with Vault, whose own identity tokens have such a provider.
///
/// # Errors
/// [`OidcError::RedirectUri`] and [`OidcError::TooLarge`]
pub fn start(
    provider: &Provider,
    request: &StartRequest<'_>,
    states: StateKey<'_>,
    now: Timestamp,
    random: &dyn Random,
) -> Result<Started, OidcError> {
    if !is_redirect_allowed(request.redirect_uri, request.allowed_redirect_uris) {
        return Err(OidcError::RedirectUri);
    }
    let is_long = request.scopes.iter().map(String::len).sum::<usize>() > TEXT_BYTES_MAX
        || request.scopes.len() > SCOPES_MAX
        || request.client_nonce.is_some_and(|nonce| nonce.len() > TEXT_BYTES_MAX);
    if is_long {
        return Err(OidcError::TooLarge);
    }
    let endpoint = provider.authorization_endpoint().unwrap_or_default();
    let client_nonce = request.client_nonce.filter(|nonce| !nonce.is_empty());
    let content = Content {
        id: random::array(random),
        role: request.role.to_owned(),
        redirect_uri: request.redirect_uri.to_owned(),
        client_nonce: client_nonce.map(|nonce| states.hash("client-nonce", nonce.as_bytes())),
        expires: now.plus(Seconds(PENDING_LOGIN_SECS)),
    };
    let state = states.write(&content);
    if state.len() > STATE_BYTES_MAX {
        return Err(OidcError::TooLarge);
    }
    let pending = states.pending(content);
    let verifier = pending.code_verifier.as_bytes();
    let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, verifier).as_ref());
    let scopes = request.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
    let scope = std::iter::once("openid").chain(scopes).collect::<Vec<_>>().join(" ");
    let mut fields = vec![
        ("client_id", request.client_id.to_owned()),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256".to_owned()),
        ("nonce", pending.nonce.clone()),
        ("redirect_uri", request.redirect_uri.to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", scope),
        ("state", state.clone()),
    ];
    if request.response_mode == ResponseMode::FormPost {
        fields.push(("response_mode", "form_post".to_owned()));
    }
    fields.extend(request.max_age.map(|age| ("max_age", age.0.to_string())));
    Ok(Started { url: with_query(endpoint, &fields), state, pending })
}

impl StateKey<'_> {
    /// The login of a state that this mount made. Whether it is in time is not looked at.
    ///
    /// # Errors
    /// [`OidcError::State`]
    pub fn read(self, state: &str) -> Result<PendingLogin, OidcError> {
        if state.len() > STATE_BYTES_MAX {
            return Err(OidcError::State);
        }
        let bytes = BASE64URL_NOPAD.decode(state.as_bytes()).map_err(|_| OidcError::State)?;
        let (content, shown) = bytes.split_last_chunk::<MAC_BYTES>().ok_or(OidcError::State)?;
        let mac = self.hash("state", content);
        if !bool::from(mac.as_bytes().ct_eq(shown)) {
            return Err(OidcError::State);
        }
        let content = minicbor::decode(content).map_err(|_| OidcError::State)?;
        Ok(self.pending(content))
    }

    fn write(self, content: &Content) -> String {
        let mut bytes = minicbor::to_vec(content).unwrap_or_default();
        let mac = self.hash("state", &bytes);
        bytes.extend_from_slice(mac.as_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }

    fn pending(self, content: Content) -> PendingLogin {
        let derived = |what: &str| BASE64URL_NOPAD.encode(self.hash(what, &content.id).as_bytes());
        PendingLogin {
            nonce: derived("nonce"),
            code_verifier: derived("code-verifier"),
            role: content.role,
            redirect_uri: content.redirect_uri,
            client_nonce: content.client_nonce,
            expires: content.expires,
        }
    }

    /// `HMAC-SHA256(key, "oidc-login/" || mount || "/" || what || "/" || text)`
    fn hash(self, what: &str, text: &[u8]) -> TokenHash {
        let purpose = format!("oidc-login/{}/{what}/", self.mount);
        self.key.hash_bytes(&[purpose.as_bytes(), text].concat())
    }
}

impl KeptCode {
    /// # Errors
    /// [`OidcError::TooLarge`]
    pub fn new(code: &str) -> Result<Self, OidcError> {
        if code.is_empty() || code.len() > TEXT_BYTES_MAX {
            return Err(OidcError::TooLarge);
        }
        Ok(Self { code: code.to_owned() })
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl PendingLogin {
    /// Under what something of it is kept: `hex(SHA-256(state))`. Whoever reads the store does not learn the state.
    #[must_use]
    pub fn key(state: &str) -> String {
        HEXLOWER.encode(digest(&SHA256, state.as_bytes()).as_ref())
    }

    /// What the ID token must hold.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// When it is too late.
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Check that it is in time.
    ///
    /// # Errors
    /// [`OidcError::State`]
    pub fn check_time(&self, now: Timestamp) -> Result<(), OidcError> {
        if now < self.expires { Ok(()) } else { Err(OidcError::State) }
    }

    /// Check that it is in time, and that who finishes it is who began it.
    ///
    /// # Errors
    /// [`OidcError::State`] and [`OidcError::ClientNonce`]
    pub fn check(
        &self,
        states: StateKey<'_>,
        client_nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<(), OidcError> {
        self.check_time(now)?;
        let Some(wanted) = &self.client_nonce else { return Ok(()) };
        let shown = states.hash("client-nonce", client_nonce.unwrap_or_default().as_bytes());
        let is_same: bool = wanted.as_bytes().ct_eq(shown.as_bytes()).into();
        if is_same { Ok(()) } else { Err(OidcError::ClientNonce) }
    }

    pub(super) fn code_verifier(&self) -> &str {
        &self.code_verifier
    }
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("role", &self.role)
            .field("redirect_uri", &self.redirect_uri)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl Drop for PendingLogin {
    fn drop(&mut self) {
        self.code_verifier.zeroize();
    }
}

impl Drop for KeptCode {
    fn drop(&mut self) {
        self.code.zeroize();
    }
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("pending", &self.pending).finish_non_exhaustive()
    }
}

fn with_query(endpoint: &str, fields: &[(&str, String)]) -> String {
    let mut url = endpoint.to_owned();
    for (name, value) in fields {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(name);
        url.push('=');
        url.push_str(&form_encoded(value));
    }
    url
}
