//! Rate limits and what they leave out, under `sys/quotas/`, as Vault has it
//! (<https://developer.hashicorp.com/vault/api-docs/system/rate-limit-quotas>).

use strongroom_core::random;
use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use crate::error::Error;
use crate::mounts::{self, MountKind};
use crate::quotas::{ALWAYS_EXEMPT, QuotaTable, RECORD, RateLimit};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, List, Performed, Read, Write};

/// The most rate limits.
pub const RATE_LIMITS_MAX: usize = 256;
/// The longest name of a rate limit and the longest path, in bytes.
pub const QUOTA_TEXT_BYTES_MAX: usize = 512;
/// The highest rate, in requests an interval.
pub const RATE_MAX: f64 = 1e9;
/// The longest interval: a year.
pub const INTERVAL_MAX: Seconds = Seconds(31_536_000);
/// The most paths that no limit counts.
pub const EXEMPT_PATHS_MAX: usize = 256;

const SYSTEM: &[MountKind] = &[MountKind::System];
const RATE_LIMITS: &str = "sys/quotas/rate-limit";
const CONFIG: &str = "sys/quotas/config";

/// Write a rate limit, which counts from the commit on. Needs `update` on `sys/quotas/rate-limit/<name>`.
#[derive(Debug)]
pub struct WriteRateLimit {
    /// Requests in an interval.
    pub rate: f64,
    /// The interval; a second when 0.
    pub interval: Seconds,
    /// How long a client that had too many gets none.
    pub block_interval: Seconds,
    path: String,
    name: String,
    policy_path: String,
}

/// A rate limit. Needs `read` on `sys/quotas/rate-limit/<name>`.
#[derive(Debug)]
pub struct ReadRateLimit {
    name: String,
    policy_path: String,
}

/// Remove a rate limit; one that is not there is left so. Needs `delete` on `sys/quotas/rate-limit/<name>`.
#[derive(Debug)]
pub struct DeleteRateLimit {
    name: String,
    policy_path: String,
}

/// The names of all rate limits. Needs `list` on `sys/quotas/rate-limit`.
#[derive(Debug)]
pub struct ListRateLimits;

/// Which paths no rate limit counts, beside those that none ever does. Needs `read` on `sys/quotas/config`.
#[derive(Debug)]
pub struct ReadQuotaConfig;

/// Say which paths no rate limit counts. Needs `update` on `sys/quotas/config`.
#[derive(Debug)]
pub struct WriteQuotaConfig {
    /// Paths without `/v1/`; one that ends with `*` stands for all that begin so.
    pub exempt: Vec<String>,
}

impl WriteRateLimit {
    /// A limit of this name, on everything (empty), a mount, or a path in one.
    #[must_use]
    pub fn new(name: &str, path: &str, rate: f64) -> Self {
        Self {
            rate,
            interval: Seconds(1),
            block_interval: Seconds(0),
            path: path.to_owned(),
            policy_path: format!("{RATE_LIMITS}/{name}"),
            name: name.to_owned(),
        }
    }

    fn check(&self) -> Result<(), Error> {
        if self.name.len().max(self.path.len()) > QUOTA_TEXT_BYTES_MAX {
            let rule = format!("a name or path is longer than {QUOTA_TEXT_BYTES_MAX} bytes");
            return Err(Error::rule(rule));
        }
        if !(self.rate > 0.0 && self.rate <= RATE_MAX) {
            return Err(Error::rule(format!("'rate' is above 0 and at most {RATE_MAX}")));
        }
        if self.interval.max(self.block_interval) > INTERVAL_MAX {
            return Err(Error::rule("an interval is at most a year"));
        }
        Ok(())
    }

    /// The path as it is kept: a mount with a slash at its end, and what is in it.
    fn canonical(&self, room: &Room<'_>) -> Result<String, Error> {
        let path = self.path.trim_matches('/');
        if path.is_empty() {
            return Ok(String::new());
        }
        let missing = |_| Error::rule(format!("invalid mount path \"{path}\""));
        let (mount, _, rest) = room.mounts.resolve(path).map_err(missing)?;
        Ok(format!("{mount}/{rest}"))
    }
}

impl Operation for WriteRateLimit {
    type Answer = ();

