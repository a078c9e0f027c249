//! AWS's six fields: `minutes hours day-of-month month day-of-week year`.

use super::{ExpressionProblem, HOURS_BETWEEN_MIN, HOURS_PER_DAY};
use crate::time::{civil_from_days, days_from_civil};

/// The longest that a day can be away: the fifth Monday of a February comes every 28 years, and 40 around 2100.
const DAYS_AHEAD_MAX: u64 = 41 * 366;
/// 2000-01-01, from where a day is looked for that the expression names.
const SOME_DAY: u64 = 10_957;
const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const SATURDAY: u64 = 7;

/// A schedule: each field's values as bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cron {
    hours: u64,
    months: u64,
    days: Vec<Day>,
}

/// A day that is meant; one of them is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    /// Days of the month.
    OfMonth(u64),
    /// `L`
    LastOfMonth,
    /// `LW`
    LastWorkday,
    /// `15W`: the workday nearest to it, in the same month.
    NearestWorkday(u64),
    /// Days of the week, 1 for Sunday.
    OfWeek(u64),
    /// `6L`: the last Friday of the month.
    LastWeekday(u64),
    /// `6#2`: the second Friday.
    NthWeekday(u64, u64),
}

/// A day of the calendar.
struct Date {
    month: u64,
    day: u64,
    /// How many days the month has.
    length: u64,
    /// 1 for Sunday.
    weekday: u64,
}

struct Field {
    name: &'static str,
    first: u64,
    last: u64,
    names: &'static [&'static str],
}

impl Cron {
    pub(super) fn parse(inner: &str) -> Result<Self, ExpressionProblem> {
        let fields: Vec<&str> = inner.split(' ').filter(|field| !field.is_empty()).collect();
        let &[minutes, hours, of_month, months, of_week, year] = fields.as_slice() else {
            return Err(ExpressionProblem::Form);
        };
        if minutes != "0" {
            return Err(ExpressionProblem::Minutes);
        }
        if year != "*" {
            return Err(ExpressionProblem::Year);
        }
        let hours = Field { name: "hours", first: 0, last: 23, names: &[] }.bits(hours)?;
        let months = Field { name: "month", first: 1, last: 12, names: &MONTHS }.bits(months)?;
        let days = match (of_month, of_week) {
            ("?", "?") => return Err(ExpressionProblem::Days),
            (listed, "?") => listed.split(',').map(day_of_month).collect::<Result<_, _>>()?,
            ("?", listed) => listed.split(',').map(day_of_week).collect::<Result<_, _>>()?,
            _ => return Err(ExpressionProblem::Days),
        };
        let cron = Self { hours, months, days };
        if cron.hours_between_min() < HOURS_BETWEEN_MIN {
            return Err(ExpressionProblem::TooOften);
        }
        cron.next_opening(SOME_DAY * HOURS_PER_DAY).ok_or(ExpressionProblem::Never)?;
        Ok(cron)
    }

    /// The first hour (since 1970) after `from`.
    pub(super) fn next_opening(&self, from: u64) -> Option<u64> {
        let today = from / HOURS_PER_DAY;
        let mut days = (today..=today.checked_add(DAYS_AHEAD_MAX)?).filter(|day| self.has(*day));
        days.find_map(|day| {
            let hours = self.hours().map(|hour| day * HOURS_PER_DAY + hour);
            hours.into_iter().find(|hour| *hour > from)
        })
    }

    /// The hours of a day, ascending.
    pub(super) fn hours(&self) -> impl Iterator<Item = u64> {
        (0..HOURS_PER_DAY).filter(|hour| self.hours >> hour & 1 == 1)
    }

    /// The fewest hours between two windows, if every day had them.
    pub(super) fn hours_between_min(&self) -> u64 {
        let hours: Vec<u64> = self.hours().collect();
        let next = hours.iter().skip(1).copied().chain(hours.first().map(|hour| hour + 24));
        hours.iter().zip(next).map(|(hour, next)| next - hour).min().unwrap_or(HOURS_PER_DAY)
    }

    fn has(&self, days: u64) -> bool {
        let (year, month, day) = civil_from_days(days);
        let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let Some(next) = days_from_civil(next_year, next_month, 1) else { return false };
        let length = next + day - 1 - days;
        // 1970-01-01 was a Thursday.
        let date = Date { month, day, length, weekday: (days + 4) % 7 + 1 };
        self.months >> date.month & 1 == 1 && self.days.iter().any(|wanted| wanted.is(&date))
    }
}

