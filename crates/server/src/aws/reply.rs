//! What an operation answers: JSON 1.1 of AWS's.

use std::collections::BTreeMap;
use std::fmt;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde::ser::Serializer;
use strongroom_core::audit::RequestId;
use strongroom_core::time::Timestamp;

use crate::door::Answer;

const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// A point in time, on the wire seconds since 1970 with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

/// A member of an answer, by its name on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Its name.
    pub name: &'static str,
    /// The members of the structure that it is or lists.
    pub members: &'static [Written],
}

/// Something that an answer holds.
pub trait Part {
    /// Its members, where it is a structure or a list of some.
    const MEMBERS: &'static [Written] = &[];
    /// Whether an answer that is this has no body.
    const IS_EMPTY: bool = false;
}

/// An answer without a body.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Nothing;

impl Part for Nothing {
    const IS_EMPTY: bool = true;
}

/// A structure that is an answer or stands in one: `field: always Type = "Member",`. What is `maybe` there is an
/// `Option`, and left out without a value.
macro_rules! answer {
    (
        $(#[$doc:meta])* $name:ident {
            $($(#[$field_doc:meta])* $field:ident: $presence:ident $of:ty = $member:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, serde::Serialize)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(rename = $member, skip_serializing_if = "crate::aws::reply::Kept::is_absent")]
                pub $field: $crate::aws::reply::kept!($presence $of),
            )*
        }

        impl $crate::aws::reply::Part for $name {
            const MEMBERS: &'static [$crate::aws::reply::Written] = &[$($crate::aws::reply::Written {
                name: $member,
                members: <$of as $crate::aws::reply::Part>::MEMBERS,
            },)*];
        }
    };
}

macro_rules! kept {
    (always $of:ty) => { $crate::aws::reply::Always<$of> };
    (maybe $of:ty) => { Option<$of> };
}

pub(super) use {answer, kept};

/// A member that is in every answer.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Always<T>(pub T);

/// Whether a member is left out.
pub trait Kept {
    fn is_absent(&self) -> bool;
}

impl<T> Kept for Always<T> {
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T> Kept for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> From<T> for Always<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl Part for String {}
impl Part for bool {}
impl Part for i64 {}
impl Part for Moment {}
impl<T: Part> Part for Vec<T> {
    const MEMBERS: &'static [Written] = T::MEMBERS;
}
impl<T> Part for BTreeMap<String, T> {}

impl Moment {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are exact until the year 287396"
    )]
    fn seconds(self) -> f64 {
        self.0.0 as f64 / 1_000.0
    }
}

/// Seconds since 1970.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seconds().fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.seconds())
    }
}

/// A status and a JSON body.
pub fn json_answer(status: StatusCode, value: &impl Serialize) -> Answer {
    // The types of the API always serialise: their keys are texts.
    json_text(status, serde_json::to_vec(value).unwrap_or_default())
}

/// A status and a text that is JSON.
pub fn json_text(status: StatusCode, text: Vec<u8>) -> Answer {
    let mut answer = Answer::new(status, text);
    answer.headers.insert(CONTENT_TYPE, JSON);
    answer.headers.insert(CACHE_CONTROL, NO_STORE);
    answer
}

/// The answer with the request's number, in the form of a UUID (RFC 9562).
pub fn request_number(mut answer: Answer, id: RequestId) -> Answer {
    let number = uuid_text(id.0);
    if let Ok(number) = HeaderValue::try_from(number) {
        answer.headers.insert(REQUEST_ID, number);
    }
    answer
}

/// Hexadecimal digits in groups of 8, 4, 4, 4 and 12.
pub fn uuid_text(bits: u128) -> String {
    let group = |shift: u32, digits: u32| (bits >> shift) & ((1_u128 << (digits * 4)) - 1);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        group(96, 8),
        group(80, 4),
        group(64, 4),
        group(48, 4),
        group(0, 12)
    )
}
