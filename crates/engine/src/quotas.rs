//! Rate limits: how many requests of one client a part of the API takes, decided before anything is done for them.
//!
//! A client is its network address (of IPv6 the first 64 bits, which is what one customer has). Each has a bucket of
//! requests at each limit that fills up as time goes on. Buckets are in memory only: they begin full with the process.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use strongroom_core::crypto::RecordKind;
use strongroom_core::time::Seconds;
use strongroom_store::{Entry, Key};

use crate::error::Error;
use crate::kept::Kept;
use crate::keys;
use crate::mounts;
use crate::records::{Records, decode};

/// The name of the record of all limits, in the mount of the system.
pub(crate) const RECORD: &str = "quotas";

/// How many clients' buckets are kept; those who come when all are in use share one at each limit.
const BUCKETS_MAX: usize = 65_536;

/// How often the audit log is told of the requests of one client that one limit refuses.
pub(crate) const NOTED_EVERY: Seconds = Seconds(60);
/// How many records of refusals the audit log gets in [`NOTED_EVERY`], whoever is refused: many clients together must
/// not fill the disk. What is not told is counted, and told later.
pub(crate) const NOTES_MAX: u32 = 64;

const MICROS_PER_SECOND: u64 = 1_000_000;

/// What no limit counts, so that health can be asked for and a server be unsealed at any time.
pub(crate) const ALWAYS_EXEMPT: &[&str] =
    &["sys/health", "sys/init", "sys/leader", "sys/seal-status", "sys/unseal"];

/// All limits as they are kept.
#[derive(Clone, Debug, Default, minicbor::Encode, minicbor::Decode)]
pub(crate) struct QuotaTable {
    #[n(0)]
    pub(crate) limits: BTreeMap<String, RateLimit>,
    /// What else no limit counts: paths, and what begins with one that ends with `*`.
    #[n(1)]
    pub(crate) exempt: Vec<String>,
}

/// A limit on the requests of each client.
#[derive(Clone, Debug, PartialEq, minicbor::Encode, minicbor::Decode)]
pub struct RateLimit {
    /// What it is on: everything when empty; `<mount>/` for a mount; `<mount>/<path>` for a path, or for what begins
    /// with it when it ends with `*`.
    #[n(0)]
    pub path: String,
    /// How many requests in an interval.
    #[n(1)]
    pub rate: f64,
    /// The interval.
    #[n(2)]
    pub interval: Seconds,
    /// How long a client that had too many gets none at all.
    #[n(3)]
    pub block_interval: Seconds,
    /// Another one whenever the limit is changed, so that its buckets begin anew.
    #[n(4)]
    pub(crate) id: u64,
}

/// A client has had too many requests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rate limit quota exceeded")]
pub struct Throttled {
    /// When another one may be answered.
    pub retry_after: Seconds,
    /// What the audit log is to be told, if it is time for that.
    pub(crate) to_note: Option<Refused>,
}

/// Requests of one client that one limit refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// What the limit is on.
    pub(crate) path: String,
    /// How many were refused since the audit log was last told.
    pub(crate) requests: u64,
}

/// The limits of a store, and who has used how much of them.
pub(crate) struct Quotas {
    table: Kept<Option<QuotaTable>>,
    buckets: Mutex<Buckets>,
}

#[derive(Default)]
struct Buckets {
    used: HashMap<(u64, IpAddr), Bucket>,
    /// When those that are full again were last removed.
    tidied_micros: u64,
    /// When the present span of records began, and how many there were.
    noted: (u64, u32),
}

#[derive(Clone, Copy)]
struct Bucket {
    requests: f64,
    at_micros: u64,
    blocked_until_micros: u64,
    /// Requests that were refused and that the audit log was not told of, and when it was last told.
    refused: u64,
    noted_micros: Option<u64>,
}

