use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::log::AuditLog;

/// How long a record may wait for its sync, in which others join it. The sync itself fits into what is left
/// of the second.
const FLUSH_DELAY: Duration = Duration::from_millis(500);

/// Wakes the flusher for the first record after a sync, and only for that one.
#[derive(Default)]
pub(super) struct FlushSignal {
    is_dirty: AtomicBool,
    is_stopped: Mutex<bool>,
    changed: Condvar,
}

/// The thread that syncs the log within a second of an append, and the one that ends bursts. They end, after a last
/// sync, when this is dropped.
#[must_use = "the flusher stops when this is dropped"]
pub struct Flusher {
    log: Arc<AuditLog>,
    threads: Vec<JoinHandle<()>>,
}

impl Flusher {
    pub(super) fn start(log: Arc<AuditLog>) -> io::Result<Self> {
        *log.flush_signal().lock() = false;
        // Dropped on a failure, this stops what was started.
        let mut flusher = Self { log, threads: Vec::new() };
        flusher.spawn("audit-flusher", |log| log.flush_signal().run(log))?;
        flusher.log.burst_signal().start();
        flusher.spawn("audit-bursts", |log| log.burst_signal().run(log))?;
        Ok(flusher)
    }

    fn spawn(
        &mut self,
        name: &str,
        run: impl FnOnce(&AuditLog) + Send + 'static,
    ) -> io::Result<()> {
        let log = Arc::clone(&self.log);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || run(&log))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let signal = self.log.flush_signal();
        *signal.lock() = true;
        signal.changed.notify_all();
        self.log.burst_signal().stop();
        for thread in self.threads.drain(..) {
            // The threads panic nowhere; if one did, there would be nothing left to stop.
            let _ = thread.join();
        }
        self.log.end_burst();
    }
}

impl FlushSignal {
    /// Something was appended.
    pub(super) fn mark(&self) {
        if !self.is_dirty.swap(true, Ordering::AcqRel) {
            // Under the lock, so that a flusher that is about to wait does not miss it.
            let _guard = self.lock();
            self.changed.notify_all();
        }
    }

    fn run(&self, log: &AuditLog) {
        let mut is_stopped = false;
        while !is_stopped {
            let idle = |stopped: &mut bool| !*stopped && !self.is_dirty.load(Ordering::Acquire);
            let guard =
                self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
            let (guard, _) = self
                .changed
                .wait_timeout_while(guard, FLUSH_DELAY, |stopped| !*stopped)
                .unwrap_or_else(PoisonError::into_inner);
            is_stopped = *guard;
            drop(guard);
            if self.is_dirty.swap(false, Ordering::AcqRel) {
                // A failure is kept in the log's state: the next append has to sync before it succeeds.
                let _ = log.sync();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