    const NAME: &'static str = "rate-limit-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        room.authorise_at::<Write>(&self.policy_path, SYSTEM)?;
        self.check()?;
        let path = self.canonical(room)?;
        let found = table(room)?;
        let mut quotas = value(found.as_ref());
        let is_other =
            |(name, limit): &(&String, &RateLimit)| **name != self.name && limit.path == path;
        if let Some((name, _)) = quotas.limits.iter().find(is_other) {
            let rule = format!("the rate limit \"{name}\" is on the same path");
            return Err(Error::rule(rule));
        }
        let limit = RateLimit {
            path,
            rate: self.rate,
            interval: self.interval.max(Seconds(1)),
            block_interval: self.block_interval,
            id: u64::from_be_bytes(random::array(room.random)),
        };
        quotas.limits.insert(self.name.clone(), limit);
        if quotas.limits.len() > RATE_LIMITS_MAX {
            return Err(Error::rule(format!("more than {RATE_LIMITS_MAX} rate limits")));
        }
        write(room, &quotas, found.as_ref())
    }
}

impl ReadRateLimit {
    /// The limit of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { policy_path: format!("{RATE_LIMITS}/{name}"), name: name.to_owned() }
    }
}

impl Operation for ReadRateLimit {
    type Answer = RateLimit;

    const NAME: &'static str = "rate-limit-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<RateLimit>, Error> {
        let _proof = room.authorise_at::<Read>(&self.policy_path, SYSTEM)?;
        let limit = value(table(room)?.as_ref()).limits.remove(&self.name);
        let missing = || Error::NotFound(format!("the rate limit {}", self.name));
        Ok(Performed::read(limit.ok_or_else(missing)?))
    }
}

impl DeleteRateLimit {
    /// The limit of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { policy_path: format!("{RATE_LIMITS}/{name}"), name: name.to_owned() }
    }
}

impl Operation for DeleteRateLimit {
    type Answer = ();

    const NAME: &'static str = "rate-limit-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Delete>(&self.policy_path, SYSTEM)?;
        let found = table(room)?;
        let mut quotas = value(found.as_ref());
        if quotas.limits.remove(&self.name).is_none() {
            return Ok(Performed::read(()));
        }
        write(room, &quotas, found.as_ref())
    }
}

impl Operation for ListRateLimits {
    type Answer = Vec<String>;

    const NAME: &'static str = "rate-limits-list";

    fn subject(&self) -> Option<&str> {
        Some(RATE_LIMITS)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let _proof = room.authorise_at::<List>(RATE_LIMITS, SYSTEM)?;
        Ok(Performed::read(value(table(room)?.as_ref()).limits.into_keys().collect()))
    }
}

impl Operation for ReadQuotaConfig {
    /// The paths that were said, and those that no limit ever counts.
    type Answer = (Vec<String>, &'static [&'static str]);

    const NAME: &'static str = "quota-config-read";

    fn subject(&self) -> Option<&str> {
        Some(CONFIG)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let _proof = room.authorise_at::<Read>(CONFIG, SYSTEM)?;
        Ok(Performed::read((value(table(room)?.as_ref()).exempt, ALWAYS_EXEMPT)))
    }
}

impl Operation for WriteQuotaConfig {
    type Answer = ();

    const NAME: &'static str = "quota-config-write";

    fn subject(&self) -> Option<&str> {
        Some(CONFIG)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Write>(CONFIG, SYSTEM)?;
        let too_long = |path: &String| path.len() > QUOTA_TEXT_BYTES_MAX;
        if self.exempt.len() > EXEMPT_PATHS_MAX || self.exempt.iter().any(too_long) {
            let rule = format!("at most {EXEMPT_PATHS_MAX} paths of {QUOTA_TEXT_BYTES_MAX} bytes");
            return Err(Error::rule(rule));
        }
        let found = table(room)?;
        let quotas = QuotaTable { exempt: self.exempt.clone(), ..value(found.as_ref()) };
        write(room, &quotas, found.as_ref())
    }
}

fn table(room: &Room<'_>) -> Result<Option<Stored<QuotaTable>>, Error> {
    room.logical_of(mounts::fixed(mounts::SYSTEM)).read(RECORD)
}

fn value(found: Option<&Stored<QuotaTable>>) -> QuotaTable {
    found.map(|found| found.value.clone()).unwrap_or_default()
}

fn write(
    room: &Room<'_>,
    quotas: &QuotaTable,
    found: Option<&Stored<QuotaTable>>,
) -> Result<Performed<()>, Error> {
    let mut batch = Batch::default();
    room.logical_of(mounts::fixed(mounts::SYSTEM)).put(&mut batch, RECORD, quotas, found)?;
    Ok(Performed::change((), batch))
}
