//! Windows of schedules that the documentation shows, every refusal, and the calendar beside a plain reading.

use proptest::prelude::*;

use super::*;
use crate::time::days_from_civil;

fn rules(expression: &str) -> RotationRules {
    RotationRules::new(None, Some(expression), None)
        .unwrap_or_else(|error| panic!("{expression}: {error}"))
}

/// `2026-01-02T03:04:05Z`
fn time(text: &str) -> Timestamp {
    let digits: Vec<u64> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().unwrap())
        .collect();
    let days = days_from_civil(digits[0], digits[1], digits[2]).unwrap();
    Timestamp(((days * 24 + digits[3]) * 3_600 + digits[4] * 60 + digits[5]) * 1_000)
}

/// The next windows, as `2026-01-02T03 to 2026-01-02T04`.
fn windows(rules: &RotationRules, from: &str, count: usize) -> Vec<String> {
    let mut at = time(from);
    let hour = |time: Timestamp| time.to_string()[..13].to_owned();
    let windows = (0..count).map(|_| {
        let window = rules.next_window(at, at).unwrap();
        at = window.opens;
        format!("{} to {}", hour(window.opens), hour(Timestamp(window.closes.0 + 1_000)))
    });
    windows.collect()
}

fn openings(expression: &str, from: &str, count: usize) -> Vec<String> {
    let windows = windows(&rules(expression), from, count);
    windows.iter().map(|window| window[..13].to_owned()).collect()
}

#[test]
fn days_open_at_midnight_and_close_with_the_day() {
    for rules in [rules("rate(10 days)"), RotationRules::new(Some(10), None, None).unwrap()] {
        assert_eq!(
            windows(&rules, "2026-01-05T13:14:15Z", 2),
            ["2026-01-15T00 to 2026-01-16T00", "2026-01-25T00 to 2026-01-26T00"]
        );
        let date = rules.next_date(time("2026-01-05T13:14:15Z"), time("2026-01-05T13:14:15Z"));
        assert_eq!(date.unwrap().to_string(), "2026-01-15T23:59:59.000Z");
        assert_eq!(rules.days_between(time("2026-01-05T13:14:15Z")), 10);
    }
}

#[test]
fn hours_open_from_midnight_for_an_hour_unless_a_duration_is_given() {
    assert_eq!(
        windows(&rules("rate(8 hours)"), "2026-01-05T13:14:15Z", 3),
        [
            "2026-01-05T16 to 2026-01-05T17",
            "2026-01-06T00 to 2026-01-06T01",
            "2026-01-06T08 to 2026-01-06T09"
        ]
    );
    let three = RotationRules::new(None, Some("rate(8 hours)"), Some("3h")).unwrap();
    assert_eq!(windows(&three, "2026-01-05T13:14:15Z", 1), ["2026-01-05T16 to 2026-01-05T19"]);
    assert_eq!(three.duration().as_deref(), Some("3h"));
    assert_eq!(three.expression(), Some("rate(8 hours)"));
    let odd = RotationRules::new(None, Some("rate(10 hours)"), Some("9h")).unwrap();
    assert_eq!(windows(&odd, "2026-01-05T13:14:15Z", 1), ["2026-01-05T20 to 2026-01-06T00"]);
    assert_eq!(odd.days_between(Timestamp(0)), 1);
}

/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html>
#[test]
fn the_schedules_of_the_documentation_are_read() {
    for (expression, expected) in [
        ("cron(0 /12 * * ? *)", ["2026-01-06T00", "2026-01-06T12", "2026-01-07T00"]),
        ("cron(0 2/10 * * ? *)", ["2026-01-05T22", "2026-01-06T02", "2026-01-06T12"]),
        ("cron(0 8-20/4 ? * * *)", ["2026-01-05T16", "2026-01-05T20", "2026-01-06T08"]),
        ("cron(0 10 * * ? *)", ["2026-01-06T10", "2026-01-07T10", "2026-01-08T10"]),
        ("cron(0 18 ? * SAT *)", ["2026-01-10T18", "2026-01-17T18", "2026-01-24T18"]),
        ("cron(0 8 1 * ? *)", ["2026-02-01T08", "2026-03-01T08", "2026-04-01T08"]),
        ("cron(0 1 ? 1/3 SUN#1 *)", ["2026-04-05T01", "2026-07-05T01", "2026-10-04T01"]),
        ("cron(0 17 L * ? *)", ["2026-01-31T17", "2026-02-28T17", "2026-03-31T17"]),
        ("cron(0 8 ? * MON-FRI *)", ["2026-01-06T08", "2026-01-07T08", "2026-01-08T08"]),
        ("cron(0 16 1,15 * ? *)", ["2026-01-15T16", "2026-02-01T16", "2026-02-15T16"]),
        ("cron(0 0 ? JAN-FEB,12 6L *)", ["2026-01-30T00", "2026-02-27T00", "2026-12-25T00"]),
        ("cron(0 0 LW * ? *)", ["2026-01-30T00", "2026-02-27T00", "2026-03-31T00"]),
        ("cron(0 0 1W * ? *)", ["2026-02-02T00", "2026-03-02T00", "2026-04-01T00"]),
        ("cron(0 0 31W * ? *)", ["2026-01-30T00", "2026-03-31T00", "2026-05-29T00"]),
        ("cron(0 0 15W * ? *)", ["2026-01-15T00", "2026-02-16T00", "2026-03-16T00"]),
        ("cron(0 0 ? * L *)", ["2026-01-10T00", "2026-01-17T00", "2026-01-24T00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00", "2032-02-29T00", "2036-02-29T00"]),
        ("cron(0 0 ? 2 mon#5 *)", ["2044-02-29T00", "2072-02-29T00", "2112-02-29T00"]),
    ] {
        assert_eq!(openings(expression, "2026-01-05T13:14:15Z", 3), expected, "{expression}");
    }
}

