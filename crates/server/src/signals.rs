//! The process's signals: SIGTERM and SIGINT stop the server, SIGHUP has its certificates read anew.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Handle;
use crate::systemd::{Notifier, State, monotonic_micros};

/// The signals, caught from when this is made.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Catches the signals. It is called on the server's runtime.
    ///
    /// # Errors
    /// The system's.
    pub fn catch() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Tells systemd that the server is ready, reloads whenever SIGHUP comes, keeps systemd's watchdog fed, and is
    /// ready once the server has to stop: what [`Bound::run`](crate::Bound::run) takes.
    pub async fn until_stop(mut self, handle: Handle, notifier: Arc<Notifier>) {
        notifier.tell(State::Ready);
        let fed = notifier.watchdog();
        let mut feeding = fed.map(tokio::time::interval);
        loop {
            let feed = async {
                match &mut feeding {
                    Some(interval) => interval.tick().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                _ = self.hangup.recv() => reload(&handle, &notifier).await,
                _ = feed => notifier.tell(State::Watchdog),
            }
        }
        notifier.tell(State::Stopping);
    }
}

async fn reload(handle: &Handle, notifier: &Notifier) {
    notifier.tell(State::Reloading { monotonic_micros: monotonic_micros() });
    let handle = handle.clone();
    // What goes wrong is in the log, and the old certificates stay.
    let _ = tokio::task::spawn_blocking(move || handle.reload()).await;
    notifier.tell(State::Ready);
}
