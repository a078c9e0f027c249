//! Durations as Vault writes them: `300`, `"300"`, `"10s"`, `"1h30m"`, `"1.5h"`, `"2d"`.

use std::time::Duration;

/// The longest duration: a hundred years, so that sums of times cannot overflow.
pub const DURATION_MAX: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

const NANOSECONDS_PER_SECOND: u128 = 1_000_000_000;
const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", NANOSECONDS_PER_SECOND),
    ("m", 60 * NANOSECONDS_PER_SECOND),
    ("h", 3_600 * NANOSECONDS_PER_SECOND),
    ("d", 86_400 * NANOSECONDS_PER_SECOND),
];

/// The span that a text says; whole seconds where it names no unit. `None` when the text is no duration, is negative or is longer than [`DURATION_MAX`].
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Ok(seconds) = text.parse::<u64>() {
        return within_limit(u128::from(seconds).checked_mul(NANOSECONDS_PER_SECOND)?);
    }
    let mut rest = text;
    let mut nanoseconds = 0_u128;
    while !rest.is_empty() {
        let (whole, after_whole) = split_digits(rest);
        let (fraction, after_number) = match after_whole.strip_prefix('.') {
            Some(after_point) => split_digits(after_point),
            None => ("", after_whole),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let unit_end = after_number
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after_number.len());
        let (unit, after_unit) = after_number.split_at_checked(unit_end)?;
        let (_, scale) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
        let whole = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()? };
        nanoseconds = nanoseconds
            .checked_add(u128::from(whole).checked_mul(scale)?)?
            .checked_add(fraction_of(fraction, scale)?)?;
        rest = after_unit;
    }
    within_limit(nanoseconds)
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn fraction_of(digits: &str, scale: u128) -> Option<u128> {
    if digits.is_empty() {
        return Some(0);
    }
    let divisor = 10_u128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    Some(digits.parse::<u128>().ok()?.checked_mul(scale)? / divisor)
}

fn within_limit(nanoseconds: u128) -> Option<Duration> {
    let seconds = u64::try_from(nanoseconds / NANOSECONDS_PER_SECOND).ok()?;
    let rest = u32::try_from(nanoseconds % NANOSECONDS_PER_SECOND).ok()?;
    Some(Duration::new(seconds, rest)).filter(|duration| *duration <= DURATION_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vaults_ways_to_write_a_duration_are_read() {
        for (text, milliseconds) in [
            ("0", 0),
            ("300", 300_000),
            ("10s", 10_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("30m0s", 1_800_000),
            ("1.5h", 5_400_000),
            (".5s", 500),
            ("250ms", 250),
            ("2d", 172_800_000),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", " ", "-1", "-5s", "s", "5x", "1h30", ".s", "1e3", "5 s", "9999999999d"] {
            assert_eq!(parse_duration(text), None, "{text:?}");
        }
        let digits = "9".repeat(400);
        assert_eq!(parse_duration(&digits), None);
        assert_eq!(parse_duration(&format!("0.{digits}s")), None);
    }
}
