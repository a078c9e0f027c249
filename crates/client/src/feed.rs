//! The change feed, read as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use strongroom_wire::{Change, EVENT_CHANGE, EVENT_GAP, HEARTBEAT_SECS};

use crate::ClientError;

/// How long a server may be silent before the feed is given up: three heartbeats.
pub(crate) const SILENCE: Duration = Duration::from_secs(3 * HEARTBEAT_SECS);
/// The longest line, in bytes: 16 KiB.
const LINE_BYTES_MAX: u64 = 16 << 10;

/// A stream of changes.
pub struct Feed {
    lines: BufReader<Box<dyn Read + Send>>,
    last_id: Option<u64>,
}

/// What a feed tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedEvent {
    /// A secret changed.
    Change(Change),
    /// More may have changed than was told.
    Gap,
}

impl Feed {
    /// The feed, once the server said that it watches: what changes from here on is told.
    pub(crate) fn begin(stream: impl Read + Send + 'static) -> Result<Self, ClientError> {
        let mut feed = Self { lines: BufReader::new(Box::new(stream)), last_id: None };
        feed.line()?;
        Ok(feed)
    }

    /// The id of the last event, to go on from.
    #[must_use]
    pub fn last_id(&self) -> Option<u64> {
        self.last_id
    }

    /// Wait for the next event; `None` when the server ended the feed.
    ///
    /// # Errors
    /// [`ClientError::Broken`]
    pub fn next_event(&mut self) -> Result<Option<FeedEvent>, ClientError> {
        let (mut event, mut data) = (String::new(), String::new());
        while let Some(line) = self.line()? {
            if let Some(id) = field(&line, "id") {
                self.last_id = id.parse().ok().or(self.last_id);
            } else if let Some(name) = field(&line, "event") {
                event = name.to_owned();
            } else if let Some(text) = field(&line, "data") {
                data.push_str(text);
            } else if line.is_empty() {
                match event.as_str() {
                    EVENT_CHANGE => {
                        let change = serde_json::from_str(&data);
                        return Ok(Some(change.map_or(FeedEvent::Gap, FeedEvent::Change)));
                    }
                    EVENT_GAP => return Ok(Some(FeedEvent::Gap)),
                    // An event of a newer server, or the end of a comment.
                    _ => {
                        event.clear();
                        data.clear();
                    }
                }
            }
        }
        Ok(None)
    }

    fn line(&mut self) -> Result<Option<String>, ClientError> {
        let broken = |reason: &str| ClientError::Broken {
            address: "the change feed".to_owned(),
            reason: reason.to_owned(),
        };
        let mut line = String::new();
        let read = (&mut self.lines).take(LINE_BYTES_MAX).read_line(&mut line);
        match read {
            Err(error) => Err(broken(&error.to_string())),
            Ok(0) => Ok(None),
            Ok(_) if !line.ends_with('\n') => Err(broken("it ended within a line")),
            Ok(_) => Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned())),
        }
    }
}

fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let rest = line.strip_prefix(name)?.strip_prefix(':')?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(text: &'static str) -> Feed {
        Feed::begin(text.as_bytes()).expect("begins")
    }

    #[test]
    fn events_are_read_and_comments_passed_over() {
        let mut feed = feed(
            ": watching\n\nid: 7\nevent: change\ndata: {\"path\":\"secret/a\"}\n\n: still here\n\nevent: other\ndata: \
             x\n\nevent: gap\r\ndata: {}\r\n\r\n",
        );
        let change = FeedEvent::Change(Change { path: "secret/a".to_owned(), erased: false });
        assert_eq!(feed.next_event().expect("reads"), Some(change));
        assert_eq!(feed.last_id(), Some(7));
        assert_eq!(feed.next_event().expect("reads"), Some(FeedEvent::Gap));
        assert_eq!(feed.next_event().expect("reads"), None);
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        let long: &'static str = Box::leak("x".repeat(2 * 16_384).into_boxed_str());
        assert!(Feed::begin(long.as_bytes()).is_err());
        assert!(feed(": watching\nid: 7").next_event().is_err());
    }
}
