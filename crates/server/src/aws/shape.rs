//! Macros that make the shapes of requests and answers, each once: what is read, what is checked and what the registry
//! lists cannot disagree.

use std::fmt;
use std::marker::PhantomData;

use data_encoding::BASE64;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use strongroom_core::secret::SecretValue;

use super::constraint::{At, Checks, Rules, Shape};

/// `text_shapes! { SecretId = Rules::length("SecretIdType", Some(1), Some(2_048)); }`
macro_rules! text_shapes {
    ($($(#[$doc:meta])* $name:ident = $rules:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $crate::aws::constraint::Shape for $name {
            type Raw = $crate::aws::shape::RawText;
            const RULES: $crate::aws::constraint::Rules = $rules;

            fn check(
                raw: Self::Raw,
                at: &$crate::aws::constraint::At<'_>,
                checks: &mut $crate::aws::constraint::Checks,
            ) -> Option<Self> {
                $crate::aws::shape::check_text(&Self::RULES, raw.0, at, checks).map(Self)
            }

            fn quoted(raw: &Self::Raw) -> String {
                raw.0.clone()
            }
        }
    )* };
}

/// `number_shapes! { MaxResults = Rules::value("MaxResultsType", 1, 100); }`
macro_rules! number_shapes {
    ($($(#[$doc:meta])* $name:ident = $rules:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name(pub i64);

        impl $crate::aws::constraint::Shape for $name {
            type Raw = $crate::aws::shape::RawNumber;
            const RULES: $crate::aws::constraint::Rules = $rules;

            fn check(
                raw: Self::Raw,
                at: &$crate::aws::constraint::At<'_>,
                checks: &mut $crate::aws::constraint::Checks,
            ) -> Option<Self> {
                $crate::aws::shape::check_number(&Self::RULES, raw.0, at, checks).map(Self)
            }
        }
    )* };
}

/// `list_shapes! { Tags(Tag) = Rules::of("TagListType"); }`
macro_rules! list_shapes {
    ($($(#[$doc:meta])* $name:ident($of:ty) = $rules:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(pub Vec<$of>);

        impl $crate::aws::constraint::Shape for $name {
            type Raw = $crate::aws::shape::RawList<<$of as $crate::aws::constraint::Shape>::Raw>;
            const RULES: $crate::aws::constraint::Rules = $rules;
            const MEMBERS: &'static [$crate::aws::constraint::Member] =
                <$of as $crate::aws::constraint::Shape>::MEMBERS;

            fn check(
                raw: Self::Raw,
                at: &$crate::aws::constraint::At<'_>,
                checks: &mut $crate::aws::constraint::Checks,
            ) -> Option<Self> {
                $crate::aws::shape::check_list::<$of>(&Self::RULES, raw.0, at, checks).map(Self)
            }

            fn has(&self, _: &str) -> bool {
                !self.0.is_empty()
            }
        }
    )* };
}

/// A structure that a request is or holds: `field: required Shape = "Member",`.
macro_rules! structure {
    (
        $(#[$doc:meta])* $name:ident($shape:literal) {
            $($(#[$field_doc:meta])* $field:ident: $presence:ident $of:ty = $member:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $crate::aws::shape::presence!($presence $of),)*
        }

        const _: () = {
            use $crate::aws::constraint::{At, Checks, Member, Rules, Shape};
            use $crate::aws::shape::RawStructure;

            /// The structure before it is checked.
            #[derive(serde::Deserialize)]
            pub struct Raw {
                $(#[serde(rename = $member, default)] $field: Option<<$of as Shape>::Raw>,)*
            }

            impl Shape for $name {
                type Raw = RawStructure<Raw>;
                const RULES: Rules = Rules::of($shape);
                const MEMBERS: &'static [Member] = &[$(Member {
                    name: $member,
                    is_required: $crate::aws::shape::is_required!($presence),
                    rules: <$of as Shape>::RULES,
                    members: <$of as Shape>::MEMBERS,
                },)*];

                fn check(raw: Self::Raw, at: &At<'_>, checks: &mut Checks) -> Option<Self> {
                    let raw = raw.0;
                    $(let $field = $crate::aws::shape::take!(
                        $presence $of, raw.$field, &At::Member(at, $member), checks
                    );)*
                    Some(Self {
                        $($field: $crate::aws::shape::unwrap!($presence $field),)*
                    })
                }

                fn has(&self, member: &str) -> bool {
                    // What is only checked and never used is read as well.
                    $(let _ = &self.$field;)*
                    $(if member == $member {
                        return $crate::aws::shape::is_given!($presence self.$field);
                    })*
                    false
                }
            }
        };
    };
}

macro_rules! presence {
    (required $of:ty) => { $of };
    (optional $of:ty) => { Option<$of> };
}

macro_rules! is_required {
    (required) => {
        true
    };
    (optional) => {
        false
    };
}

macro_rules! is_given {
    (required $value:expr) => {
        true
    };
    (optional $value:expr) => {
        $value.is_some()
    };
}

macro_rules! take {
    (required $of:ty, $raw:expr, $at:expr, $checks:ident) => {
        match $raw {
            Some(raw) => <$of as Shape>::check(raw, $at, $checks),
            None => {
                $checks.missing($at);
                None
            }
        }
    };
    (optional $of:ty, $raw:expr, $at:expr, $checks:ident) => {
        match $raw {
            Some(raw) => <$of as Shape>::check(raw, $at, $checks).map(Some),
            None => Some(None),
        }
    };
}

/// What was checked, after everything was.
macro_rules! unwrap {
    ($presence:ident $field:ident) => {
        $field?
    };
}

pub(super) use {
    is_given, is_required, list_shapes, number_shapes, presence, structure, take, text_shapes,
    unwrap,
};

/// A text before it is checked.
#[derive(Debug)]
pub struct RawText(pub String);

/// A whole number before it is checked.
#[derive(Clone, Copy, Debug)]
pub struct RawNumber(pub i64);

/// `true` or `false`.
#[derive(Clone, Copy, Debug)]
pub struct RawTruth(pub bool);

/// A text that is a secret, before it is checked.
#[derive(Debug)]
pub struct RawSecret(pub SecretValue);

/// Bytes in base64 (RFC 4648, section 4) that are a secret, before they are checked.
#[derive(Debug)]
pub struct RawBytes(pub SecretValue);

/// A list before it is checked.
#[derive(Debug)]
pub struct RawList<T>(pub Vec<T>);

/// A structure before it is checked: a JSON object, and no list of its members.
#[derive(Debug)]
pub struct RawStructure<T>(pub T);

pub fn check_text(rules: &Rules, text: String, at: &At<'_>, checks: &mut Checks) -> Option<String> {
    let broken = rules.broken_by(&text);
    if broken.is_empty() {
        return Some(text);
    }
    checks.broken(at, (!rules.is_sensitive).then_some(&text), broken);
    None
}

pub fn check_number(rules: &Rules, number: i64, at: &At<'_>, checks: &mut Checks) -> Option<i64> {
    // Below zero is below every bound, where there is one.
    let broken = rules.broken_by_count(u64::try_from(number).unwrap_or(0));
    if broken.is_empty() {
        return Some(number);
    }
    checks.broken(at, Some(&number.to_string()), broken);
    None
}

/// A secret within the length that the server allows, in bytes.
pub fn check_secret(
    rules: &Rules,
    value: SecretValue,
    at: &At<'_>,
    checks: &mut Checks,
) -> Option<SecretValue> {
    let rules = Rules { most: Some(checks.allowed().secret_bytes_max as u64), ..*rules };
    let broken = rules.broken_by_count(value.expose().len() as u64);
    if broken.is_empty() {
        return Some(value);
    }
    checks.broken(at, None, broken);
    None
}

/// A list within its bounds, of members that are good. What is wrong with texts is told of the list, what is wrong with
/// structures of their members, as AWS does.
pub fn check_list<T: Shape>(
    rules: &Rules,
    raw: Vec<T::Raw>,
    at: &At<'_>,
    checks: &mut Checks,
) -> Option<Vec<T>> {
    let quoted = || {
        let members = raw.iter().map(T::quoted).collect::<Vec<_>>();
        format!("[{}]", members.join(", "))
    };
    let broken = rules.broken_by_count(raw.len() as u64);
    if !broken.is_empty() {
        checks.broken(at, Some(&quoted()), broken);
        return None;
    }
    if T::MEMBERS.is_empty() {
        let list = quoted();
        return check_texts(raw, &list, at, checks);
    }
    let mut members = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        members.push(T::check(raw, &At::Place(at, index + 1), checks));
    }
    members.into_iter().collect()
}

fn check_texts<T: Shape>(
    raw: Vec<T::Raw>,
    quoted: &str,
    at: &At<'_>,
    checks: &mut Checks,
) -> Option<Vec<T>> {
    let mut alone = Checks::new(checks.allowed());
    let members = raw.into_iter().map(|raw| T::check(raw, at, &mut alone)).collect::<Vec<_>>();
    if !alone.are_met() {
        let rules = T::RULES.says().join(", ");
        let rule = format!("Member must satisfy constraint: [{rules}]");
        checks.broken(at, Some(quoted), vec![rule]);
    }
    members.into_iter().collect()
}

/// What a value of JSON is called when another one was expected.
mod found {
    pub const NUMBER: &str = "NUMBER_VALUE";
    pub const TEXT: &str = "STRING_VALUE";
    pub const MAP: &str = "Start of structure or map found where not expected.";
    pub const LIST: &str = "Start of list found where not expected.";

    pub const fn truth(truth: bool) -> &'static str {
        if truth { "TRUE_VALUE" } else { "FALSE_VALUE" }
    }
}

