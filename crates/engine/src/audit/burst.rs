//! Bursts: while a [`Flusher`](super::Flusher) runs, a process keeps the log's lock over many appends.
//!
//! Taking the lock, learning what others wrote, and giving the lock back cost more than the write itself. A process
//! that holds the lock knows that no other one writes, so that it need do none of the three. It changes nothing about
//! the chain, because every append still happens under the lock; it only bounds how long others wait: a burst ends
//! [`BURST_MAX`] after its beginning at the latest, whether appends come or not, and [`APPENDS_APART`] appends that
//! give the lock back each time come before the next, so that whoever waits gets it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::log::AuditLog;

/// How long a process keeps the lock, and so how long another one waits for it.
const BURST_MAX: Duration = Duration::from_millis(2);
/// Appends between two bursts.
const APPENDS_APART: u32 = 16;

/// Wakes the thread that ends bursts.
#[derive(Default)]
pub(super) struct BurstSignal {
    /// Whether the thread runs. Read and followed under the writer's mutex only.
    is_running: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_begun: bool,
    is_stopped: bool,
}

/// What a writer knows of its bursts.
#[derive(Default)]
pub(super) struct Burst {
    /// Whether the log's lock is kept.
    pub(super) is_on: bool,
    appends_to_go: u32,
}

impl BurstSignal {
    /// Whether a burst begins with this append. Called under the writer's mutex and the log's lock.
    pub(super) fn begin(&self, burst: &mut Burst) -> bool {
        if burst.is_on || !self.is_running.load(Ordering::Acquire) {
            return false;
        }
        if burst.appends_to_go > 0 {
            burst.appends_to_go -= 1;
            return false;
        }
        *burst = Burst { is_on: true, appends_to_go: APPENDS_APART };
        self.lock().is_begun = true;
        self.changed.notify_all();
        true
    }

    /// Before the thread starts.
    pub(super) fn start(&self) {
        *self.lock() = State::default();
        self.is_running.store(true, Ordering::Release);
    }

    /// No burst begins any more; one that is on ends with [`AuditLog::end_burst`], called after this.
    pub(super) fn stop(&self) {
        self.is_running.store(false, Ordering::Release);
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    /// End each burst in time, until it is stopped.
    pub(super) fn run(&self, log: &AuditLog) {
        let mut is_stopped = false;
        while !is_stopped {
            let idle = |state: &mut State| !state.is_stopped && !state.is_begun;
            let mut state =
                self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            state.is_begun = false;
            let (state, _) = self
                .changed
                .wait_timeout_while(state, BURST_MAX, |state| !state.is_stopped)
                .unwrap_or_else(PoisonError::into_inner);
            is_stopped = state.is_stopped;
            drop(state);
            log.end_burst();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
