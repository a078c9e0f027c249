//! Bodies and their types: what Vault's clients write, read once into types.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strongroom_core::policy::ParameterValue;
use strongroom_core::time::Seconds;

use super::fault::Fault;

/// How deep a body's JSON may be nested. serde_json's own limit is 128; a body of Vault's needs a few.
const DEPTH_MAX: usize = 32;

/// A body: a JSON object, without the members that are `null`, which are absent to Vault's clients.
#[derive(Default)]
pub(super) struct Body(Map<String, Value>);

/// A span of time as Vault's clients write one: seconds as a number or a text, or Go's `1h30m10s`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span(pub Seconds);

/// Words as Vault's clients write them: a list, or one text with commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words(pub Vec<String>);

impl Body {
    /// An empty body is an empty object.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        let failed = || Fault::invalid("failed to parse JSON input: it is not one JSON object");
        let value: Value = serde_json::from_slice(bytes).map_err(|_| failed())?;
        let Value::Object(mut members) = value else {
            return if value.is_null() { Ok(Self::default()) } else { Err(failed()) };
        };
        if members.values().any(|value| depth(value) >= DEPTH_MAX) {
            return Err(Fault::invalid(format!("JSON is nested more than {DEPTH_MAX} deep")));
        }
        members.retain(|_, value| !value.is_null());
        Ok(Self(members))
    }

    /// A form (`application/x-www-form-urlencoded`) as an object of texts; a name that is there twice is refused.
    pub fn parse_form(bytes: &[u8]) -> Result<Self, Fault> {
        let failed = || Fault::invalid("failed to parse the form");
        let text = std::str::from_utf8(bytes).map_err(|_| failed())?;
        let mut members = Map::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text: &str| {
                let spaced = text.replace('+', " ");
                let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
                decoded.map(std::borrow::Cow::into_owned).map_err(|_| failed())
            };
            if members.insert(decoded(name)?, Value::String(decoded(value)?)).is_some() {
                return Err(failed());
            }
        }
        Ok(Self(members))
    }

    /// The body as a type, which may borrow from it. What the type does not name is passed over, as Vault does.
    pub fn read<'b, T: Deserialize<'b>>(&'b self) -> Result<T, Fault> {
        T::deserialize(&self.0).map_err(|error: serde_json::Error| {
            Fault::invalid(format!("error in the request's body: {}", plain(&error)))
        })
    }

    /// That none of these members asks for something, in the body or in an object in it: what is not served and changes
    /// what a request means is refused rather than passed over.
    pub fn refuse(&self, within: Option<&str>, names: &[&str]) -> Result<(), Fault> {
        let members = match within {
            None => Some(&self.0),
            Some(name) => self.0.get(name).and_then(Value::as_object),
        };
        let asked =
            names.iter().find(|name| members.is_some_and(|m| m.get(**name).is_some_and(asks)));
        match asked {
            Some(name) => Err(Fault::unsupported(format!("'{name}' is not supported"))),
            None => Ok(()),
        }
    }

    /// The members, for what has no fixed shape: secrets of version 1, cubbyholes, wrapped answers.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether a member was written and is not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The members as policies' parameter rules see them.
    pub fn parameters(&self) -> Vec<(String, ParameterValue)> {
        self.0.iter().map(|(name, value)| (name.clone(), parameter(value))).collect()
    }
}

/// Whether a value asks for something: clients send what is empty for what they do not mean.
fn asks(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(text.as_str(), "" | "false" | "0"),
        Value::Array(items) => items.iter().any(asks),
        Value::Object(members) => members.values().any(asks),
    }
}