/// A visitor of one kind of value, whose refusals of the others quote nothing.
macro_rules! visitor {
    ($name:ident gives $value:ty as $expected:literal { $($visit:item)* } refuses $($other:ident)*) => {
        struct $name;
        impl<'de> Visitor<'de> for $name {
            type Value = $value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($expected)
            }

            $($visit)*
            $(refuse!($other $expected);)*
        }
    };
}

macro_rules! refuse {
    (number $expected:literal) => {
        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(unconverted(found::NUMBER, $expected))
        }

        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Err(unconverted(found::NUMBER, $expected))
        }

        refuse!(fraction $expected);
    };
    (fraction $expected:literal) => {
        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(unconverted(found::NUMBER, $expected))
        }
    };
    (text $expected:literal) => {
        fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Err(unconverted(found::TEXT, $expected))
        }
    };
    (truth $expected:literal) => {
        fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Self::Value, E> {
            Err(unconverted(found::truth(truth), $expected))
        }
    };
    (null $expected:literal) => {
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Err(unconverted("NULL_VALUE", $expected))
        }
    };
    (map $expected:literal) => {
        fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(de::Error::custom(found::MAP))
        }
    };
    (list $expected:literal) => {
        fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(de::Error::custom(found::LIST))
        }
    };
}

fn unconverted<E: de::Error>(found: &str, expected: &str) -> E {
    E::custom(format_args!("{found} can not be converted to {expected}"))
}

