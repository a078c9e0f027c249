//! Points in time and spans of it, as stored.

use std::fmt;

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

    /// RFC 3339 in UTC with milliseconds: `2026-11-24T08:12:51.042Z`.
    ///
    /// The date is Howard Hinnant's `civil_from_days`
    /// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>), valid to the year 9999.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        self.to_string()
    }

    fn civil(self) -> (u64, u64, u64) {
        let days = self.0 / 86_400_000 + 719_468;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
        let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
        (year_of_era + era * 400 + u64::from(month <= 2), month, day)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        let millisecond = self.0 % 86_400_000;
        let (hour, minute) = (millisecond / 3_600_000, millisecond / 60_000 % 60);
        let (second, fraction) = (millisecond / 1_000 % 60, millisecond % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_as_rfc_3339() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_799_999, "2024-02-28T23:59:59.999Z"),
            (1_795_507_971_042, "2026-11-24T08:12:51.042Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(milliseconds).to_string(), text);
        }
    }

    #[test]
    fn adding_a_span_counts_seconds_and_stops_at_the_end_of_time() {
        assert_eq!(Timestamp(5).plus(Seconds(2)), Timestamp(2_005));
        assert_eq!(Timestamp(5).plus(Seconds(u64::MAX)), Timestamp(u64::MAX));
    }
}
