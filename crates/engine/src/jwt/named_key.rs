//! A key with a name, its successor and its predecessors: Vault's `identity/oidc/key`.

use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::random::Random;
use strongroom_core::time::{Seconds, Timestamp};
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, Algorithms};
use super::claims::Claims;
use super::error::JwtError;
use super::json::Json;
use super::key_set::{KEYS_MAX, KeySet};
use super::signing::{SigningError, SigningKeyRecord};

/// The most keys that no longer sign and still verify.
pub const EXPIRING_KEYS_MAX: usize = KEYS_MAX - 2;
/// Vault's default for both periods: a day.
const PERIOD_DEFAULT_SECS: u64 = 86_400;
/// Vault's least rotation period: a minute.
const ROTATION_SECS_MIN: u64 = 60;
/// Vault's bound on what rotation leaves behind.
const VERIFICATION_PER_ROTATION_MAX: u64 = 10;

/// The keys behind one name.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct NamedKey {
    /// What new keys sign with.
    #[n(0)]
    algorithm: Algorithm,
    /// How long keys sign and verify.
    #[n(1)]
    periods: Periods,
    /// The clients whose roles may use it; `*` is all.
    #[n(2)]
    pub allowed_client_ids: BTreeSet<String>,
    /// What signs.
    #[n(3)]
    current: SigningKeyRecord,
    /// What signs after the next rotation. It is published before, so that verifiers know it when it begins.
    #[n(4)]
    next: SigningKeyRecord,
    /// What signed, and still verifies.
    #[n(5)]
    expiring: Vec<ExpiringKey>,
    /// When `next` becomes `current`.
    #[n(6)]
    next_rotation: Timestamp,
}

/// How long keys sign and verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Periods {
    /// How long a key signs.
    #[n(0)]
    pub rotation: Seconds,
    /// How long it verifies afterwards.
    #[n(1)]
    pub verification: Seconds,
}

/// A key that no longer signs. Its private half is gone.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
struct ExpiringKey {
    #[n(0)]
    id: String,
    /// Its JSON Web Key, as text.
    #[n(1)]
    jwk: String,
    #[n(2)]
    expires: Timestamp,
}

/// A public key as it is published: a record of its own, so that who only wants to verify opens no private key.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct PublishedKey {
    /// Its JSON Web Key, as text.
    #[n(0)]
    jwk: String,
    /// When it stops verifying, if it no longer signs.
    #[n(1)]
    expires: Option<Timestamp>,
    /// What it verifies.
    #[n(2)]
    pub algorithm: Algorithm,
}

/// Why a named key is not made or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NamedKeyError {
    /// A key could not be made or used.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// Too many keys are still to verify.
    #[error("too many rotated keys are still within their verification_ttl")]
    Full,
    /// A key must sign for a minute.
    #[error("rotation_period must be at least one minute")]
    RotationPeriod,
    /// Too many keys would be published at once.
    #[error("verification_ttl cannot be longer than 10x rotation_period")]
    VerificationTtl,
}

impl Default for Periods {
    fn default() -> Self {
        let day = Seconds(PERIOD_DEFAULT_SECS);
        Self { rotation: day, verification: day }
    }
}

impl Periods {
    fn check(self) -> Result<(), NamedKeyError> {
        if self.rotation.0 < ROTATION_SECS_MIN {
            return Err(NamedKeyError::RotationPeriod);
        }
        let longest = self.rotation.0.saturating_mul(VERIFICATION_PER_ROTATION_MAX);
        if self.verification.0 > longest {
            return Err(NamedKeyError::VerificationTtl);
        }
        Ok(())
    }
}

