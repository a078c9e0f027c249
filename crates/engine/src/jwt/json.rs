//! JSON from strangers: no name twice in an object, not deep, not much.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};

/// How deep objects and lists can stand in each other.
pub const JSON_DEPTH_MAX: usize = 16;
/// How many values (objects, lists, texts, numbers) a document can hold.
pub const JSON_VALUES_MAX: usize = 8_192;

/// A value of JSON. The claims of a token are whatever its issuer says, so they have no better type.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Json>),
    /// Values by name, each name once.
    Object(BTreeMap<String, Json>),
}

/// A text is not JSON, or holds a name twice, or is past a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not JSON, or too deep or too much of it, or a name is there twice")]
pub struct JsonError;

impl Json {
    /// Parse a whole document.
    ///
    /// # Errors
    /// [`JsonError`]
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        let values = Cell::new(0);
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let seed = Seed { depth: 0, values: &values };
        let value = seed.deserialize(&mut deserializer).map_err(|_| JsonError)?;
        deserializer.end().map_err(|_| JsonError)?;
        Ok(value)
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&BTreeMap<String, Json>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The characters of a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Json]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// A number without a fraction.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        let Self::Number(number) = self else { return None };
        number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            (float.fract() == 0.0).then_some(float).and_then(whole)
        })
    }

    /// The member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.as_object()?.get(name)
    }

    /// What a JSON pointer (RFC 6901) leads to.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Json> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |value, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match value {
                Self::Object(members) => members.get(&token),
                Self::List(elements) => elements.get(list_index(&token)?),
                _ => None,
            }
        })
    }

    /// Its text as JSON.
    #[must_use]
    pub fn render(&self) -> String {
        #[expect(
            clippy::expect_used,
            reason = "names are texts and numbers are finite, and writing to memory does not fail"
        )]
        serde_json::to_string(self).expect("JSON is JSON")
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

/// Claims are personal data: only the shape is shown.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(..)",
            Self::Number(_) => "Number(..)",
            Self::Text(_) => "Text(..)",
            Self::List(_) => "List(..)",
            Self::Object(_) => "Object(..)",
        })
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(elements) => elements.serialize(serializer),
            Self::Object(members) => members.serialize(serializer),
        }
    }
}

/// The largest whole number that every smaller one can be told from (2^53 - 1).
const WHOLE_MAX: f64 = 9_007_199_254_740_991.0;

/// A float's whole part, when it is one that a float holds exactly.
pub(super) fn whole(float: f64) -> Option<i64> {
    if !(-WHOLE_MAX..=WHOLE_MAX).contains(&float) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is within 53 bits")]
    let number = float.trunc() as i64;
    Some(number)
}

/// RFC 6901 section 4: digits without a leading zero.
fn list_index(token: &str) -> Option<usize> {
    let is_plain = token == "0" || !token.starts_with(['0', '+']);
    is_plain.then(|| token.parse().ok())?
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    values: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        if self.values.replace(self.values.get() + 1) >= JSON_VALUES_MAX {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl Seed<'_> {
    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= JSON_DEPTH_MAX {
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        serde_json::Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("infinite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(inner)? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.inner()?;
        let mut members = BTreeMap::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name is there twice"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Result<Json, JsonError> {
        Json::parse(text.as_bytes())
    }

    #[test]
    fn a_name_that_is_there_twice_is_refused_at_every_depth() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"b":[{"a":1,"a":1}]}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(parsed(text), Err(JsonError), "{text}");
        }
        assert!(parsed(r#"{"a":{"a":1},"A":2}"#).is_ok());
    }

    #[test]
    fn depth_and_number_of_values_have_limits() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parsed(&nested(JSON_DEPTH_MAX)).is_ok());
        assert_eq!(parsed(&nested(JSON_DEPTH_MAX + 1)), Err(JsonError));
        assert_eq!(parsed(&nested(100_000)), Err(JsonError));
        let objects = |depth: usize| r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
        assert!(parsed(&objects(JSON_DEPTH_MAX)).is_ok());
        assert_eq!(parsed(&objects(JSON_DEPTH_MAX + 1)), Err(JsonError));
        let list = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(parsed(&list(JSON_VALUES_MAX - 1)).is_ok());
        assert_eq!(parsed(&list(JSON_VALUES_MAX)), Err(JsonError));
    }

    #[test]
    fn what_is_not_one_document_is_refused() {
        for text in ["", "{", "{} {}", "nul", "{'a':1}", "[1,]", "\u{feff}{}", "1e999"] {
            assert_eq!(parsed(text), Err(JsonError), "{text:?}");
        }
        assert_eq!(Json::parse(b"\"\xff\""), Err(JsonError));
    }

    // The example of RFC 6901 section 5.
    #[test]
    fn pointers_lead_where_rfc_6901_says() {
        let document = parsed(
            r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#,
        )
        .unwrap();
        let number = |pointer: &str| document.pointer(pointer).and_then(Json::as_integer);
        assert_eq!(document.pointer(""), Some(&document));
        assert_eq!(document.pointer("/foo/0").and_then(Json::as_text), Some("bar"));
        for (pointer, value) in [
            ("/", 0),
            ("/a~1b", 1),
            ("/c%d", 2),
            ("/e^f", 3),
            ("/g|h", 4),
            ("/i\\j", 5),
            ("/k\"l", 6),
            ("/ ", 7),
            ("/m~0n", 8),
        ] {
            assert_eq!(number(pointer), Some(value), "{pointer}");
        }
        for pointer in ["foo", "/foo/2", "/foo/00", "/foo/+1", "/foo/-", "/foo/0/0", "/none"] {
            assert_eq!(document.pointer(pointer), None, "{pointer}");
        }
    }

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        for (text, value) in [("5", Some(5)), ("5.0", Some(5)), ("5.5", None), ("1e300", None)] {
            assert_eq!(parsed(text).unwrap().as_integer(), value, "{text}");
        }
    }

    #[test]
    fn debug_shows_no_content() {
        assert_eq!(format!("{:?}", parsed(r#"{"a":"canary"}"#).unwrap()), "Object(..)");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic_and_what_it_reads_it_writes(text in "[\\[\\]{}\",:0-9a-c\\\\. -]{0,40}") {
            if let Ok(value) = parsed(&text) {
                prop_assert_eq!(parsed(&value.render()), Ok(value));
            }
        }
    }
}
