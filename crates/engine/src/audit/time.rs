const MILLISECONDS_PER_DAY: u64 = 86_400_000;
/// The last millisecond of the year 9999, the last that RFC 3339 can say.
const TIME_MAX: u64 = 253_402_300_799_999;

/// Append a time, in milliseconds since 1970-01-01T00:00:00Z, as RFC 3339 in UTC with milliseconds: always 24
/// bytes, so that texts order as times do. Later times than the year 9999 are written as its last millisecond.
pub fn push_time(buffer: &mut Vec<u8>, unix_milliseconds: u64) {
    let time = unix_milliseconds.min(TIME_MAX);
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

/// The year, month and day of the Gregorian calendar that lies `days` after 1970-01-01. The algorithm is
/// `civil_from_days` of <https://howardhinnant.github.io/date_algorithms.html>: years begin in March, so that
/// the leap day is the last of its year.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
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

    fn rendered(time: u64) -> String {
        let mut buffer = Vec::new();
        push_time(&mut buffer, time);
        String::from_utf8(buffer).unwrap()
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
            let (year, month, day) = expected;
            expected = match (month, day == length(year, month)) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }
}
