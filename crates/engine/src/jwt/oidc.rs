//! The OpenID Connect code flow (OpenID Connect Core 1.0 section 3.1) with PKCE (RFC 7636).

use std::fmt;

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Timestamp;
use zeroize::Zeroizing;

use super::algorithm::Algorithms;
use super::bindings::{Bindings, Login};
use super::claims::Claims;
use super::error::JwtError;
use super::fetch::{DOCUMENT_BYTES_MAX, Fetch, FetchError, FormRequest};
use super::json::Json;
use super::pending::PendingLogin;
use super::redirect::is_fetchable;
use super::source::{KeySource, document};

/// Where the configuration of a provider is, below its issuer.
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// The longest code that a provider gives, in bytes.
const CODE_BYTES_MAX: usize = 4_096;

/// The configuration of an OpenID provider (OpenID Connect Discovery 1.0 section 3), as far as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    /// Whether the secret goes into the form and not into a header.
    posts_secret: bool,
}

/// What we are to the provider.
pub struct Client {
    /// `client_id`
    pub id: String,
    /// `client_secret`; without one the client is public.
    pub secret: Option<SecretValue>,
    /// The certificate authorities of the provider's server, instead of the system's.
    pub ca_pem: Option<String>,
}

/// How the provider gives the code back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum ResponseMode {
    /// In the address that the browser is sent to.
    #[default]
    #[n(0)]
    Query,
    /// In a form that the browser posts.
    #[n(1)]
    FormPost,
}

/// Why a login by code did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// The state was not given out, was used, or is too old.
    #[error("expired or missing OAuth state")]
    State,
    /// The program that finishes the login is not the one that began it.
    #[error("invalid client_nonce")]
    ClientNonce,
    /// The provider has no such endpoint.
    #[error("the provider has no endpoint that takes codes")]
    NoEndpoint,
    /// A browser is not sent there.
    #[error("unauthorized redirect_uri")]
    RedirectUri,
    /// A parameter is too long.
    #[error("a parameter of the login is too long")]
    TooLarge,
    /// The provider did not take the code.
    #[error("error exchanging oidc code: {0}")]
    Exchange(#[from] FetchError),
    /// The provider's answer has no ID token.
    #[error("no id_token found in the provider's response")]
    NoIdToken,
    /// The ID token is not accepted.
    #[error("token verification failed: {0}")]
    Token(#[from] JwtError),
}

/// What an ID token must be.
pub struct IdTokenRules<'a> {
    /// The provider that signs it.
    pub provider: &'a Provider,
    /// The provider's keys.
    pub keys: &'a KeySource,
    /// How it may be signed.
    pub allowed: &'a Algorithms,
    /// What the role demands.
    pub bindings: &'a Bindings,
    /// `client_id`, which must be among its audiences.
    pub client_id: &'a str,
}

impl Provider {
    /// The configuration of the provider with this issuer.
    ///
    /// # Errors
    /// [`FetchError`]; [`FetchError::Document`] when it is not of this issuer (OpenID Connect Discovery 1.0 section
    /// 4.3).
    pub fn discover(
        issuer: &str,
        ca_pem: Option<&str>,
        fetch: &dyn Fetch,
    ) -> Result<Self, FetchError> {
        let url = format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'));
        let document = document(&url, ca_pem, fetch)?;
        Self::parse(issuer, &document).ok_or(FetchError::Document)
    }

    fn parse(issuer: &str, document: &[u8]) -> Option<Self> {
        let document = Json::parse(document).ok()?;
        let text = |name: &str| document.get(name).and_then(Json::as_text);
        let endpoint = |name: &str| text(name).filter(|url| is_fetchable(url)).map(str::to_owned);
        if text("issuer") != Some(issuer) {
            return None;
        }
        let methods = document.get("token_endpoint_auth_methods_supported");
        let methods = methods.and_then(Json::as_list).unwrap_or_default();
        let supports = |method: &str| methods.iter().any(|own| own.as_text() == Some(method));
        Some(Self {
            issuer: issuer.to_owned(),
            jwks_uri: endpoint("jwks_uri")?,
            authorization_endpoint: endpoint("authorization_endpoint"),
            token_endpoint: endpoint("token_endpoint"),
            posts_secret: supports("client_secret_post") && !supports("client_secret_basic"),
        })
    }

