//! The server's log: a line for an event, as text on a terminal and as JSON elsewhere.
//!
//! Only events of our own crates are taken: those of the HTTP library hold header fields. Ours hold no header, body,
//! path, query or token. Control characters are escaped, so that nothing a client sends makes a line of its own.

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use strongroom_core::time::Clock;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};

/// The first letters of the targets that are logged.
const OURS: &str = "strongroom";

/// What is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// What the operator has to mend.
    Error,
    /// And what may become an error.
    Warn,
    /// And what happens to the server as a whole.
    #[default]
    Info,
    /// And every request: number, door, method, status, duration.
    Debug,
    /// And everything else.
    Trace,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `2026-11-24T08:12:51.042Z INFO the message key=value`
    Text,
    /// An object with `time`, `level`, `message` and the event's fields.
    Json,
}

/// The process has a log already.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log has been started already")]
pub struct AlreadyStarted;

/// Starts the process's log. A panic is logged from then on with its place, without its message, which can hold what a
/// client sent.
///
/// # Errors
/// [`AlreadyStarted`] when the process has one.
pub fn start(
    level: Level,
    format: Format,
    clock: Arc<dyn Clock>,
    sink: Box<dyn Write + Send>,
) -> Result<(), AlreadyStarted> {
    let log = Log { level: level.filter(), format, clock, sink: Mutex::new(sink) };
    tracing::subscriber::set_global_default(log).map_err(|_| AlreadyStarted)?;
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a thread panicked");
    }));
    Ok(())
}

struct Log {
    level: LevelFilter,
    format: Format,
    clock: Arc<dyn Clock>,
    sink: Mutex<Box<dyn Write + Send>>,
}

impl Level {
    /// The levels by name, as a configuration writes them.
    pub const NAMES: [(&str, Self); 5] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];

    fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

impl Format {
    /// Text when the standard error is a terminal, JSON otherwise.
    #[must_use]
    pub fn for_stderr() -> Self {
        if io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

impl Log {
    fn line(&self, event: &Event<'_>) -> String {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let time = self.clock.now();
        let level = event.metadata().level();
        let Fields { message, others } = fields;
        let mut line = String::with_capacity(128);
        // Writing to a string does not fail.
        let _ = match self.format {
            Format::Text => write!(line, "{time} {level} {}", Escaped(&message)),
            Format::Json => {
                write!(
                    line,
                    "{{\"time\":\"{time}\",\"level\":\"{level}\",\"message\":{}",
                    Json(&message)
                )
            }
        };
        for (name, value) in others {
            let _ = match self.format {
                Format::Text => write!(line, " {name}={}", Escaped(&value.0)),
                Format::Json if value.1 == Kind::Bare => {
                    write!(line, ",{}:{}", Json(name), value.0)
                }
                Format::Json => write!(line, ",{}:{}", Json(name), Json(&value.0)),
            };
        }
        line.push_str(if self.format == Format::Json { "}\n" } else { "\n" });
        line
    }
}

impl Subscriber for Log {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event()
            && metadata.target().starts_with(OURS)
            && *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn event(&self, event: &Event<'_>) {
        let line = self.line(event);
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere to tell that the log cannot be written.
        let _ = sink.write_all(line.as_bytes()).and_then(|()| sink.flush());
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        // Spans are not enabled; an identifier must not be zero.
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, (String, Kind))>,
}

/// Whether JSON has quotes around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bare,
    Text,
}

impl Fields {
    fn bare(&mut self, field: &Field, value: impl fmt::Display) {
        self.others.push((field.name(), (value.to_string(), Kind::Bare)));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.others.push((name, (value.to_owned(), Kind::Text))),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.record_str(field, &value.to_string());
    }
}

/// On one line, and no terminal's command.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character.is_control() {
                true => write!(formatter, "{}", character.escape_default())?,
                false => formatter.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// A string of JSON.
struct Json<'a>(&'a str);

impl fmt::Display for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self.0).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Shared, Still};

    fn logged(level: Level, format: Format, log: impl FnOnce()) -> String {
        let sink = Shared::default();
        let log_of = Log {
            level: level.filter(),
            format,
            clock: Arc::new(Still(0)),
            sink: Mutex::new(Box::new(sink.clone())),
        };
        tracing::subscriber::with_default(log_of, log);
        sink.text()
    }

    #[test]
    fn event_is_one_line_of_text_or_json() {
        let event = || tracing::info!(count = 7, name = "a\n\"b\"\u{1b}[1m", "a message");
        let text = logged(Level::Info, Format::Text, event);
        let wanted = "1970-01-01T00:00:00.000Z INFO a message count=7 name=a\\n\"b\"\\u{1b}[1m\n";
        assert_eq!(text, wanted);
        let json = logged(Level::Info, Format::Json, event);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["message"], "a message");
        assert_eq!(json["name"], "a\n\"b\"\u{1b}[1m");
        assert_eq!(json["level"], "INFO");
        assert_eq!(json["count"], 7);
    }

    #[test]
    fn what_is_below_the_level_or_of_others_is_not_logged() {
        let events = || {
            tracing::debug!("fine");
            tracing::error!(target: "h2::codec", authorization = "canary", "a frame");
            let span = tracing::error_span!("a span");
            let _entered = span.enter();
            tracing::warn!("told");
        };
        let text = logged(Level::Info, Format::Text, events);
        assert_eq!(text, "1970-01-01T00:00:00.000Z WARN told\n");
    }
}