impl QuotaTable {
    /// The limit that counts a path: the one on the longest part of it.
    fn limit_on(&self, path: &str) -> Option<&RateLimit> {
        let matching = self.limits.values().filter_map(|limit| Some((limit.reach(path)?, limit)));
        matching.max_by_key(|(reach, _)| *reach).map(|(_, limit)| limit)
    }

    fn is_exempt(&self, path: &str) -> bool {
        let matches = |exempt: &str| match exempt.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == exempt,
        };
        ALWAYS_EXEMPT.contains(&path) || self.exempt.iter().any(|exempt| matches(exempt))
    }
}

impl RateLimit {
    /// How much of a path it is on, in bytes; `None` where it is not.
    fn reach(&self, path: &str) -> Option<usize> {
        if let Some(prefix) = self.path.strip_suffix('*') {
            return path.starts_with(prefix).then_some(prefix.len());
        }
        if self.path.is_empty() || self.path == path {
            return Some(self.path.len() * 2);
        }
        let below = self.path.ends_with('/') && path.starts_with(&self.path);
        let itself = self.path.strip_suffix('/') == Some(path);
        (below || itself).then_some(self.path.len())
    }

    fn per_micro(&self) -> f64 {
        #[expect(
            clippy::cast_precision_loss,
            reason = "an interval is far below 2^52 microseconds"
        )]
        let interval = (self.interval.0.max(1) * MICROS_PER_SECOND) as f64;
        self.rate / interval
    }

    /// The most that a bucket holds: what an interval brings, and at least one.
    fn most(&self) -> f64 {
        self.rate.max(1.0)
    }
}

impl Quotas {
    pub(crate) fn new() -> Self {
        let system = keys::logical_of(mounts::fixed(mounts::SYSTEM));
        #[expect(clippy::expect_used, reason = "the name is a constant within a key's grammar")]
        let key = Key::new(format!("{system}{RECORD}")).expect("a key");
        Self { table: Kept::at(key), buckets: Mutex::default() }
    }

    /// Count a request, or refuse it.
    pub(crate) fn admit(
        &self,
        records: &Records<'_>,
        path: &str,
        source: Option<IpAddr>,
        now_micros: impl FnOnce() -> u64,
    ) -> Result<(), Throttled> {
        // Limits that cannot be read are those of a store that answers nothing.
        let Ok(table) = self.table(records) else { return Ok(()) };
        let Some(table) = &*table else { return Ok(()) };
        let Some(limit) = table.limit_on(path).filter(|_| !table.is_exempt(path)) else {
            return Ok(());
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.take(limit, client(source), now_micros())
    }

    fn table(&self, records: &Records<'_>) -> Result<Arc<Option<QuotaTable>>, Error> {
        let key = self.table.key();
        let (_, table) = self.table.now(records.store, |entry, _| {
            let open = |entry: &Entry| {
                let bytes = records.open(RecordKind::Logical, key, &entry.value)?;
                decode(key, bytes.expose())
            };
            entry.map(open).transpose()
        })?;
        Ok(table)
    }
}

impl Buckets {
    fn take(
        &mut self,
        limit: &RateLimit,
        client: IpAddr,
        now_micros: u64,
    ) -> Result<(), Throttled> {
        let mut key = (limit.id, client);
        if !self.used.contains_key(&key) && self.used.len() >= BUCKETS_MAX {
            self.tidy(limit, now_micros);
            if self.used.len() >= BUCKETS_MAX {
                key.1 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
            }
        }
        let full = Bucket {
            requests: limit.most(),
            at_micros: now_micros,
            blocked_until_micros: 0,
            refused: 0,
            noted_micros: None,
        };
        let bucket = self.used.entry(key).or_insert(full);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a process does not run for 2^52 microseconds"
        )]
        let passed = now_micros.saturating_sub(bucket.at_micros) as f64;
        bucket.requests = (bucket.requests + passed * limit.per_micro()).min(limit.most());
        bucket.at_micros = now_micros;
        if bucket.blocked_until_micros > now_micros {
            let to_note = bucket.refuse(limit, &mut self.noted, now_micros);
            return Err(Throttled::until(bucket.blocked_until_micros, now_micros, to_note));
        }
        // Rounding must not cost a client a whole request.
        if bucket.requests >= 1.0 - 1e-9 {
            bucket.requests -= 1.0;
            return Ok(());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is positive, and a number too large becomes the largest"
        )]
        let wait = ((1.0 - bucket.requests) / limit.per_micro()) as u64;
        let until = match limit.block_interval {
            Seconds(0) => now_micros.saturating_add(wait),
            Seconds(seconds) => {
                bucket.blocked_until_micros =
                    now_micros.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND));
                bucket.blocked_until_micros
            }
        };
        let to_note = bucket.refuse(limit, &mut self.noted, now_micros);
        Err(Throttled::until(until, now_micros, to_note))
    }

    /// Remove the buckets that have not been used for as long as the longest interval fills one: at most once a second,
    /// so that many clients cost no more than that.
    fn tidy(&mut self, limit: &RateLimit, now_micros: u64) {
        if now_micros.saturating_sub(self.tidied_micros) < MICROS_PER_SECOND {
            return;
        }
        self.tidied_micros = now_micros;
        let idle = limit.interval.0.max(1).saturating_mul(MICROS_PER_SECOND);
        self.used.retain(|_, bucket| {
            bucket.at_micros.saturating_add(idle) > now_micros
                || bucket.blocked_until_micros > now_micros
        });
    }
}

