//! What keeps logins with passwords from being guessed, and from taking the machine.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use strongroom_core::crypto::PasswordHash;
use strongroom_core::time::{Seconds, Timestamp};

use crate::error::Error;

/// How many passwords are hashed at a time: each takes 19 MiB and a processor.
pub const HASHES_RUNNING_MAX: usize = 4;
/// How many more wait for that; whoever comes then is told that there are too many.
pub const HASHES_WAITING_MAX: usize = 64;
/// After how many wrong passwords a user is locked, as in Vault.
pub const LOCKOUT_FAILURES: u32 = 5;
/// For how long, and after how long without a wrong password the count begins anew; as in Vault.
pub const LOCKOUT_SPAN: Seconds = Seconds(900);
/// How many users' wrong passwords are counted.
const COUNTED_MAX: usize = 65_536;

/// Of one engine, in memory.
#[derive(Default)]
pub(crate) struct PasswordGuard {
    hashing: Mutex<Hashing>,
    freed: Condvar,
    failures: Mutex<HashMap<Salt, Failures>>,
}

/// The salt of a password tells it from every other one: a user who is given a new one begins anew.
type Salt = [u8; 16];

#[derive(Default)]
struct Hashing {
    running: usize,
    waiting: usize,
}

/// One of the passwords that are hashed at a time.
pub(crate) struct HashPermit<'a>(&'a PasswordGuard);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl PasswordGuard {
    /// Wait until a password may be hashed.
    ///
    /// # Errors
    /// [`Error::QuotaExceeded`] when too many wait already.
    pub(crate) fn permit(&self) -> Result<HashPermit<'_>, Error> {
        let mut hashing = lock(&self.hashing);
        if hashing.running >= HASHES_RUNNING_MAX {
            if hashing.waiting >= HASHES_WAITING_MAX {
                let message = "too many passwords are being checked; try again";
                return Err(Error::QuotaExceeded(message.to_owned()));
            }
            hashing.waiting += 1;
            let is_full = |hashing: &mut Hashing| hashing.running >= HASHES_RUNNING_MAX;
            let waited = self.freed.wait_while(hashing, is_full);
            hashing = waited.unwrap_or_else(PoisonError::into_inner);
            hashing.waiting -= 1;
        }
        hashing.running += 1;
        Ok(HashPermit(self))
    }

    /// Whether a user has shown too many wrong passwords.
    pub(crate) fn is_locked(&self, hash: &PasswordHash, now: Timestamp) -> bool {
        let failures = lock(&self.failures);
        failures.get(hash.salt()).is_some_and(|failures| failures.are_too_many(now))
    }

    /// A wrong password was shown for a user who is there.
    pub(crate) fn count_failure(&self, hash: &PasswordHash, now: Timestamp) {
        let mut failures = lock(&self.failures);
        if failures.len() >= COUNTED_MAX && !failures.contains_key(hash.salt()) {
            make_room(&mut failures, now);
        }
        let known = failures.get(hash.salt()).filter(|failures| !failures.are_over(now));
        let count = known.map_or(0, |failures| failures.count).saturating_add(1);
        failures.insert(*hash.salt(), Failures { count, last: now });
    }

    /// The right one was shown.
    pub(crate) fn forget_failures(&self, hash: &PasswordHash) {
        lock(&self.failures).remove(hash.salt());
    }
}

impl Drop for HashPermit<'_> {
    fn drop(&mut self) {
        lock(&self.0.hashing).running -= 1;
        self.0.freed.notify_one();
    }
}

impl Failures {
    fn are_over(self, now: Timestamp) -> bool {
        self.last.plus(LOCKOUT_SPAN) <= now
    }

    fn are_too_many(self, now: Timestamp) -> bool {
        self.count >= LOCKOUT_FAILURES && !self.are_over(now)
    }
}

/// Forget what is over, or else what is the furthest from being locked, and of that the oldest.
fn make_room(failures: &mut HashMap<Salt, Failures>, now: Timestamp) {
    failures.retain(|_, failures| !failures.are_over(now));
    if failures.len() >= COUNTED_MAX {
        let least = failures.iter().min_by_key(|(_, failures)| (failures.count, failures.last));
        if let Some(salt) = least.map(|(salt, _)| *salt) {
            failures.remove(&salt);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_user_is_locked_after_five_wrong_passwords_for_a_quarter_of_an_hour() {
        let (guard, hash) = (PasswordGuard::default(), PasswordHash::of_nobody());
        for _ in 1..LOCKOUT_FAILURES {
            guard.count_failure(&hash, NOW);
            assert!(!guard.is_locked(&hash, NOW));
        }
        guard.count_failure(&hash, NOW);
        assert!(guard.is_locked(&hash, Timestamp(NOW.plus(LOCKOUT_SPAN).0 - 1)));
        assert!(!guard.is_locked(&hash, NOW.plus(LOCKOUT_SPAN)));
        guard.count_failure(&hash, NOW.plus(LOCKOUT_SPAN));
        assert!(!guard.is_locked(&hash, NOW.plus(LOCKOUT_SPAN)), "the count began anew");
    }

    #[test]
    fn the_right_password_begins_the_count_anew() {
        let (guard, hash) = (PasswordGuard::default(), PasswordHash::of_nobody());
        for _ in 0..3 {
            for _ in 1..LOCKOUT_FAILURES {
                guard.count_failure(&hash, NOW);
            }
            guard.forget_failures(&hash);
        }
        assert!(!guard.is_locked(&hash, NOW));
    }

    #[test]
    fn what_is_counted_is_bounded_and_who_is_locked_stays_so() {
        let mut failures = HashMap::new();
        let salt = |index: usize| (index as u128).to_be_bytes();
        failures.insert(salt(0), Failures { count: LOCKOUT_FAILURES, last: NOW });
        for index in 1..COUNTED_MAX {
            failures.insert(salt(index), Failures { count: 1, last: Timestamp(NOW.0 + 1) });
        }
        make_room(&mut failures, Timestamp(NOW.0 + 2));
        assert_eq!(failures.len(), COUNTED_MAX - 1);
        assert!(failures.contains_key(&salt(0)));
        make_room(&mut failures, NOW.plus(Seconds(2_000)));
        assert!(failures.is_empty());
    }

    #[test]
    fn so_many_hash_at_a_time_so_many_wait_and_the_rest_is_told() {
        let guard = PasswordGuard::default();
        let permits: Vec<_> = (0..HASHES_RUNNING_MAX).map(|_| guard.permit()).collect();
        assert!(permits.iter().all(Result::is_ok));
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..HASHES_WAITING_MAX {
                scope.spawn(|| {
                    let permit = guard.permit();
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    assert!(permit.is_ok());
                });
            }
            while lock(&guard.hashing).waiting < HASHES_WAITING_MAX {
                std::thread::yield_now();
            }
            let error = guard.permit().err().map(|error| error.kind());
            assert_eq!(error, Some(crate::error::Kind::QuotaExceeded));
            drop(permits);
        });
        assert!(most.load(Ordering::SeqCst) <= HASHES_RUNNING_MAX);
        assert_eq!(lock(&guard.hashing).running, 0);
    }
}