#[test]
fn a_cron_of_hours_closes_after_one_and_a_cron_of_days_with_the_day() {
    assert_eq!(
        windows(&rules("cron(0 8-20/4 ? * * *)"), "2026-01-05T09:00:00Z", 1),
        ["2026-01-05T12 to 2026-01-05T13"]
    );
    let daily = rules("cron(0 10 * * ? *)");
    assert_eq!(windows(&daily, "2026-01-05T09:00:00Z", 1), ["2026-01-05T10 to 2026-01-06T00"]);
    assert_eq!(daily.days_between(time("2026-01-05T09:00:00Z")), 1);
    assert_eq!(rules("cron(0 8 1 * ? *)").days_between(time("2026-01-05T09:00:00Z")), 28);
}

#[test]
fn an_open_window_counts_until_the_secret_rotated_in_it() {
    let rules = rules("cron(0 10 * * ? *)");
    let next = |after: &str, last: &str| {
        rules.next_window(time(after), time(last)).unwrap().opens.to_string()[..13].to_owned()
    };
    assert_eq!(next("2026-01-05T12:00:00Z", "2026-01-04T11:00:00Z"), "2026-01-05T10");
    assert_eq!(next("2026-01-05T12:00:00Z", "2026-01-05T11:00:00Z"), "2026-01-06T10");
    assert_eq!(next("2026-01-09T12:00:00Z", "2020-01-05T11:00:00Z"), "2026-01-09T10");
    let monthly = RotationRules::new(Some(30), None, None).unwrap();
    let late = monthly.next_window(time("2026-06-05T12:00:00Z"), time("2026-01-05T12:00:00Z"));
    assert_eq!(late.unwrap().opens.to_string(), "2026-07-04T00:00:00.000Z");
}

#[test]
fn rules_are_held_to_their_form_and_limits() {
    let new = RotationRules::new;
    assert_eq!(new(Some(1), Some("rate(1 day)"), None), Err(RulesError::Both));
    assert_eq!(
        RulesError::Both.to_string(),
        "You cannot specify both rotation frequency and schedule expression together."
    );
    assert_eq!(new(None, None, Some("3h")), Err(RulesError::Neither));
    for (days, good) in [(-1, false), (0, false), (1, true), (1_000, true), (1_001, false)] {
        assert_eq!(new(Some(days), None, None).is_ok(), good, "{days}");
    }
    for (duration, expression, good) in [
        ("0h", "rate(1 day)", false),
        ("h", "rate(1 day)", false),
        ("3", "rate(1 day)", false),
        ("+3h", "rate(1 day)", false),
        ("100h", "rate(10 days)", false),
        ("24h", "rate(10 days)", true),
        ("25h", "rate(10 days)", false),
        ("4h", "rate(4 hours)", true),
        ("5h", "rate(4 hours)", false),
        ("4h", "cron(0 20 * * ? *)", true),
        ("5h", "cron(0 20 * * ? *)", false),
        ("4h", "cron(0 4,8 * * ? *)", true),
        ("5h", "cron(0 4,8 * * ? *)", false),
    ] {
        let found = new(None, Some(expression), Some(duration));
        assert_eq!(found.is_ok(), good, "{duration} {expression}");
    }
}

