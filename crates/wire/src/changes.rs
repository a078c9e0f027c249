//! The change feed: server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>) that name secrets and never values.

use serde::{Deserialize, Serialize};

/// The event of a secret that changed. Its data is a [`Change`], its id a position to go on from.
pub const EVENT_CHANGE: &str = "change";
/// The event of a gap: more may have changed than is told, so that what is watched is to be read anew.
pub const EVENT_GAP: &str = "gap";
/// How often a server sends something to a watcher at least, in seconds.
pub const HEARTBEAT_SECS: u64 = 15;

/// Follow changes of secrets. Needs `read` on each path and `list` on each folder. Answered with a stream of events,
/// not with one JSON document: it is no [`crate::Call`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchSecrets {
    /// What the audit record says is watched, such as the project's path.
    pub subject: String,
    /// Canonical paths of secrets. They need not exist yet.
    pub paths: Vec<String>,
    /// Folders, each ending with `/`, whose secrets are watched as well.
    pub folders: Vec<String>,
    /// Go on from the id of an event, instead of from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

impl WatchSecrets {
    /// Its name: the last part of the path.
    pub const NAME: &'static str = "secrets-watch";
    /// What it does, in a line.
    pub const ABOUT: &'static str = "Follow changes of secrets, as server-sent events";
}

/// A secret changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its canonical path.
    pub path: String,
    /// Whether its record is gone: the secret was erased.
    #[serde(default)]
    pub erased: bool,
}
