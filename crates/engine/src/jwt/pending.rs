//! A login that has begun: what we remember between sending the browser away and its coming back.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use strongroom_core::random::{self, Random};
use strongroom_core::time::{Seconds, Timestamp};
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

/// The record of a login that has begun. It is kept under [`PendingLogin::key`] and deleted when it is used: each is
/// good for one try.
#[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct PendingLogin {
    /// The role.
    #[n(0)]
    pub role: String,
    /// Where the browser comes back to, which the provider is told again.
    #[n(1)]
    pub redirect_uri: String,
    /// What the ID token must hold.
    #[n(2)]
    nonce: String,
    /// What shows the provider that whoever brings the code began the login (RFC 7636).
    #[n(3)]
    code_verifier: String,
    /// What the client must show again.
    #[n(4)]
    client_nonce: Option<String>,
    /// When it is too late.
    #[n(5)]
    expires: Timestamp,
    /// The code, when the provider gave it in a form and the client asks for the token later.
    #[n(6)]
    code: Option<String>,
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
    /// What comes back with it, 256 random bits.
    pub state: String,
    /// What is remembered under the key of the state.
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
    let (state, nonce, code_verifier) = (token(random), token(random), token(random));
    let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, code_verifier.as_bytes()).as_ref());
    let scopes = request.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
    let scope = std::iter::once("openid").chain(scopes).collect::<Vec<_>>().join(" ");
    let mut fields = vec![
        ("client_id", request.client_id.to_owned()),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256".to_owned()),
        ("nonce", nonce.clone()),
        ("redirect_uri", request.redirect_uri.to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", scope),
        ("state", state.clone()),
    ];
    if request.response_mode == ResponseMode::FormPost {
        fields.push(("response_mode", "form_post".to_owned()));
    }
    fields.extend(request.max_age.map(|age| ("max_age", age.0.to_string())));
    let pending = PendingLogin {
        role: request.role.to_owned(),
        redirect_uri: request.redirect_uri.to_owned(),
        nonce,
        code_verifier,
        client_nonce: request.client_nonce.filter(|nonce| !nonce.is_empty()).map(str::to_owned),
        expires: now.plus(Seconds(PENDING_LOGIN_SECS)),
        code: None,
    };
    Ok(Started { url: with_query(endpoint, &fields), state, pending })
}

impl PendingLogin {
    /// Under what it is kept: `hex(SHA-256(state))`. Whoever reads the store does not learn the state.
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

    /// The code that the provider gave in a form.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Remember the code that the provider gave in a form, once.
    ///
    /// # Errors
    /// [`OidcError::State`] when it is too late or there is one, and [`OidcError::TooLarge`]
    pub fn put_code(&mut self, code: &str, now: Timestamp) -> Result<(), OidcError> {
        if now >= self.expires || self.code.is_some() {
            return Err(OidcError::State);
        }
        if code.is_empty() || code.len() > TEXT_BYTES_MAX {
            return Err(OidcError::TooLarge);
        }
        self.code = Some(code.to_owned());
        Ok(())
    }

    /// Check that it is in time, and that who finishes it is who began it.
    ///
    /// # Errors
    /// [`OidcError::State`] and [`OidcError::ClientNonce`]
    pub fn check(&self, client_nonce: Option<&str>, now: Timestamp) -> Result<(), OidcError> {
        if now >= self.expires {
            return Err(OidcError::State);
        }
        let Some(wanted) = &self.client_nonce else { return Ok(()) };
        let shown = client_nonce.unwrap_or_default();
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
        self.client_nonce.zeroize();
        self.code.zeroize();
    }
}

impl fmt::Debug for Started {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Started").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// 256 random bits in 43 characters.
fn token(random: &dyn Random) -> String {
    BASE64URL_NOPAD.encode(&random::array::<32>(random))
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