#[test]
fn expressions_are_held_to_their_form_and_limits() {
    use ExpressionProblem as Problem;
    for (expression, expected) in [
        ("", Problem::Form),
        ("rate(1 day", Problem::Form),
        ("every(1 day)", Problem::Form),
        ("rate(1_day)", Problem::Form),
        ("rate(1day)", Problem::Rate),
        ("rate(3 hours)", Problem::Rate),
        ("rate(0 days)", Problem::Rate),
        ("rate(-1 days)", Problem::Rate),
        ("rate(5 minutes)", Problem::Rate),
        ("rate(1001 days)", Problem::Rate),
        ("rate(99999999999999999999 days)", Problem::Rate),
        ("cron(0 0 * * ?)", Problem::Form),
        ("cron(5 0 * * ? *)", Problem::Minutes),
        ("cron(* 0 * * ? *)", Problem::Minutes),
        ("cron(0 0 * * ? 2026)", Problem::Year),
        ("cron(0 0 * * * *)", Problem::Days),
        ("cron(0 0 ? * ? *)", Problem::Days),
        ("cron(0 24 * * ? *)", Problem::Field("hours")),
        ("cron(0 1- * * ? *)", Problem::Field("hours")),
        ("cron(0 5-1 * * ? *)", Problem::Field("hours")),
        ("cron(0 1/0 * * ? *)", Problem::Field("hours")),
        ("cron(0 1, * * ? *)", Problem::Field("hours")),
        ("cron(0 0 0 * ? *)", Problem::Field("day-of-month")),
        ("cron(0 0 32W * ? *)", Problem::Field("day-of-month")),
        ("cron(0 0 1 JANUARY ? *)", Problem::Field("month")),
        ("cron(0 0 ? * 8 *)", Problem::Field("day-of-week")),
        ("cron(0 0 ? * 1#6 *)", Problem::Field("day-of-week")),
        ("cron(0 0 ? * XXL *)", Problem::Field("day-of-week")),
        ("cron(0 * * * ? *)", Problem::TooOften),
        ("cron(0 1,4 * * ? *)", Problem::TooOften),
        ("cron(0 1,22 * * ? *)", Problem::TooOften),
        ("cron(0 0 31 FEB,APR ? *)", Problem::Never),
    ] {
        let found = RotationRules::new(None, Some(expression), None);
        assert_eq!(found, Err(RulesError::Expression(expected)), "{expression}");
    }
    let spaced = |spaces: usize| format!("cron(0 0 * * ?{}*)", " ".repeat(spaces));
    let room = EXPRESSION_CHARS_MAX - spaced(0).len();
    assert!(RotationRules::new(None, Some(&spaced(room)), None).is_ok());
    assert!(RotationRules::new(None, Some(&spaced(room + 1)), None).is_err());
}

#[test]
fn the_end_of_the_calendar_has_no_next_window() {
    let end = Timestamp(u64::MAX);
    for rules in [rules("rate(1 day)"), rules("rate(4 hours)"), rules("cron(0 0 * * ? *)")] {
        let _ = rules.next_window(end, end);
        let _ = rules.next_window(end, Timestamp(0));
        let _ = rules.days_between(end);
    }
    assert_eq!(rules("cron(0 0 * * ? *)").next_window(end, end), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_expression_breaks_the_reader(text in "(rate|cron)\\([0-9*?LW#/,A-Z -]{0,24}\\)") {
        if let Ok(rules) = RotationRules::new(None, Some(&text), None) {
            prop_assert!(rules.next_window(Timestamp(0), Timestamp(0)).is_some());
        }
    }

    #[test]
    fn a_window_is_within_a_day_after_the_last_rotation_and_not_over(
        which in prop::sample::select(vec![
            "rate(4 hours)", "rate(7 hours)", "rate(100 hours)", "rate(3 days)", "cron(0 3/5 * * ? *)",
            "cron(0 8 L * ? *)", "cron(0 0 15W * ? *)", "cron(0 16 ? 1/3 TUE#2 *)",
        ]),
        last in 0..4_000_000_000_000_u64,
        waited in 0..10_000_000_000_u64,
    ) {
        let (last, after) = (Timestamp(last), Timestamp(last + waited));
        let window = rules(which).next_window(after, last).unwrap();
        prop_assert!(window.opens > last && window.closes > after);
        prop_assert!(window.closes > window.opens);
        prop_assert_eq!(window.opens.0 / 86_400_000, window.closes.0 / 86_400_000);
        prop_assert_eq!(window.opens.0 % 3_600_000, 0);
    }

    #[test]
    fn days_of_the_month_are_those_of_the_calendar(day in 1..=31_u64, from in 0..30_000_u64) {
        let rules = rules(&format!("cron(0 0 {day} * ? *)"));
        let from = Timestamp(from * 86_400_000 + 1);
        let opens = rules.next_window(from, from).unwrap().opens.0 / 86_400_000;
        let text = Timestamp(opens * 86_400_000).to_string();
        prop_assert_eq!(&text[8..10], &format!("{day:02}"));
        let between = from.0 / 86_400_000 + 1..opens;
        for days in between {
            let text = Timestamp(days * 86_400_000).to_string();
            prop_assert_ne!(&text[8..10], &format!("{day:02}"));
        }
    }
}
