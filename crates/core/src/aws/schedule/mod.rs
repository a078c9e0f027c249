//! When a secret rotates: `AutomaticallyAfterDays`, `rate(…)` and `cron(…)`, in UTC.
//!
//! A rotation happens within a window. It opens on the hour, and closes after `Duration`, or after one hour for schedules
//! that open several times a day, or else with the UTC day. `NextRotationDate` is when it closes.
//!
//! Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html> and
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html>. What is said of both
//! sides of a day's end for hours that do not divide it is not documented: such a window closes with the day.

mod cron;
#[cfg(test)]
mod tests;

use cron::Cron;

use crate::time::Timestamp;

/// The longest expression, in characters.
pub const EXPRESSION_CHARS_MAX: usize = 256;
/// The most days of `AutomaticallyAfterDays` and of a rate.
pub const DAYS_MAX: u64 = 1_000;
/// The fewest hours between two windows.
pub const HOURS_BETWEEN_MIN: u64 = 4;
const MILLISECONDS_PER_HOUR: u64 = 3_600_000;
const HOURS_PER_DAY: u64 = 24;

/// What `RotationRules` say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationRules {
    every: Every,
    duration_hours: Option<u64>,
    expression: Option<String>,
}

/// From when to when a secret rotates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment.
    pub opens: Timestamp,
    /// The last second: `NextRotationDate`.
    pub closes: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Every {
    Days(u64),
    Hours(u64),
    Cron(Cron),
}

/// Why rules are refused: `InvalidParameterException`. `Display` is the message that is sent; only that of `Both` is known
/// from AWS itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Days and an expression.
    #[error("You cannot specify both rotation frequency and schedule expression together.")]
    Both,
    /// Neither.
    #[error(
        "You must specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules."
    )]
    Neither,
    /// Not 1 to [`DAYS_MAX`].
    #[error("RotationRules.AutomaticallyAfterDays must be within 1-{DAYS_MAX}.")]
    Days,
    /// The expression is none.
    #[error("The ScheduleExpression is not valid: {0}.")]
    Expression(ExpressionProblem),
    /// The duration is none, is longer than a window can be, or reaches into the next day or window.
    #[error(
        "The Duration is not valid: it is written like 3h, and the rotation window must not extend into the next rotation \
         window or the next UTC day."
    )]
    Duration,
}

/// What is wrong in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionProblem {
    /// It is neither `rate(…)` nor `cron(…)`, too long, or has characters that none has.
    #[error(
        "it is written rate(value unit) or cron(minutes hours day-of-month month day-of-week year)"
    )]
    Form,
    /// A rate is not of hours or days, or out of range.
    #[error("a rate is at least 4 hours and at most {DAYS_MAX} days")]
    Rate,
    /// The minutes are not 0.
    #[error("the minutes must be 0")]
    Minutes,
    /// A field is none.
    #[error("the {0} can't be read")]
    Field(&'static str),
    /// Both days or neither.
    #[error("one of day-of-month and day-of-week, and only one, must be ?")]
    Days,
    /// The year is not `*`.
    #[error("the year must be *")]
    Year,
    /// Windows are less than [`HOURS_BETWEEN_MIN`] hours apart.
    #[error("rotations must be at least 4 hours apart")]
    TooOften,
    /// There is no such day in any year.
    #[error("there is no such day")]
    Never,
}

impl RotationRules {
    /// Reads `RotationRules`.
    ///
    /// # Errors
    /// [`RulesError`]
    pub fn new(
        automatically_after_days: Option<i64>,
        expression: Option<&str>,
        duration: Option<&str>,
    ) -> Result<Self, RulesError> {
        let every = match (automatically_after_days, expression) {
            (Some(_), Some(_)) => return Err(RulesError::Both),
            (None, None) => return Err(RulesError::Neither),
            (Some(days), None) => {
                let days = u64::try_from(days).map_err(|_| RulesError::Days)?;
                if days == 0 || days > DAYS_MAX {
                    return Err(RulesError::Days);
                }
                Every::Days(days)
            }
            (None, Some(text)) => Every::parse(text).map_err(RulesError::Expression)?,
        };
        let duration_hours = duration.map(parse_duration).transpose()?;
        if duration_hours.is_some_and(|hours| hours > every.duration_hours_max()) {
            return Err(RulesError::Duration);
        }
        Ok(Self { every, duration_hours, expression: expression.map(str::to_owned) })
    }

    /// `ScheduleExpression`, as it was written.
    #[must_use]
    pub fn expression(&self) -> Option<&str> {
        self.expression.as_deref()
    }

    /// `Duration`, `3h`.
    #[must_use]
    pub fn duration(&self) -> Option<String> {
        self.duration_hours.map(|hours| format!("{hours}h"))
    }

