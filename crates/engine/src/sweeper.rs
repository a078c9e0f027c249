//! The thread that does what is due.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use strongroom_core::time::Clock;

use crate::engine::Engine;

/// How long at most until it is looked what is due: something can become due sooner than what was seen.
const LOOK: Duration = Duration::from_secs(1);
/// How long at least between two readings of the audit log for uses, in microseconds.
const FOLD_MICROS: u64 = 30_000_000;
/// How many steps are done before it is looked whether to stop.
const STEPS_MAX: usize = 64;

/// Ends tokens and leases on time, and keeps records of uses, in a thread that stops when this is dropped.
#[must_use = "the sweeper stops when this is dropped"]
pub struct Sweeper {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Signal {
    is_stopped: Mutex<bool>,
    changed: Condvar,
}

impl Sweeper {
    /// Start the thread. It holds the engine only while it works.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn start(engine: &Arc<Engine>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let signal = Arc::new(Signal::default());
        let (theirs, engine) = (Arc::clone(&signal), Arc::downgrade(engine));
        let thread = std::thread::Builder::new()
            .name("sweeper".to_owned())
            .spawn(move || run(&theirs, &engine, &*clock))?;
        Ok(Self { signal, thread: Some(thread) })
    }
}

fn run(signal: &Signal, engine: &Weak<Engine>, clock: &dyn Clock) {
    let mut folded = clock.elapsed_micros();
    loop {
        let Some(found) = engine.upgrade() else { return };
        // What fails is tried again at the next look, and is in the audit log.
        let next = found.sweep(STEPS_MAX).ok().flatten();
        if clock.elapsed_micros().saturating_sub(folded) >= FOLD_MICROS {
            // What fails is read again: the place stays where it was.
            let _ = found.fold_usage();
            folded = clock.elapsed_micros();
        }
        drop(found);
        let wait = match next {
            Some(at) => LOOK.min(Duration::from_millis(at.0.saturating_sub(clock.now().0))),
            None => LOOK,
        };
        let stopped = signal.is_stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let (stopped, _) = signal
            .changed
            .wait_timeout_while(stopped, wait, |stopped| !*stopped)
            .unwrap_or_else(PoisonError::into_inner);
        if *stopped {
            return;
        }
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        *self.signal.is_stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It panics nowhere; if it did, there would be nothing left to stop.
            let _ = thread.join();
        }
    }
}
