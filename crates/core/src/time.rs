//! Points in time and spans of it, as stored.

use std::fmt;

const MILLISECONDS_PER_DAY: u64 = 86_400_000;
/// The last millisecond of the year 9999, the last that RFC 3339 can say.
const RFC3339_MAX: u64 = 253_402_300_799_999;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub u64);

/// A span of whole seconds.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Seconds(#[n(0)] pub u64);

/// Where the time comes from. The composition root has the system's; tests have one they move.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Microseconds since some fixed moment, never going back: for durations.
    fn elapsed_micros(&self) -> u64;
}

impl Timestamp {
    /// This point plus a span; the end of time when it would overflow.
    #[must_use]
    pub fn plus(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.0.saturating_mul(1_000)))
    }

    /// The time that [`Self::push_rfc3339`] wrote; `None` for anything else.
    #[must_use]
    pub fn parse_rfc3339(text: &[u8]) -> Option<Self> {
        let text: &[u8; 24] = text.try_into().ok()?;
        let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', rest @ ..] = *text else {
            return None;
        };
        let [h0, h1, b':', n0, n1, b':', s0, s1, b'.', f0, f1, f2, b'Z'] = rest else {
            return None;
        };
        let date = (digits(&[y0, y1, y2, y3])?, digits(&[m0, m1])?, digits(&[d0, d1])?);
        let time = (digits(&[h0, h1])?, digits(&[n0, n1])?, digits(&[s0, s1])?);
        Some(Self(Self::from_civil(date, time)?.0 + digits(&[f0, f1, f2])?))
    }

    /// The second that begins at this time of the Gregorian calendar, in UTC. `None` for what is no time of it, or
    /// before 1970.
    #[must_use]
    pub fn from_civil(date: (u64, u64, u64), time: (u64, u64, u64)) -> Option<Self> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_from_civil(year, month, day)?;
        let seconds = hour * 3_600 + minute * 60 + second;
        Some(Self(days * MILLISECONDS_PER_DAY + seconds * 1_000))
    }

    /// Append it as RFC 3339 in UTC with milliseconds, `2026-11-24T08:12:51.042Z`: always 24 bytes, so that texts
    /// order as times do. Later times than the year 9999 are written as its last millisecond.
    pub fn push_rfc3339(self, buffer: &mut Vec<u8>) {
        let time = self.0.min(RFC3339_MAX);
        let (year, month, day) = civil_from_days(time / MILLISECONDS_PER_DAY);
        let milliseconds = time % MILLISECONDS_PER_DAY;
        let seconds = milliseconds / 1_000;
        push_digits::<4>(buffer, year);
        buffer.push(b'-');
        push_digits::<2>(buffer, month);
        buffer.push(b'-');
        push_digits::<2>(buffer, day);
        buffer.push(b'T');
        push_digits::<2>(buffer, seconds / 3_600);
        buffer.push(b':');
        push_digits::<2>(buffer, seconds / 60 % 60);
        buffer.push(b':');
        push_digits::<2>(buffer, seconds % 60);
        buffer.push(b'.');
        push_digits::<3>(buffer, milliseconds % 1_000);
        buffer.push(b'Z');
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = Vec::with_capacity(24);
        self.push_rfc3339(&mut buffer);
        f.write_str(std::str::from_utf8(&buffer).map_err(|_| fmt::Error)?)
    }
}

/// The year, month and day of the Gregorian calendar that lies `days` after 1970-01-01. The algorithm is
/// `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>: years begin in March, so that
/// the leap day is the last of its year.
pub(crate) fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

fn digits(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0_u64, |number, byte| {
        byte.is_ascii_digit().then(|| number * 10 + u64::from(byte - b'0'))
    })
}

/// How many days after 1970-01-01 a date of the Gregorian calendar lies, or `None` where there is no such date or it is
/// earlier. The inverse of [`civil_from_days`].
pub(crate) fn days_from_civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if year > 9_999 || !(1..=31).contains(&day) {
        return None;
    }
    let month_from_march = match month {
        3..=12 => month - 3,
        1 | 2 => month + 9,
        _ => return None,
    };
    let year_from_march = year.checked_sub(u64::from(month <= 2))?;
    let era = year_from_march / 400;
    let year_of_era = year_from_march % 400;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

fn push_digits<const COUNT: usize>(buffer: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; COUNT];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    buffer.extend_from_slice(&digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_back_from_its_text_and_nothing_else_is() {
        for time in [0, 1, 951_782_399_999, 951_782_400_000, 1_790_000_000_123, RFC3339_MAX] {
            let text = rendered(time);
            assert_eq!(Timestamp::parse_rfc3339(text.as_bytes()), Some(Timestamp(time)), "{text}");
        }
        for bad in [
            "",
            "2026-02-29T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:60:00.000Z",
            "2026-01-01T00:00:60.000Z",
            "1969-12-31T23:59:59.999Z",
            "0000-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00.00+Z",
            "2026-01-01T00:00:00.000z",
            "2026-01-01T00:00:00.000Z ",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(bad.as_bytes()), None, "{bad}");
        }
    }

    fn rendered(time: u64) -> String {
        Timestamp(time).to_string()
    }

    #[test]
    fn times_are_those_that_date_prints() {
        // From `date -u -d @SECONDS +%FT%T`.
        for (time, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_001, "2000-03-01T00:00:00.001Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
            (1_767_323_045_678, "2026-01-02T03:04:05.678Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rendered(time), text);
        }
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let length = |year: u64, month: u64| match month {
            2 if year.is_multiple_of(4)
                && (!year.is_multiple_of(100) || year.is_multiple_of(400)) =>
            {
                29
            }
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let mut expected = (1970, 1, 1);
        for days in 0..146_097 {
            assert_eq!(civil_from_days(days), expected);
            let midnight = Timestamp(days * MILLISECONDS_PER_DAY);
            assert_eq!(Timestamp::from_civil(expected, (0, 0, 0)), Some(midnight));
            let (year, month, day) = expected;
            assert_eq!(days_from_civil(year, month, day), Some(days));
            assert_eq!(days_from_civil(year, month, length(year, month) + 1), None);
            assert_eq!(days_from_civil(year, month, u64::MAX), None);
            expected = match (month, day == length(year, month)) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn what_is_no_time_of_the_calendar_is_none() {
        let noon = (12, 30, 45);
        let time = Timestamp::from_civil((2026, 1, 2), (3, 4, 5));
        assert_eq!(time, Some(Timestamp(1_767_323_045_000)));
        for date in [(2026, 2, 29), (2026, 4, 31), (2026, 1, 0), (2026, 0, 1), (2026, 13, 1)] {
            assert_eq!(Timestamp::from_civil(date, noon), None, "{date:?}");
        }
        for date in [(1969, 12, 31), (10_000, 1, 1), (2026, 1, u64::from(u32::MAX))] {
            assert_eq!(Timestamp::from_civil(date, noon), None, "{date:?}");
        }
        for time in [(24, 0, 0), (0, 60, 0), (0, 0, 60)] {
            assert_eq!(Timestamp::from_civil((2026, 1, 1), time), None, "{time:?}");
        }
    }

    #[test]
    fn adding_a_span_counts_seconds_and_stops_at_the_end_of_time() {
        assert_eq!(Timestamp(5).plus(Seconds(2)), Timestamp(2_005));
        assert_eq!(Timestamp(5).plus(Seconds(u64::MAX)), Timestamp(u64::MAX));
    }
}
