//! How long a token lives.

use crate::time::{Seconds, Timestamp};

/// What a token or lease lives for when nobody says: 32 days, as in Vault.
pub const TTL_DEFAULT: Seconds = Seconds(2_764_800);
/// The longest that one lives unless the server says otherwise: 32 days, as in Vault.
pub const TTL_MAX: Seconds = Seconds(2_764_800);

/// What bounds lifetimes: the server's limits, with a mount's in their place where it has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TtlLimits {
    /// When nobody says.
    pub default: Seconds,
    /// The longest.
    pub max: Seconds,
}

impl TtlLimits {
    /// Vault's: 32 days for both.
    pub const DEFAULT: Self = Self { default: TTL_DEFAULT, max: TTL_MAX };
}

/// What the maker of a token wants. Zero says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AskedLifetime {
    /// How long at first.
    pub ttl: Seconds,
    /// How long in all, renewals included.
    pub explicit_max: Seconds,
    /// How long after each renewal, without an end.
    pub period: Seconds,
}

/// When a token or lease begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Lifetime {
    /// When it was made.
    #[n(0)]
    pub issued: Timestamp,
    /// How long it was made for; 0 without an end.
    #[n(1)]
    pub ttl: Seconds,
    /// When it ends; never when `None`.
    #[n(2)]
    pub expires: Option<Timestamp>,
    /// How long in all, renewals included; 0 when nobody said.
    #[n(3)]
    pub explicit_max: Seconds,
    /// How long after each renewal; 0 when it is not periodic.
    #[n(4)]
    pub period: Seconds,
    /// Whether it can be renewed.
    #[n(5)]
    pub renewable: bool,
    /// When it was last renewed.
    #[n(6)]
    pub renewed: Option<Timestamp>,
}

/// Why a lifetime was not renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewError {
    /// It was made not to be.
    #[error("lease is not renewable")]
    NotRenewable,
    /// It is over.
    #[error("lease expired")]
    Expired,
}

impl Lifetime {
    /// A lifetime that begins now: `period`, else `ttl`, else the default, and never over the limits.
    #[must_use]
    pub fn begin(asked: AskedLifetime, limits: TtlLimits, renewable: bool, now: Timestamp) -> Self {
        let first = match asked {
            AskedLifetime { period: period @ Seconds(1..), .. } => period,
            AskedLifetime { ttl: ttl @ Seconds(1..), .. } => ttl.min(limits.max),
            _ => limits.default.min(limits.max),
        };
        let ttl = match asked.explicit_max {
            Seconds(0) => first,
            max => first.min(max),
        };
        Self {
            issued: now,
            ttl,
            expires: Some(now.plus(ttl)),
            explicit_max: asked.explicit_max,
            period: asked.period,
            renewable,
            renewed: None,
        }
    }

    /// A lifetime without an end, for root tokens.
    #[must_use]
    pub fn endless(now: Timestamp) -> Self {
        Self {
            issued: now,
            ttl: Seconds(0),
            expires: None,
            explicit_max: Seconds(0),
            period: Seconds(0),
            renewable: false,
            renewed: None,
        }
    }

    /// Go on for `increment` from now (what it was made for when 0), or for the period of a periodic one, as far as
    /// the limits let it.
    ///
    /// # Errors
    /// [`RenewError`]
    pub fn renew(
        &mut self,
        increment: Seconds,
        limits: TtlLimits,
        now: Timestamp,
    ) -> Result<(), RenewError> {
        if self.has_ended(now) {
            return Err(RenewError::Expired);
        }
        if !self.renewable || self.expires.is_none() {
            return Err(RenewError::NotRenewable);
        }
        let wanted = match (self.period, increment) {
            (Seconds(0), Seconds(0)) => now.plus(self.ttl),
            (Seconds(0), increment) => now.plus(increment),
            (period, _) => now.plus(period),
        };
        self.expires = self.end(limits).into_iter().chain([wanted]).min();
        self.renewed = Some(now);
        Ok(())
    }

    /// Whether it is over.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// How long is left, in seconds, begun ones counted; 0 without an end.
    #[must_use]
    pub fn left(&self, now: Timestamp) -> Seconds {
        let left = self.expires.map_or(0, |expires| expires.0.saturating_sub(now.0));
        Seconds(left.div_ceil(1_000))
    }

    /// What no renewal goes beyond.
    fn end(&self, limits: TtlLimits) -> Option<Timestamp> {
        let explicit = (self.explicit_max.0 > 0).then(|| self.issued.plus(self.explicit_max));
        let system = (self.period.0 == 0).then(|| self.issued.plus(limits.max));
        explicit.into_iter().chain(system).min()
    }
}