impl NamedKey {
    /// A new key and its successor.
    ///
    /// # Errors
    /// [`NamedKeyError`]
    pub fn generate(
        algorithm: Algorithm,
        periods: Periods,
        allowed_client_ids: BTreeSet<String>,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Self, NamedKeyError> {
        periods.check()?;
        Ok(Self {
            algorithm,
            periods,
            allowed_client_ids,
            current: SigningKeyRecord::generate(algorithm, now, random)?,
            next: SigningKeyRecord::generate(algorithm, now, random)?,
            expiring: Vec::new(),
            next_rotation: now.plus(periods.rotation),
        })
    }

    /// What new keys sign with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// How long keys sign and verify.
    #[must_use]
    pub fn periods(&self) -> Periods {
        self.periods
    }

    /// When the current key stops signing.
    #[must_use]
    pub fn next_rotation(&self) -> Timestamp {
        self.next_rotation
    }

    /// Whether a client's roles may use it.
    #[must_use]
    pub fn allows_client(&self, client_id: &str) -> bool {
        self.allowed_client_ids.iter().any(|allowed| allowed == "*" || allowed == client_id)
    }

    /// Change the periods, and what is made from now on. Another algorithm takes effect at once: both keys are new,
    /// and the old current one verifies for its time.
    ///
    /// # Errors
    /// [`NamedKeyError`]; nothing is changed then.
    pub fn change(
        &mut self,
        algorithm: Algorithm,
        periods: Periods,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<(), NamedKeyError> {
        periods.check()?;
        let mut changed = self.clone();
        changed.periods = periods;
        if algorithm != changed.algorithm {
            changed.algorithm = algorithm;
            changed.next = SigningKeyRecord::generate(algorithm, now, random)?;
            changed.rotate(now, None, random)?;
        }
        changed.next_rotation = changed.next_rotation.min(now.plus(periods.rotation));
        *self = changed;
        Ok(())
    }

    /// Let the next key sign, make another next one, and let the old one verify for its time, or for
    /// `verification` instead. Keys whose time is over are forgotten.
    ///
    /// # Errors
    /// [`NamedKeyError::Signing`] and [`NamedKeyError::Full`]; nothing is changed then.
    pub fn rotate(
        &mut self,
        now: Timestamp,
        verification: Option<Seconds>,
        random: &dyn Random,
    ) -> Result<(), NamedKeyError> {
        let made = SigningKeyRecord::generate(self.algorithm, now, random)?;
        let jwk = self.current.open()?.public_jwk()?.render();
        let still_verify = self.expiring.iter().filter(|key| now < key.expires).count();
        if still_verify >= EXPIRING_KEYS_MAX {
            return Err(NamedKeyError::Full);
        }
        self.forget_expired(now);
        let next = std::mem::replace(&mut self.next, made);
        let old = std::mem::replace(&mut self.current, next);
        let expires = now.plus(verification.unwrap_or(self.periods.verification));
        self.expiring.push(ExpiringKey { id: old.id, jwk, expires });
        self.next_rotation = now.plus(self.periods.rotation);
        Ok(())
    }

    /// Forget the keys whose time is over; whether there were any.
    pub fn forget_expired(&mut self, now: Timestamp) -> bool {
        let before = self.expiring.len();
        self.expiring.retain(|key| now < key.expires);
        before != self.expiring.len()
    }

    /// A token with these claims, by the current key.
    ///
    /// # Errors
    /// [`SigningError`]
    pub fn sign(&self, claims: &BTreeMap<String, Json>) -> Result<Zeroizing<String>, SigningError> {
        self.current.open()?.sign(claims)
    }

    /// The public keys that verify now, as JSON Web Keys: the current one, the next one, and those that signed.
    ///
    /// # Errors
    /// [`SigningError`]
    pub fn public_jwks(&self, now: Timestamp) -> Result<Vec<Json>, SigningError> {
        let mut keys = vec![self.current.open()?.public_jwk()?, self.next.open()?.public_jwk()?];
        for key in self.expiring.iter().filter(|key| now < key.expires) {
            keys.push(Json::parse(key.jwk.as_bytes()).map_err(|_| SigningError::Key)?);
        }
        Ok(keys)
    }

    /// The same for a record of their own, with the times at which they stop verifying.
    ///
    /// # Errors
    /// [`SigningError`]
    pub fn published(&self) -> Result<Vec<PublishedKey>, SigningError> {
        let mut keys = Vec::new();
        for own in [&self.current, &self.next] {
            let jwk = own.open()?.public_jwk()?.render();
            keys.push(PublishedKey { jwk, expires: None, algorithm: own.algorithm });
        }
        for old in &self.expiring {
            let jwk = Json::parse(old.jwk.as_bytes()).map_err(|_| SigningError::Key)?;
            let algorithm = jwk.get("alg").and_then(Json::as_text).map(Algorithm::named);
            let algorithm = algorithm.and_then(Result::ok).ok_or(SigningError::Key)?;
            let expires = Some(old.expires);
            keys.push(PublishedKey { jwk: old.jwk.clone(), expires, algorithm });
        }
        Ok(keys)
    }

    /// The claims of one of our own tokens, when one of these keys signed it and its time is not over.
    ///
    /// # Errors
    /// [`JwtError`]
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, JwtError> {
        let keys = self.public_jwks(now).map_err(|_| JwtError::UnknownKey)?;
        verify_with(keys, token, now)
    }
}

impl PublishedKey {
    /// Its JSON Web Key, while it verifies.
    #[must_use]
    pub fn jwk(&self, now: Timestamp) -> Option<Json> {
        let verifies = self.expires.is_none_or(|expires| now < expires);
        verifies.then(|| Json::parse(self.jwk.as_bytes()).ok()).flatten()
    }
}

/// The claims of one of our own tokens, when one of these keys signed it and its time is not over.
///
/// # Errors
/// [`JwtError`]
pub fn verify_own(keys: &[PublishedKey], token: &str, now: Timestamp) -> Result<Claims, JwtError> {
    let keys: Vec<Json> = keys.iter().filter_map(|key| key.jwk(now)).collect();
    let mut last = JwtError::UnknownKey;
    for some in keys.chunks(KEYS_MAX) {
        match verify_with(some.to_vec(), token, now) {
            Ok(claims) => return Ok(claims),
            Err(JwtError::UnknownKey) => {}
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn verify_with(keys: Vec<Json>, token: &str, now: Timestamp) -> Result<Claims, JwtError> {
    let keys = KeySet::from_jwks(jwks_document(keys).as_bytes())?;
    let claims = keys.verify(token, &Algorithms::all())?;
    let expires = claims.seconds("exp")?.ok_or(JwtError::NoTimes)?;
    let is_over = u64::try_from(expires).map_or(true, |expires| now.0 / 1_000 >= expires);
    if is_over { Err(JwtError::Expired) } else { Ok(claims) }
}

/// A JSON Web Key Set (RFC 7517 section 5) of these keys.
#[must_use]
pub fn jwks_document(keys: Vec<Json>) -> String {
    Json::Object(BTreeMap::from([("keys".to_owned(), Json::List(keys))])).render()
}
