//! Following changes: of a store in this process, or of a server by its change feed.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use strongroom_client::{Client, Feed};
use strongroom_engine::operations::{SecretWatch, WatchSecrets};
use strongroom_wire as wire;

use super::{Refusal, client};

/// How long a follower waits before it connects anew, at first and at most.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A watch over secrets.
pub struct Watching(Kind);

enum Kind {
    Store(Box<SecretWatch>),
    Server(Receiver<()>),
    /// Nothing changes where nothing is watched. The sender keeps the channel open.
    Nothing(Receiver<()>, #[expect(dead_code, reason = "it is only kept")] Sender<()>),
}

impl Watching {
    pub(super) fn of_store(watch: SecretWatch) -> Self {
        Self(Kind::Store(Box::new(watch)))
    }

    /// Follows the server's feed on a thread of its own, which connects anew when the feed ends.
    pub(super) fn of_server(wanted: WatchSecrets) -> Result<Self, Refusal> {
        let (sender, receiver) = mpsc::channel();
        if wanted.paths.is_empty() && wanted.folders.is_empty() {
            return Ok(Self(Kind::Nothing(receiver, sender)));
        }
        let Some(client) = client().ok().flatten() else {
            return Err(Refusal::from(strongroom_client::ClientError::Setting(
                "the server's address is gone".to_owned(),
            )));
        };
        let asked = wire::WatchSecrets {
            subject: wanted.subject,
            paths: wanted.paths,
            folders: wanted.folders,
            after: wanted.after,
        };
        let feed = client.watch(&asked)?;
        // It ends with the process, or when nobody listens any more.
        std::thread::spawn(move || {
            follow(&client, asked, feed, &mut || sender.send(()).is_ok());
        });
        Ok(Self(Kind::Server(receiver)))
    }

    /// Whether one of the secrets may have changed; waits at most `timeout`.
    ///
    /// # Errors
    /// [`Refusal`] when the watch is over.
    pub fn changed(&mut self, timeout: Duration) -> Result<bool, Refusal> {
        match &mut self.0 {
            Kind::Store(watch) => Ok(watch.changed(timeout)?),
            Kind::Server(changes) | Kind::Nothing(changes, _) => {
                match changes.recv_timeout(timeout) {
                    Ok(()) => {
                        // Changes that came meanwhile are the same news.
                        while changes.try_recv().is_ok() {}
                        Ok(true)
                    }
                    Err(RecvTimeoutError::Timeout) => Ok(false),
                    Err(RecvTimeoutError::Disconnected) => {
                        Err(Refusal::from(strongroom_client::ClientError::Setting(
                            "the change feed is over".to_owned(),
                        )))
                    }
                }
            }
        }
    }
}

/// Tell of every event. While there is no feed, connect anew: what happened meanwhile is told by one event.
fn follow(
    client: &Client,
    mut asked: wire::WatchSecrets,
    mut feed: Feed,
    tell: &mut dyn FnMut() -> bool,
) {
    loop {
        while let Ok(Some(_)) = feed.next_event() {
            if !tell() {
                return;
            }
        }
        asked.after = feed.last_id().or(asked.after);
        feed = match connected(client, &asked) {
            Some(feed) => feed,
            None => return,
        };
        // Without an id to go on from, whatever changed in between is not told.
        if asked.after.is_none() && !tell() {
            return;
        }
    }
}

/// A new feed, as soon as there is one; `None` when the server refuses for good.
fn connected(client: &Client, asked: &wire::WatchSecrets) -> Option<Feed> {
    let mut pause = PAUSE_MIN;
    loop {
        wait(pause);
        match client.watch(asked) {
            Ok(feed) => return Some(feed),
            Err(error) => match error.kind() {
                // An operator unseals it, or it has places again.
                None | Some(wire::Kind::Sealed | wire::Kind::Unavailable) => {
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Some(_) => return None,
            },
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells a client when a server can be asked again"
)]
fn wait(time: Duration) {
    std::thread::sleep(time);
}
