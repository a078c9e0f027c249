//! Times as they are signed: `20150830T123600Z`.

use std::fmt;
use std::str::FromStr;

use crate::time::{Timestamp, civil_from_days, days_from_civil};

const SECONDS_PER_DAY: u64 = 86_400;

/// A time in whole seconds, in ISO 8601's basic format (`X-Amz-Date`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SigningTime {
    seconds: u64,
}

/// A text is not `YYYYMMDDThhmmssZ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signing time is written YYYYMMDDThhmmssZ")]
pub struct DateError;

impl SigningTime {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.seconds
    }

    /// The day, as in a credential's scope: `YYYYMMDD`.
    #[must_use]
    pub fn day(self) -> String {
        let (year, month, day) = civil_from_days(self.seconds / SECONDS_PER_DAY);
        format!("{year:04}{month:02}{day:02}")
    }

    pub(super) fn later(self, seconds: u64) -> Self {
        Self { seconds: self.seconds.saturating_add(seconds) }
    }

    pub(super) fn earlier(self, seconds: u64) -> Self {
        Self { seconds: self.seconds.saturating_sub(seconds) }
    }
}

impl From<Timestamp> for SigningTime {
    fn from(time: Timestamp) -> Self {
        Self { seconds: time.0 / 1_000 }
    }
}

impl FromStr for SigningTime {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes: &[u8; 16] = text.as_bytes().try_into().map_err(|_| DateError)?;
        let [date @ .., b'Z'] = bytes else { return Err(DateError) };
        let mut numbers = [0_u64; 14];
        let mut digits = numbers.iter_mut();
        for (at, byte) in date.iter().enumerate() {
            match (at, byte) {
                (8, b'T') => {}
                (8, _) => return Err(DateError),
                (_, b'0'..=b'9') => *digits.next().ok_or(DateError)? = u64::from(byte - b'0'),
                _ => return Err(DateError),
            }
        }
        let [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2] = numbers;
        let year = y1 * 1_000 + y2 * 100 + y3 * 10 + y4;
        let (hours, minutes, seconds) = (h1 * 10 + h2, n1 * 10 + n2, s1 * 10 + s2);
        if hours > 23 || minutes > 59 || seconds > 59 {
            return Err(DateError);
        }
        let days = days_from_civil(year, m1 * 10 + m2, d1 * 10 + d2).ok_or(DateError)?;
        let seconds = days * SECONDS_PER_DAY + hours * 3_600 + minutes * 60 + seconds;
        Ok(Self { seconds })
    }
}

impl fmt::Display for SigningTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.seconds % SECONDS_PER_DAY;
        let (hours, minutes, seconds) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
        write!(f, "{}T{hours:02}{minutes:02}{seconds:02}Z", self.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_time_is_read_and_written() {
        let time: SigningTime = "20150830T123600Z".parse().unwrap();
        assert_eq!(time.seconds(), 1_440_938_160);
        assert_eq!(time.to_string(), "20150830T123600Z");
        assert_eq!(time.day(), "20150830");
        assert_eq!(SigningTime::from(Timestamp(1_440_938_160_999)), time);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "20150830",
            "20150830T123600",
            "20150830T123600z",
            "20150830 123600Z",
            "20151330T123600Z",
            "20150230T123600Z",
            "20150830T243600Z",
            "20150830T126000Z",
            "20150830T123660Z",
            "+0150830T123600Z",
            "19691231T235959Z",
            "20150830T12360éZ",
        ] {
            assert_eq!(text.parse::<SigningTime>(), Err(DateError), "{text}");
        }
    }
}