impl Day {
    fn is(self, date: &Date) -> bool {
        match self {
            Self::OfMonth(days) => days >> date.day & 1 == 1,
            Self::LastOfMonth => date.day == date.length,
            Self::LastWorkday => date.day == date.nearest_workday(date.length),
            Self::NearestWorkday(day) => {
                day <= date.length && date.day == date.nearest_workday(day)
            }
            Self::OfWeek(days) => days >> date.weekday & 1 == 1,
            Self::LastWeekday(weekday) => date.weekday == weekday && date.day + 7 > date.length,
            Self::NthWeekday(weekday, nth) => {
                date.weekday == weekday && (date.day - 1) / 7 + 1 == nth
            }
        }
    }
}

impl Date {
    /// The workday nearest to a day of this month, in this month.
    fn nearest_workday(&self, day: u64) -> u64 {
        match (self.weekday + 35 + day - self.day - 1) % 7 + 1 {
            1 if day == self.length => day - 2,
            1 => day + 1,
            SATURDAY if day == 1 => day + 2,
            SATURDAY => day - 1,
            _ => day,
        }
    }
}

const OF_MONTH: Field = Field { name: "day-of-month", first: 1, last: 31, names: &[] };
const OF_WEEK: Field = Field { name: "day-of-week", first: 1, last: 7, names: &WEEKDAYS };

fn day_of_month(text: &str) -> Result<Day, ExpressionProblem> {
    match (text, text.strip_suffix('W')) {
        ("L", _) => Ok(Day::LastOfMonth),
        ("LW", _) => Ok(Day::LastWorkday),
        (_, Some(day)) => OF_MONTH.value(day).map(Day::NearestWorkday),
        _ => OF_MONTH.bits(text).map(Day::OfMonth),
    }
}

fn day_of_week(text: &str) -> Result<Day, ExpressionProblem> {
    if text == "L" {
        return Ok(Day::OfWeek(1 << SATURDAY));
    }
    if let Some((weekday, nth)) = text.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth));
        let nth = nth.ok_or(ExpressionProblem::Field(OF_WEEK.name))?;
        return OF_WEEK.value(weekday).map(|weekday| Day::NthWeekday(weekday, nth));
    }
    match text.strip_suffix('L') {
        Some(weekday) => OF_WEEK.value(weekday).map(Day::LastWeekday),
        None => OF_WEEK.bits(text).map(Day::OfWeek),
    }
}

impl Field {
    /// The values of a list of `*`, `5`, `1-5`, `*/4`, `8-20/4`, `2/10`, `/12`.
    fn bits(&self, text: &str) -> Result<u64, ExpressionProblem> {
        let mut bits = 0;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                None => (part, None),
                Some((range, step)) => {
                    let step = step.parse::<usize>().ok().filter(|step| (1..=31).contains(step));
                    (range, Some(step.ok_or_else(|| self.problem())?))
                }
            };
            let (from, to) = match (range, range.split_once('-')) {
                ("*", _) => (self.first, self.last),
                ("", _) if step.is_some() => (self.first, self.last),
                (_, Some((from, to))) => (self.value(from)?, self.value(to)?),
                (value, None) if step.is_some() => (self.value(value)?, self.last),
                (value, None) => (self.value(value)?, self.value(value)?),
            };
            if from > to {
                return Err(self.problem());
            }
            bits |= (from..=to).step_by(step.unwrap_or(1)).fold(0, |bits, value| bits | 1 << value);
        }
        Ok(bits)
    }

    fn value(&self, text: &str) -> Result<u64, ExpressionProblem> {
        let named =
            self.names.iter().zip(self.first..).find(|(name, _)| name.eq_ignore_ascii_case(text));
        let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let number = || text.parse().ok().filter(|_| digits);
        let value = named.map(|(_, value)| value).or_else(number);
        let known = value.filter(|value| (self.first..=self.last).contains(value));
        known.ok_or_else(|| self.problem())
    }

    fn problem(&self) -> ExpressionProblem {
        ExpressionProblem::Field(self.name)
    }
}