/// serde's words without the value that they may quote.
pub(super) fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split_once("invalid type: ").or_else(|| text.split_once("invalid value: ")) {
        Some((_, rest)) => {
            let expected = rest.rsplit_once("expected ").map_or("another type", |(_, after)| after);
            format!("expected {expected}")
        }
        None => text,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn parameter(value: &Value) -> ParameterValue {
    match value {
        Value::Null => ParameterValue::Null,
        Value::Bool(truth) => ParameterValue::Bool(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => ParameterValue::Integer(whole),
            None => ParameterValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => ParameterValue::Text(text.clone()),
        Value::Array(items) => ParameterValue::List(items.iter().map(parameter).collect()),
        Value::Object(members) => {
            let pairs = members.iter().map(|(name, value)| (name.clone(), parameter(value)));
            ParameterValue::Map(pairs.collect::<BTreeMap<_, _>>())
        }
    }
}

impl Span {
    /// `300`, `10s`, `5m`, `1h`, `30m0s`, `1.5h`, and `1d`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Self(Seconds(seconds)));
        }
        let (mut rest, mut milliseconds) = (text, 0_f64);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
            let (unit, after) = tail.split_at(letters);
            let factor = match unit {
                "ns" => 0.000_001,
                "us" | "µs" => 0.001,
                "ms" => 1.0,
                "s" => 1_000.0,
                "m" => 60_000.0,
                "h" => 3_600_000.0,
                "d" => 86_400_000.0,
                _ => return None,
            };
            milliseconds += number.parse::<f64>().ok()? * factor;
            rest = after;
        }
        let fits = !text.is_empty() && (0.0..1e15).contains(&milliseconds);
        // Whole seconds, as Vault counts.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between 0 and 10^12"
        )]
        fits.then(|| Self(Seconds((milliseconds / 1_000.0) as u64)))
    }

    /// Go's text for a span, `30m0s`, as KV version 2 answers it.
    pub fn go(seconds: Seconds) -> String {
        let (hours, minutes, rest) = (seconds.0 / 3_600, seconds.0 / 60 % 60, seconds.0 % 60);
        match (hours, minutes) {
            (0, 0) => format!("{rest}s"),
            (0, _) => format!("{minutes}m{rest}s"),
            _ => format!("{hours}h{minutes}m{rest}s"),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Spans;
        impl Visitor<'_> for Spans {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds or a text such as \"5m\"")
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
                Ok(Span(Seconds(seconds)))
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Span, E> {
                let seconds = u64::try_from(seconds);
                seconds
                    .map(|seconds| Span(Seconds(seconds)))
                    .map_err(|_| E::custom("a negative span of time"))
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Span, E> {
                Span::parse(&format!("{seconds}s")).ok_or_else(|| E::custom("not a span of time"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                if text.is_empty() {
                    return Ok(Span::default());
                }
                Span::parse(text).ok_or_else(|| E::custom("not a span of time such as \"5m\""))
            }
        }
        deserializer.deserialize_any(Spans)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            List(Vec<String>),
            Text(String),
        }
        let words = match Written::deserialize(deserializer) {
            Ok(Written::List(words)) => words,
            Ok(Written::Text(text)) => text.split(',').map(str::to_owned).collect(),
            Err(_) => {
                return Err(de::Error::custom("expected a list of texts, or one with commas"));
            }
        };
        let trimmed = words.iter().map(|word| word.trim().to_owned());
        Ok(Self(trimmed.filter(|word| !word.is_empty()).collect()))
    }
}

impl Serialize for Words {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_vaults_clients_write_them() {
        let cases = [
            ("300", 300),
            ("10s", 10),
            ("5m", 300),
            ("1h", 3_600),
            ("30m0s", 1_800),
            ("1.5h", 5_400),
            ("2d", 172_800),
            ("1500ms", 1),
        ];
        for (text, seconds) in cases {
            assert_eq!(Span::parse(text), Some(Span(Seconds(seconds))), "{text}");
        }
        for text in ["", "h", "5", "-5s", "5 m", "5x", "1e400s", "5mm", "."] {
            assert_eq!(Span::parse(text).is_some(), text == "5", "{text}");
        }
        for (seconds, text) in [(0, "0s"), (30, "30s"), (1_800, "30m0s"), (3_601, "1h0m1s")] {
            assert_eq!(Span::go(Seconds(seconds)), text);
        }
    }

    #[test]
    fn null_is_absent_and_what_is_no_object_is_refused() {
        let body = Body::parse(br#"{"a":null,"b":1}"#).unwrap_or_default();
        assert!(!body.has("a") && body.has("b"));
        assert!(Body::parse(b"  ").is_ok_and(|body| body.members().is_empty()));
        for bad in [&b"[1]"[..], b"{", b"\"x\"", b"{} {}", b"\xff"] {
            assert!(Body::parse(bad).is_err());
        }
    }

    #[test]
    fn deeply_nested_json_is_refused() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(Body::parse(nested(DEPTH_MAX - 1).as_bytes()).is_ok());
        assert!(Body::parse(nested(DEPTH_MAX).as_bytes()).is_err());
        assert!(Body::parse(nested(100_000).as_bytes()).is_err());
    }

    #[test]
    fn an_error_about_a_body_does_not_quote_it() {
        #[derive(Debug, Deserialize)]
        struct Wanted {
            #[expect(dead_code, reason = "only its type counts")]
            ttl: Span,
        }
        for body in
            [&br#"{"ttl":"canary"}"#[..], br#"{"ttl":["canary"]}"#, br#"{"ttl":{"canary":1}}"#]
        {
            let fault = Body::parse(body).and_then(|body| body.read::<Wanted>()).map(drop);
            let text = format!("{:?}", fault.expect_err("is refused"));
            assert!(!text.contains("canary"), "{text}");
        }
    }
}