impl Bucket {
    /// Count a refusal, and say what the audit log is to be told if it is time: the first at once, and the number of
    /// those that came since in intervals.
    fn refuse(
        &mut self,
        limit: &RateLimit,
        (began_micros, records): &mut (u64, u32),
        now_micros: u64,
    ) -> Option<Refused> {
        self.refused = self.refused.saturating_add(1);
        let span = NOTED_EVERY.0 * MICROS_PER_SECOND;
        let is_over = |since: u64| now_micros >= since.saturating_add(span);
        if !self.noted_micros.is_none_or(is_over) {
            return None;
        }
        if is_over(*began_micros) {
            (*began_micros, *records) = (now_micros, 0);
        }
        if *records >= NOTES_MAX {
            return None;
        }
        *records += 1;
        self.noted_micros = Some(now_micros);
        Some(Refused { path: limit.path.clone(), requests: std::mem::take(&mut self.refused) })
    }
}

impl Throttled {
    fn until(until_micros: u64, now_micros: u64, to_note: Option<Refused>) -> Self {
        let left = until_micros.saturating_sub(now_micros);
        Self { retry_after: Seconds(left.div_ceil(MICROS_PER_SECOND).max(1)), to_note }
    }
}

fn client(source: Option<IpAddr>) -> IpAddr {
    match source.map(|source| source.to_canonical()) {
        Some(IpAddr::V6(address)) => {
            let network = u128::from(address) & !(u128::from(u64::MAX));
            IpAddr::V6(Ipv6Addr::from(network))
        }
        Some(address) => address,
        None => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(path: &str, rate: f64, interval: u64, block: u64) -> RateLimit {
        let (interval, block_interval) = (Seconds(interval), Seconds(block));
        RateLimit { path: path.into(), rate, interval, block_interval, id: 1 }
    }

    fn address(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    #[test]
    fn the_limit_on_the_longest_part_of_a_path_counts() {
        let paths = ["", "secret/", "secret/data/*", "secret/data/a", "secret/data/ab*"];
        let limits = paths.iter().map(|path| ((*path).to_owned(), limit(path, 1.0, 1, 0)));
        let table = QuotaTable { limits: limits.collect(), exempt: Vec::new() };
        for (path, wanted) in [
            ("other/a", ""),
            ("secrets/a", ""),
            ("secret", "secret/"),
            ("secret/metadata/a", "secret/"),
            ("secret/data/x", "secret/data/*"),
            ("secret/data/a", "secret/data/a"),
            ("secret/data/a/b", "secret/data/*"),
            ("secret/data/abc", "secret/data/ab*"),
        ] {
            assert_eq!(table.limit_on(path).unwrap().path, wanted, "{path}");
        }
    }

    #[test]
    fn a_bucket_is_emptied_and_fills_up_again() {
        let (limit, mut buckets) = (limit("", 2.0, 10, 0), Buckets::default());
        let mut take = |client, seconds: u64| {
            let taken = buckets.take(&limit, address(client), seconds * MICROS_PER_SECOND);
            taken.map_err(|throttled| throttled.retry_after.0)
        };
        assert_eq!([take(1, 0), take(1, 0), take(1, 0)], [Ok(()), Ok(()), Err(5)]);
        assert_eq!(take(2, 0), Ok(()), "another client has its own");
        assert_eq!([take(1, 4), take(1, 5), take(1, 5)], [Err(1), Ok(()), Err(5)]);
        assert_eq!([take(1, 500), take(1, 500), take(1, 500)], [Ok(()), Ok(()), Err(5)]);
    }

    #[test]
    fn a_client_that_had_too_many_is_shut_out_for_the_block_interval() {
        let (limit, mut buckets) = (limit("", 1.0, 1, 60), Buckets::default());
        let mut take = |seconds: u64| {
            let taken = buckets.take(&limit, address(1), seconds * MICROS_PER_SECOND);
            taken.map_err(|throttled| throttled.retry_after.0)
        };
        assert_eq!([take(0), take(0), take(59), take(60)], [Ok(()), Err(60), Err(1), Ok(())]);
    }

    #[test]
    fn many_clients_take_bounded_memory_and_share_what_is_left() {
        let (limit, mut buckets) = (limit("", 1.0, 1, 0), Buckets::default());
        for number in 0..BUCKETS_MAX as u32 + 10 {
            drop(buckets.take(&limit, address(number), 5 * MICROS_PER_SECOND));
        }
        assert_eq!(buckets.used.len(), BUCKETS_MAX + 1);
        assert!(buckets.take(&limit, address(u32::MAX), 5 * MICROS_PER_SECOND).is_err());
        assert!(buckets.take(&limit, address(u32::MAX), 7 * MICROS_PER_SECOND).is_ok());
        assert!(buckets.used.len() < 10, "those that are full again are gone");
    }

    fn told(buckets: &mut Buckets, limit: &RateLimit, client: u32, seconds: u64) -> Option<u64> {
        let taken = buckets.take(limit, address(client), seconds * MICROS_PER_SECOND);
        taken.err()?.to_note.map(|refused| refused.requests)
    }

    #[test]
    fn the_audit_log_is_told_of_the_first_refusal_and_of_the_others_by_number() {
        let (limit, mut buckets) = (limit("a/", 1.0, 3_600, 0), Buckets::default());
        let mut take = |seconds| told(&mut buckets, &limit, 1, seconds);
        assert_eq!([take(100), take(100), take(100), take(159)], [None, Some(1), None, None]);
        assert_eq!([take(160), take(161), take(219), take(400)], [Some(3), None, None, Some(3)]);
    }

    #[test]
    fn many_clients_that_are_refused_make_few_records() {
        let (limit, mut buckets) = (limit("", 1.0, 3_600, 0), Buckets::default());
        let records = |buckets: &mut Buckets, seconds| {
            let clients = 0..NOTES_MAX * 3;
            clients.filter_map(|client| told(buckets, &limit, client, seconds)).sum::<u64>()
        };
        assert_eq!(records(&mut buckets, 100), 0, "none was refused");
        assert_eq!(records(&mut buckets, 100), u64::from(NOTES_MAX));
        assert_eq!(records(&mut buckets, 100), 0);
        // Those that were told of have two refusals now, and the next have three.
        let later = records(&mut buckets, 160);
        assert_eq!(later, u64::from(NOTES_MAX) * 2);
    }

    #[test]
    fn one_network_of_ipv6_is_one_client() {
        let of = |text: &str| client(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}
