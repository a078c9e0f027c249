//! When a token is valid.

use strongroom_core::time::Timestamp;

use super::claims::Claims;
use super::error::JwtError;

/// What Vault adds for `exp` and `nbf` when nothing else is said, in seconds.
const LEEWAY_DEFAULT_SECS: i64 = 150;
/// What Vault adds for clocks that differ when nothing else is said, in seconds.
const CLOCK_SKEW_DEFAULT_SECS: i64 = 60;
/// The most that can be added, in seconds: ten years.
const LEEWAY_MAX_SECS: i64 = 315_360_000;

/// A leeway as Vault writes it: seconds, 0 for the default, negative for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Leeway(#[n(0)] pub i64);

/// How far times may be off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Leeways {
    /// How long after its start a token without `exp` is valid; 150 seconds by default.
    #[n(0)]
    pub expiration: Leeway,
    /// How long before its end a token without `nbf` and `iat` is valid; 150 seconds by default.
    #[n(1)]
    pub not_before: Leeway,
    /// How much clocks may differ, for every time; 60 seconds by default.
    #[n(2)]
    pub clock_skew: Leeway,
}

impl Leeway {
    fn seconds(self, default: i64) -> i64 {
        match self.0 {
            0 => default,
            seconds => seconds.clamp(0, LEEWAY_MAX_SECS),
        }
    }
}

impl Leeways {
    /// Check `exp`, `nbf` and `iat`, as Vault's JWT auth method does: one of them must be there, and those that are
    /// missing follow from the others.
    ///
    /// # Errors
    /// [`JwtError`]
    pub fn check(&self, claims: &Claims, now: Timestamp) -> Result<(), JwtError> {
        let issued = claims.seconds("iat")?;
        let expiration = claims.seconds("exp")?;
        let not_before = claims.seconds("nbf")?;
        let latest_start = issued.max(not_before);
        let expires = expiration
            .or_else(|| Some(latest_start? + self.expiration.seconds(LEEWAY_DEFAULT_SECS)))
            .ok_or(JwtError::NoTimes)?;
        let starts = not_before
            .or(issued)
            .unwrap_or_else(|| expires - self.not_before.seconds(LEEWAY_DEFAULT_SECS));
        let skew = self.clock_skew.seconds(CLOCK_SKEW_DEFAULT_SECS);
        // A thousandth of any u64 is well below i64::MAX.
        let now = i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX - LEEWAY_MAX_SECS);
        if now + skew < starts {
            return Err(JwtError::NotYetValid);
        }
        if now - skew > expires {
            return Err(JwtError::Expired);
        }
        if issued.is_some_and(|issued| now + skew < issued) {
            return Err(JwtError::IssuedInFuture);
        }
        Ok(())
    }
}