    /// The first window that opens after the last rotation and is not over at `after`; `None` beyond the calendar. A value
    /// that was put by hand counts as a rotation.
    #[must_use]
    pub fn next_window(&self, after: Timestamp, last_rotated: Timestamp) -> Option<Window> {
        let mut from = last_rotated.0 / MILLISECONDS_PER_HOUR;
        // A window that is long over is not looked at: none is longer than a day.
        let recent = (after.0 / MILLISECONDS_PER_HOUR).saturating_sub(2 * HOURS_PER_DAY);
        let origin_day = from / HOURS_PER_DAY;
        from = from.max(recent);
        for _ in 0..=3 * HOURS_PER_DAY {
            let opens = self.every.next_opening(from, origin_day)?;
            let window = self.window(opens);
            if window.closes > after && window.opens > last_rotated {
                return Some(window);
            }
            from = opens;
        }
        None
    }

    /// `NextRotationDate`: the last moment of the next window.
    #[must_use]
    pub fn next_date(&self, after: Timestamp, last_rotated: Timestamp) -> Option<Timestamp> {
        self.next_window(after, last_rotated).map(|window| window.closes)
    }

    /// `AutomaticallyAfterDays` as descriptions report it, computed from the schedule: whole days between the next two
    /// windows, at least 1.
    #[must_use]
    pub fn days_between(&self, after: Timestamp) -> u64 {
        let hours = match &self.every {
            Every::Days(days) => return *days,
            Every::Hours(hours) => *hours,
            Every::Cron(cron) => {
                let first = cron.next_opening(after.0 / MILLISECONDS_PER_HOUR);
                let second = first.and_then(|hour| cron.next_opening(hour));
                first.zip(second).map_or(0, |(first, second)| second - first)
            }
        };
        hours.div_ceil(HOURS_PER_DAY).max(1)
    }

    fn window(&self, opens: u64) -> Window {
        let day_ends = (opens / HOURS_PER_DAY + 1) * HOURS_PER_DAY;
        let closes = match self.duration_hours {
            Some(hours) => opens + hours,
            None if self.every.opens_several_times_a_day() => opens + 1,
            None => day_ends,
        };
        Window {
            opens: Timestamp(opens.saturating_mul(MILLISECONDS_PER_HOUR)),
            closes: Timestamp(
                closes.min(day_ends).saturating_mul(MILLISECONDS_PER_HOUR).saturating_sub(1_000),
            ),
        }
    }
}

impl Every {
    fn parse(text: &str) -> Result<Self, ExpressionProblem> {
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b"()#?*-/, ".contains(&c);
        if text.len() > EXPRESSION_CHARS_MAX || !text.bytes().all(allowed) {
            return Err(ExpressionProblem::Form);
        }
        let (kind, inner) = text
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
            .ok_or(ExpressionProblem::Form)?;
        match kind {
            "rate" => Self::parse_rate(inner),
            "cron" => Cron::parse(inner).map(Self::Cron),
            _ => Err(ExpressionProblem::Form),
        }
    }

    fn parse_rate(inner: &str) -> Result<Self, ExpressionProblem> {
        let (value, unit) = inner.split_once(' ').ok_or(ExpressionProblem::Rate)?;
        let digits = !value.is_empty() && value.bytes().all(|c| c.is_ascii_digit());
        let value = value.parse::<u64>().ok().filter(|_| digits).ok_or(ExpressionProblem::Rate)?;
        match unit {
            "hour" | "hours" if (HOURS_BETWEEN_MIN..=DAYS_MAX * HOURS_PER_DAY).contains(&value) => {
                Ok(Self::Hours(value))
            }
            "day" | "days" if (1..=DAYS_MAX).contains(&value) => Ok(Self::Days(value)),
            _ => Err(ExpressionProblem::Rate),
        }
    }

    /// The first hour (since 1970) after `from` at which a window opens. Rates count from midnight of the day of the last
    /// rotation.
    fn next_opening(&self, from: u64, origin_day: u64) -> Option<u64> {
        let origin = origin_day * HOURS_PER_DAY;
        let step = match self {
            Self::Cron(cron) => return cron.next_opening(from),
            Self::Days(days) => days * HOURS_PER_DAY,
            Self::Hours(hours) => *hours,
        };
        let steps = from.checked_sub(origin)? / step + 1;
        origin.checked_add(steps.checked_mul(step)?)
    }

    fn opens_several_times_a_day(&self) -> bool {
        match self {
            Self::Days(_) => false,
            Self::Hours(hours) => *hours < HOURS_PER_DAY,
            Self::Cron(cron) => cron.hours().count() > 1,
        }
    }

    /// How long a window can be without reaching into the next one or the next day.
    fn duration_hours_max(&self) -> u64 {
        match self {
            Self::Days(_) => HOURS_PER_DAY,
            Self::Hours(hours) => (*hours).min(HOURS_PER_DAY),
            Self::Cron(cron) => {
                let last = cron.hours().max().unwrap_or_default();
                cron.hours_between_min().min(HOURS_PER_DAY - last)
            }
        }
    }
}

/// `[0-9]+h`, two or three characters.
fn parse_duration(text: &str) -> Result<u64, RulesError> {
    let digits = text.strip_suffix('h').ok_or(RulesError::Duration)?;
    let good = (1..=2).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_digit());
    let hours = digits.parse::<u64>().ok().filter(|hours| good && *hours > 0);
    hours.ok_or(RulesError::Duration)
}
