//! Where the keys of an issuer come from, and how long they are believed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use strongroom_core::time::{Seconds, Timestamp};

use super::algorithm::Algorithms;
use super::claims::Claims;
use super::error::JwtError;
use super::fetch::{DOCUMENT_BYTES_MAX, Fetch, FetchError};
use super::jws::Compact;
use super::key_set::KeySet;
use super::oidc::Provider;
use super::redirect::is_fetchable;

/// How long fetched keys are used without asking again, in seconds.
pub const KEYS_FRESH_SECS: u64 = 3_600;
/// How long fetched keys are used while the issuer cannot be reached, in seconds.
pub const KEYS_USABLE_SECS: u64 = 86_400;
/// How long to wait after a fetch, or a failure, before another one, in seconds. Tokens with made-up keys cannot make
/// the issuer be asked more often.
pub const REFETCH_SECS: u64 = 10;

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Keys that the configuration holds.
    Static(Arc<KeySet>),
    /// The document at this address.
    Jwks {
        /// The address.
        url: String,
        /// The certificate authorities of its server, instead of the system's.
        ca_pem: Option<String>,
    },
    /// The document that the configuration of the OpenID provider names (OpenID Connect Discovery 1.0).
    Discovery {
        /// The provider's issuer.
        issuer: String,
        /// The certificate authorities of its server, instead of the system's.
        ca_pem: Option<String>,
    },
}

/// The keys of an issuer, fetched when they are needed.
#[derive(Debug)]
pub struct KeySource {
    origin: Origin,
    cached: Mutex<Cached>,
}

#[derive(Debug, Default)]
struct Cached {
    keys: Option<Fetched>,
    /// When the next fetch may begin.
    next_fetch: Timestamp,
}

#[derive(Clone, Debug)]
struct Fetched {
    keys: Arc<KeySet>,
    at: Timestamp,
}

impl KeySource {
    /// Keys from there, none of them fetched yet.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { origin, cached: Mutex::default() }
    }

    /// Where the keys come from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The claims of a token that one of the issuer's keys has verified with an allowed algorithm. When no known key
    /// has, the keys are fetched once more, if that was not done a moment ago. No lock is held meanwhile.
    ///
    /// # Errors
    /// [`JwtError`]
    pub fn verify(
        &self,
        token: &str,
        allowed: &Algorithms,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Result<Claims, JwtError> {
        let token = Compact::parse(token)?;
        if !allowed.contains(token.algorithm) {
            return Err(JwtError::Algorithm);
        }
        let (keys, are_new) = self.keys(fetch, now)?;
        let mut verified = keys.verify_parsed(&token, allowed);
        if matches!(verified, Err(JwtError::UnknownKey | JwtError::Signature)) && !are_new {
            // A token with another identifier, or without one, may be of a key that is new since.
            let is_worth_it = token.key_id.is_none() || verified == Err(JwtError::UnknownKey);
            if is_worth_it && let Some(Ok(keys)) = self.try_fetch(fetch, now) {
                verified = keys.verify_parsed(&token, allowed);
            }
        }
        verified?;
        Claims::parse(&token.payload)
    }

    /// Fetch the keys, to find out whether the configuration works.
    ///
    /// # Errors
    /// [`JwtError::Fetch`] and [`JwtError::Keys`]
    pub fn probe(&self, fetch: &dyn Fetch) -> Result<Arc<KeySet>, JwtError> {
        let (url, ca_pem) = match &self.origin {
            Origin::Static(keys) => return Ok(Arc::clone(keys)),
            Origin::Jwks { url, ca_pem } => (url.clone(), ca_pem),
            Origin::Discovery { issuer, ca_pem } => {
                let provider = Provider::discover(issuer, ca_pem.as_deref(), fetch)?;
                (provider.jwks_uri().to_owned(), ca_pem)
            }
        };
        Ok(Arc::new(KeySet::from_jwks(&document(&url, ca_pem.as_deref(), fetch)?)?))
    }

    /// The keys to try first, and whether they were fetched just now.
    fn keys(&self, fetch: &dyn Fetch, now: Timestamp) -> Result<(Arc<KeySet>, bool), JwtError> {
        if let Origin::Static(keys) = &self.origin {
            return Ok((Arc::clone(keys), true));
        }
        let cached = self.lock().keys.clone();
        let is_fresh = cached.as_ref().is_some_and(|keys| keys.is_within(KEYS_FRESH_SECS, now));
        if let (true, Some(fetched)) = (is_fresh, &cached) {
            return Ok((Arc::clone(&fetched.keys), false));
        }
        let failure = match self.try_fetch(fetch, now) {
            Some(Ok(keys)) => return Ok((keys, true)),
            Some(Err(error)) => error,
            None => FetchError::TriedJustNow.into(),
        };
        match cached.filter(|keys| keys.is_within(KEYS_USABLE_SECS, now)) {
            Some(fetched) => Ok((fetched.keys, true)),
            None => Err(failure),
        }
    }

    /// Fetch the keys unless that was done a moment ago.
    fn try_fetch(
        &self,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Option<Result<Arc<KeySet>, JwtError>> {
        {
            let mut cached = self.lock();
            if now < cached.next_fetch {
                return None;
            }
            // One fetches and the others go on with what there is; when there is nothing of use, all have to fetch.
            if cached.keys.as_ref().is_some_and(|keys| keys.is_within(KEYS_USABLE_SECS, now)) {
                cached.next_fetch = now.plus(Seconds(REFETCH_SECS));
            }
        }
        let fetched = self.probe(fetch);
        let mut cached = self.lock();
        cached.next_fetch = now.plus(Seconds(REFETCH_SECS));
        if let Ok(keys) = &fetched {
            cached.keys = Some(Fetched { keys: Arc::clone(keys), at: now });
        }
        Some(fetched)
    }

    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fetched {
    fn is_within(&self, seconds: u64, now: Timestamp) -> bool {
        now <= self.at.plus(Seconds(seconds))
    }
}

/// A document from an address that is fetched from, of a size that is taken.
pub fn document(url: &str, ca_pem: Option<&str>, fetch: &dyn Fetch) -> Result<Vec<u8>, FetchError> {
    if !is_fetchable(url) {
        return Err(FetchError::Url);
    }
    let document = fetch.get(url, ca_pem)?;
    if document.len() > DOCUMENT_BYTES_MAX {
        return Err(FetchError::TooLarge);
    }
    Ok(document)
}