    /// Who it is, in tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where its keys are.
    #[must_use]
    pub fn jwks_uri(&self) -> &str {
        &self.jwks_uri
    }

    /// Where browsers are sent to log in.
    #[must_use]
    pub fn authorization_endpoint(&self) -> Option<&str> {
        self.authorization_endpoint.as_deref()
    }

    /// Give the code back to the provider for an ID token (OpenID Connect Core 1.0 section 3.1.3). The token is not
    /// verified yet. `pending` is of this login, and is deleted before this is called: a code and a state are of use
    /// once.
    ///
    /// # Errors
    /// [`OidcError`]
    pub fn exchange(
        &self,
        client: &Client,
        pending: &PendingLogin,
        code: &str,
        fetch: &dyn Fetch,
    ) -> Result<Zeroizing<String>, OidcError> {
        let url = self.token_endpoint.as_deref().ok_or(OidcError::NoEndpoint)?;
        if code.is_empty() || code.len() > CODE_BYTES_MAX {
            return Err(OidcError::TooLarge);
        }
        let mut fields = vec![
            ("grant_type", Zeroizing::new("authorization_code".to_owned())),
            ("code", Zeroizing::new(code.to_owned())),
            ("redirect_uri", Zeroizing::new(pending.redirect_uri.clone())),
            ("code_verifier", Zeroizing::new(pending.code_verifier().to_owned())),
        ];
        let secret = client.secret.as_ref().and_then(SecretValue::expose_text);
        let basic = secret
            .filter(|_| !self.posts_secret)
            .map(|secret| (form_encoded(&client.id), Zeroizing::new(form_encoded(secret))));
        if basic.is_none() {
            fields.push(("client_id", Zeroizing::new(client.id.clone())));
            let secret = secret.map(|secret| Zeroizing::new(secret.to_owned()));
            fields.extend(secret.map(|secret| ("client_secret", secret)));
        }
        let request = FormRequest { url, ca_pem: client.ca_pem.as_deref(), basic, fields };
        let answer = Zeroizing::new(fetch.post_form(&request)?);
        if answer.len() > DOCUMENT_BYTES_MAX {
            return Err(FetchError::TooLarge.into());
        }
        let answer = Json::parse(&answer).map_err(|_| OidcError::NoIdToken)?;
        let token = answer.get("id_token").and_then(Json::as_text).ok_or(OidcError::NoIdToken)?;
        Ok(Zeroizing::new(token.to_owned()))
    }
}

impl IdTokenRules<'_> {
    /// Check an ID token as OpenID Connect Core 1.0 section 3.1.3.7 says, and the role's bindings, and say whose it
    /// is. `nonce` is of the login that it is for.
    ///
    /// # Errors
    /// [`JwtError`]
    pub fn check(
        &self,
        id_token: &str,
        nonce: &str,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Result<Login, JwtError> {
        let claims = self.keys.verify(id_token, self.allowed, fetch, now)?;
        if claims.text("iss")? != Some(self.provider.issuer()) {
            return Err(JwtError::Issuer);
        }
        self.check_audience(&claims)?;
        if claims.get("exp").is_none() || claims.get("iat").is_none() {
            return Err(JwtError::NoTimes);
        }
        self.bindings.leeways.check(&claims, now)?;
        if nonce.is_empty() || claims.text("nonce")? != Some(nonce) {
            return Err(JwtError::Nonce);
        }
        claims.text("sub")?.ok_or_else(|| JwtError::MissingClaim("sub".to_owned()))?;
        self.bindings.check_others(&claims)
    }

    /// We are among the audiences; with several of them it was issued to us; and it is for one of the role's.
    fn check_audience(&self, claims: &Claims) -> Result<(), JwtError> {
        let audiences = claims.audiences()?;
        let party = claims.text("azp")?;
        let is_ours = audiences.contains(&self.client_id);
        let is_to_us = party.map_or(audiences.len() == 1, |party| party == self.client_id);
        let bound = &self.bindings.audiences;
        let is_bound = bound.is_empty() || audiences.iter().any(|one| bound.contains(*one));
        if is_ours && is_to_us && is_bound { Ok(()) } else { Err(JwtError::Audience) }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

/// `application/x-www-form-urlencoded` of one name or value.
pub fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            _ => {
                encoded.push('%');
                encoded.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
            }
        }
    }
    encoded
}