impl<'de> Deserialize<'de> for RawText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        visitor! { Texts gives RawText as "a String" {
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawText, E> {
                Ok(RawText(text.to_owned()))
            }
        } refuses number truth null map list }
        deserializer.deserialize_any(Texts)
    }
}

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        visitor! { Secrets gives RawSecret as "a String" {
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawSecret, E> {
                Ok(RawSecret(SecretValue::new(text.as_bytes().to_vec())))
            }
        } refuses number truth null map list }
        deserializer.deserialize_any(Secrets)
    }
}

impl<'de> Deserialize<'de> for RawBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        visitor! { Bytes gives RawBytes as "a Blob" {
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawBytes, E> {
                let bytes = BASE64.decode(text.as_bytes());
                let bytes = bytes.map_err(|_| unconverted(found::TEXT, "a Blob"))?;
                Ok(RawBytes(SecretValue::new(bytes)))
            }
        } refuses number truth null map list }
        deserializer.deserialize_any(Bytes)
    }
}

impl<'de> Deserialize<'de> for RawNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        visitor! { Numbers gives RawNumber as "an Integer" {
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<RawNumber, E> {
                Ok(RawNumber(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<RawNumber, E> {
                let number = i64::try_from(number);
                number.map(RawNumber).map_err(|_| unconverted(found::NUMBER, "an Integer"))
            }
        } refuses fraction text truth null map list }
        deserializer.deserialize_any(Numbers)
    }
}

impl<'de> Deserialize<'de> for RawTruth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        visitor! { Truths gives RawTruth as "a Boolean" {
            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<RawTruth, E> {
                Ok(RawTruth(truth))
            }
        } refuses number text null map list }
        deserializer.deserialize_any(Truths)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for RawList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lists<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Lists<T> {
            type Value = RawList<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a List")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawList<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = list.next_element()? {
                    members.push(member);
                }
                Ok(RawList(members))
            }

            refuse!(number "a List");
            refuse!(text "a List");
            refuse!(truth "a List");
            refuse!(null "a List");
            refuse!(map "a List");
        }
        deserializer.deserialize_any(Lists(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for RawStructure<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Structures<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Structures<T> {
            type Value = RawStructure<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a Structure")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawStructure<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(RawStructure)
            }

            refuse!(number "a Structure");
            refuse!(text "a Structure");
            refuse!(truth "a Structure");
            refuse!(null "a Structure");
            refuse!(list "a Structure");
        }
        deserializer.deserialize_any(Structures(PhantomData))
    }
}
