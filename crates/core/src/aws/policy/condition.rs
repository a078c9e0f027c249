//! One line of a `Condition`: an operator, a key, values.

use core::net::IpAddr;

use ipnet::IpNet;

use super::error::PolicyProblem;
use super::operator::{Comparison, Operator, Quantifier, Test};
use super::pattern::{Meaning, Pattern, Token, matches};
use crate::time::days_from_civil;

/// What a key is in this call: its values, or `None` where it has none. Keys are asked for in lower case.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<Vec<String>>;

/// A condition that must hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    /// In lower case.
    pub(super) key: String,
    pub(super) wanted: Wanted,
}

/// The values of a policy.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    Patterns(Vec<Pattern>),
    Bools(Vec<bool>),
    Numbers(Vec<f64>),
    /// Seconds since 1970.
    Dates(Vec<f64>),
    Networks(Vec<IpNet>),
}

impl Condition {
    pub(super) fn parse(
        operator: Operator,
        key: &str,
        values: &[String],
        variables: bool,
    ) -> Result<Self, PolicyProblem> {
        let refused = |expected| PolicyProblem::Value { key: key.to_owned(), expected };
        let patterns = |wildcards| {
            let meaning = Meaning { wildcards, variables };
            values.iter().map(|text| Pattern::parse(text, meaning)).collect::<Result<Vec<_>, _>>()
        };
        let wanted = match operator.test {
            Test::Text { .. } => Wanted::Patterns(patterns(false)?),
            Test::Like | Test::Arn => Wanted::Patterns(patterns(true)?),
            Test::Bool | Test::Null => {
                Wanted::Bools(all(values, boolean).ok_or_else(|| refused("true or false"))?)
            }
            Test::Number(_) => {
                Wanted::Numbers(all(values, number).ok_or_else(|| refused("a number"))?)
            }
            Test::Date(_) => Wanted::Dates(all(values, date).ok_or_else(|| refused("a date"))?),
            Test::Address => Wanted::Networks(
                all(values, network).ok_or_else(|| refused("an address or a network"))?,
            ),
        };
        Ok(Self { operator, key: key.to_ascii_lowercase(), wanted })
    }

    /// Whether it holds. A key without a value fulfils what is negated, as AWS has it.
    pub(super) fn holds(&self, lookup: Lookup<'_>) -> bool {
        let found = lookup(&self.key);
        let Operator { quantifier, test, negated, if_exists } = self.operator;
        if test == Test::Null {
            let Wanted::Bools(absent) = &self.wanted else { return false };
            return absent.contains(&found.is_none_or(|values| values.is_empty()));
        }
        let found = found.unwrap_or_default();
        if found.is_empty() {
            return match quantifier {
                Quantifier::All => true,
                Quantifier::Any => if_exists,
                Quantifier::None => if_exists || negated,
            };
        }
        let mut each = found.iter().map(|value| self.is_met_by(value, lookup) != negated);
        match quantifier {
            Quantifier::All => each.all(|holds| holds),
            Quantifier::Any => each.any(|holds| holds),
            Quantifier::None if negated => each.all(|holds| holds),
            Quantifier::None => each.any(|holds| holds),
        }
    }

    fn is_met_by(&self, found: &str, lookup: Lookup<'_>) -> bool {
        match (&self.wanted, self.operator.test) {
            (Wanted::Patterns(patterns), test) => {
                let resolve = |pattern: &Pattern| pattern.resolve(&|key| single(lookup(key)));
                patterns.iter().filter_map(resolve).any(|tokens| text_meets(test, &tokens, found))
            }
            (Wanted::Bools(wanted), _) => {
                boolean(found).is_some_and(|found| wanted.contains(&found))
            }
            (Wanted::Numbers(wanted), Test::Number(comparison)) => {
                compare(comparison, number(found), wanted)
            }
            (Wanted::Dates(wanted), Test::Date(comparison)) => {
                compare(comparison, date(found), wanted)
            }
            (Wanted::Networks(wanted), _) => found
                .parse::<IpAddr>()
                .is_ok_and(|address| wanted.iter().any(|network| network.contains(&address))),
            (Wanted::Numbers(_) | Wanted::Dates(_), _) => false,
        }
    }
}

/// The value of a key that has one.
pub(super) fn single(values: Option<Vec<String>>) -> Option<String> {
    let mut values = values?.into_iter();
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

fn text_meets(test: Test, tokens: &[Token], found: &str) -> bool {
    match test {
        Test::Text { ignore_case: true } => {
            let literal = |token: &Token| match token {
                Token::Literal(character) => Some(character.to_lowercase()),
                _ => None,
            };
            tokens
                .iter()
                .filter_map(literal)
                .flatten()
                .eq(found.chars().flat_map(char::to_lowercase))
        }
        Test::Arn => arn_matches(tokens, found),
        _ => matches(tokens, &found.chars().collect::<Vec<_>>()),
    }
}

/// Each of the six parts of an ARN by itself: a `*` does not reach over a colon, but in the last part.
fn arn_matches(tokens: &[Token], found: &str) -> bool {
    let wanted: Vec<&[Token]> = tokens.splitn(6, |token| *token == Token::Literal(':')).collect();
    let found: Vec<&str> = found.splitn(6, ':').collect();
    wanted.len() == 6
        && found.len() == 6
        && wanted
            .iter()
            .zip(&found)
            .all(|(tokens, part)| matches(tokens, &part.chars().collect::<Vec<_>>()))
}

fn compare(comparison: Comparison, found: Option<f64>, wanted: &[f64]) -> bool {
    found.is_some_and(|found| wanted.iter().any(|wanted| comparison.holds(&found, wanted)))
}

fn all<T>(values: &[String], read: fn(&str) -> Option<T>) -> Option<Vec<T>> {
    values.iter().map(|value| read(value)).collect()
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Seconds since 1970 from a number of them, `2026-01-02` or `2026-01-02T03:04:05Z` (with a fraction or not).
fn date(text: &str) -> Option<f64> {
    if let Some(seconds) = number(text) {
        return Some(seconds);
    }
    let (day, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let mut parts = day.split('-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let mut clock = time.strip_suffix('Z')?.split(':');
    let (hours, minutes) = (clock.next()?.parse::<u32>().ok()?, clock.next()?.parse::<u32>().ok()?);
    let seconds = clock.next().map_or(Some(0.0), number)?;
    if parts.next().is_some()
        || clock.next().is_some()
        || hours > 23
        || minutes > 59
        || !(0.0..60.0).contains(&seconds)
    {
        return None;
    }
    let days = u32::try_from(days_from_civil(year, month, day)?).ok()?;
    Some(f64::from(days) * 86_400.0 + f64::from(hours * 3_600 + minutes * 60) + seconds)
}
