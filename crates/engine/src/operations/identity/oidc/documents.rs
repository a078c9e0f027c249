//! What anybody reads to verify identity tokens: OpenID Connect Discovery 1.0 section 4, RFC 7517 section 5.

use std::collections::BTreeSet;

use super::config::issuer;
use super::keys::published;
use crate::error::Error;
use crate::jwt::jwks_document;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// Where identity tokens come from and how they are signed. Anybody may ask.
#[derive(Debug)]
pub struct ReadOidcProvider {
    path: String,
}

/// The public keys that verify identity tokens, as a JSON Web Key Set. Anybody may ask.
#[derive(Debug)]
pub struct ReadOidcKeys {
    path: String,
}

/// What a provider says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProviderDocument {
    /// The issuer in tokens.
    pub issuer: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// How tokens are signed, as RFC 7518 names it.
    pub algorithms: Vec<&'static str>,
}

impl ReadOidcProvider {
    /// Of the identity mount, which is at this path.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/oidc/.well-known/openid-configuration") }
    }
}

impl ReadOidcKeys {
    /// Of the identity mount, which is at this path.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/oidc/.well-known/keys") }
    }
}

impl Operation for ReadOidcProvider {
    type Answer = OidcProviderDocument;

    const NAME: &'static str = "oidc-provider-read";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<OidcProviderDocument>, Error> {
        let _proof = room.authorise_open(&self.path, MountKind::Identity)?;
        let directory = room.directory()?;
        let issuer = issuer(&directory)?;
        let keys = published(&directory)?;
        let algorithms: BTreeSet<&str> = keys.iter().map(|key| key.algorithm.name()).collect();
        Ok(Performed::read(OidcProviderDocument {
            jwks_uri: format!("{issuer}/.well-known/keys"),
            issuer,
            algorithms: algorithms.into_iter().collect(),
        }))
    }
}

impl Operation for ReadOidcKeys {
    type Answer = String;

    const NAME: &'static str = "oidc-keys-read";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<String>, Error> {
        let _proof = room.authorise_open(&self.path, MountKind::Identity)?;
        let keys = published(&room.directory()?)?;
        let keys = keys.iter().filter_map(|key| key.jwk(room.now)).collect();
        Ok(Performed::read(jwks_document(keys)))
    }
}
