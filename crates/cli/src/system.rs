//! The operating system's time, randomness and names: the one place where they are taken.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};
use strongroom_core::random::Random;
use strongroom_core::time::{Clock, Timestamp};
use strongroom_engine::audit::RecordClient;

/// The system's clocks.
pub struct SystemClock(Instant);

/// The kernel's source of randomness, without a generator of our own in between: seeding one costs a command tens of
/// milliseconds.
pub struct SystemRandom;

impl SystemClock {
    /// A clock whose durations count from now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that is passed to the rest"
        )]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn elapsed_micros(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Random for SystemRandom {
    #[expect(clippy::expect_used, reason = "without randomness no key may be made: stop")]
    fn fill(&self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let filled = match getrandom(&mut *bytes, GetRandomFlags::empty()) {
                Err(Errno::INTR) => 0,
                other => other.expect("the system gives random bytes"),
            };
            bytes = bytes.get_mut(filled..).unwrap_or_default();
        }
    }
}

/// No core dumps, and no other process of this user may read this one's memory. `execve` undoes it for the program
/// that `run` starts.
pub fn harden() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A system that refuses leaves things as they were; `doctor` tells.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// The name of the user who runs this process, for audit records.
#[must_use]
pub fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    match std::env::var("USER") {
        Ok(name) if !name.is_empty() && name.len() <= 256 => format!("{name}({uid})"),
        _ => format!("uid:{uid}"),
    }
}

/// This process, for audit records.
#[must_use]
pub fn client() -> RecordClient {
    RecordClient { program: "strongroom".to_owned(), pid: Some(std::process::id()) }
}
