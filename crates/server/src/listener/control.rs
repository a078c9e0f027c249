//! How a server that stops tells its connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

const RUNNING: u8 = 0;
const STOPPING: u8 = 1;
const ENDED: u8 = 2;

/// Shared by everything that runs for one server.
#[derive(Default)]
pub(crate) struct Control {
    stage: AtomicU8,
    changed: Arc<Notify>,
}

impl Control {
    /// No new connections; those that are open end once their requests are answered.
    pub fn stop(&self) {
        self.move_to(STOPPING);
    }

    /// Every connection ends now.
    pub fn end(&self) {
        self.move_to(ENDED);
    }

    pub fn is_stopping(&self) -> bool {
        self.stage.load(Ordering::Acquire) >= STOPPING
    }

    pub fn is_ended(&self) -> bool {
        self.stage.load(Ordering::Acquire) >= ENDED
    }

    /// The next change of stage. It has to be enabled or polled before the stage is looked at.
    pub fn next_change(&self) -> OwnedNotified {
        Arc::clone(&self.changed).notified_owned()
    }

    /// Waits until the server stops.
    pub async fn stopped(&self) {
        loop {
            let mut change = std::pin::pin!(self.changed.notified());
            change.as_mut().enable();
            if self.is_stopping() {
                return;
            }
            change.await;
        }
    }

    fn move_to(&self, stage: u8) {
        self.stage.fetch_max(stage, Ordering::AcqRel);
        debug_assert!(self.stage.load(Ordering::Acquire) > RUNNING);
        self.changed.notify_waiters();
    }
}
