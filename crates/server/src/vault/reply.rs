//! What a route answers, and Vault's envelope around it.

use std::fmt;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use strongroom_core::audit::{RequestId, push_decimal};

use crate::door::Answer;

/// What a route answers.
pub enum Reply {
    /// 204.
    Empty,
    /// 200 and the envelope around it.
    Enveloped(Box<Envelope>),
    /// A status and the text of the whole envelope.
    Written(StatusCode, Vec<u8>),
    /// A status and JSON of its own, without an envelope.
    Raw(StatusCode, Value),
    /// A status and bytes of a type of their own.
    Bytes(StatusCode, &'static str, Bytes),
}

/// Vault's envelope.
#[derive(Serialize)]
pub struct Envelope {
    #[serde(skip)]
    pub status: StatusCode,
    request_id: String,
    pub lease_id: String,
    pub renewable: bool,
    pub lease_duration: u64,
    pub data: Option<Value>,
    pub wrap_info: Option<Value>,
    pub warnings: Option<Vec<String>>,
    pub auth: Option<Value>,
    /// Members of `data` that stand beside it as well, as Vault answers for `sys/`.
    #[serde(flatten)]
    pub beside: serde_json::Map<String, Value>,
}

impl Envelope {
    fn empty() -> Self {
        Self {
            status: StatusCode::OK,
            request_id: String::new(),
            lease_id: String::new(),
            renewable: false,
            lease_duration: 0,
            data: None,
            wrap_info: None,
            warnings: None,
            auth: None,
            beside: serde_json::Map::new(),
        }
    }
}

/// Without what it holds, which can be a secret.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Enveloped(envelope) => write!(f, "Enveloped({})", envelope.status),
            Self::Written(status, _) => write!(f, "Written({status})"),
            Self::Raw(status, _) => write!(f, "Raw({status})"),
            Self::Bytes(status, kind, _) => write!(f, "Bytes({status}, {kind})"),
        }
    }
}

impl Reply {
    /// `data` in an envelope.
    pub fn data(data: impl Into<Value>) -> Self {
        Self::Enveloped(Box::new(Envelope { data: Some(data.into()), ..Envelope::empty() }))
    }

    /// An envelope with nothing in it.
    pub fn no_data() -> Self {
        Self::Enveloped(Box::new(Envelope::empty()))
    }

    /// `data` in an envelope, with its members beside it.
    pub fn data_and_beside(data: serde_json::Map<String, Value>) -> Self {
        let beside = data.clone();
        let data = Some(Value::Object(data));
        Self::Enveloped(Box::new(Envelope { data, beside, ..Envelope::empty() }))
    }

    /// An envelope whose `data` is written as text, `data_bytes` long or longer: for answers that are large or often
    /// asked for.
    pub fn written(
        id: RequestId,
        status: StatusCode,
        lease_secs: u64,
        data_bytes: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), super::fault::Fault>,
    ) -> Result<Self, super::fault::Fault> {
        const AROUND_BYTES: usize = 256;
        let mut text = Vec::with_capacity(data_bytes + AROUND_BYTES);
        text.extend_from_slice(br#"{"request_id":""#);
        id.push_hex(&mut text);
        text.extend_from_slice(br#"","lease_id":"","renewable":false,"lease_duration":"#);
        push_decimal(&mut text, lease_secs);
        text.extend_from_slice(br#","data":"#);
        write(&mut text)?;
        text.extend_from_slice(br#","wrap_info":null,"warnings":null,"auth":null}"#);
        Ok(Self::Written(status, text))
    }

    /// `auth` in an envelope.
    pub fn auth(auth: Value) -> Self {
        Self::Enveloped(Box::new(Envelope { auth: Some(auth), ..Envelope::empty() }))
    }

    /// `wrap_info` in an envelope.
    pub fn wrapped(info: Value) -> Self {
        Self::Enveloped(Box::new(Envelope { wrap_info: Some(info), ..Envelope::empty() }))
    }

    /// `data` in an envelope with another status.
    pub fn data_with(status: StatusCode, data: Value) -> Self {
        Self::Enveloped(Box::new(Envelope { status, data: Some(data), ..Envelope::empty() }))
    }

    /// With a lease.
    pub fn leased(self, id: String, seconds: u64, renewable: bool) -> Self {
        self.change(|envelope| {
            envelope.lease_id = id;
            envelope.lease_duration = seconds;
            envelope.renewable = renewable;
        })
    }

    /// With warnings, if there are any.
    pub fn warning(self, warnings: Vec<String>) -> Self {
        self.change(|envelope| envelope.warnings = (!warnings.is_empty()).then_some(warnings))
    }

    /// `{"keys": [...]}`; `None` when there are none, for which Vault answers 404.
    pub fn keys(keys: Vec<String>) -> Result<Self, super::fault::Fault> {
        if keys.is_empty() {
            return Err(super::fault::Fault::nothing());
        }
        Ok(Self::data(json!({ "keys": keys })))
    }

    fn change(mut self, change: impl FnOnce(&mut Envelope)) -> Self {
        if let Self::Enveloped(envelope) = &mut self {
            change(envelope);
        }
        self
    }

    /// The body that the client would get.
    pub fn into_bytes(self, id: RequestId) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Enveloped(mut envelope) => {
                envelope.request_id = id.to_string();
                serde_json::to_vec(&envelope).unwrap_or_default()
            }
            Self::Written(_, text) => text,
            Self::Raw(_, value) => serde_json::to_vec(&value).unwrap_or_default(),
            Self::Bytes(_, _, bytes) => bytes.to_vec(),
        }
    }

    pub fn into_answer(self, id: RequestId) -> Answer {
        match self {
            Self::Empty => {
                let mut answer = Answer::new(StatusCode::NO_CONTENT, Bytes::new());
                answer.headers.insert(CACHE_CONTROL, NO_STORE);
                answer
            }
            Self::Enveloped(ref envelope) => {
                let status = envelope.status;
                json_text(status, self.into_bytes(id))
            }
            Self::Written(status, text) => json_text(status, text),
            Self::Raw(status, value) => json_answer(status, &value),
            Self::Bytes(status, kind, bytes) => {
                let mut answer = Answer::new(status, bytes);
                answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                answer.headers.insert(CACHE_CONTROL, NO_STORE);
                answer
            }
        }
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// Without a charset: hvac compares it whole.
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A status and a JSON body.
pub(super) fn json_answer(status: StatusCode, value: &impl Serialize) -> Answer {
    // Vault's types always serialise: their keys are texts.
    json_text(status, serde_json::to_vec(value).unwrap_or_default())
}

fn json_text(status: StatusCode, text: Vec<u8>) -> Answer {
    let mut answer = Answer::new(status, text);
    answer.headers.insert(CONTENT_TYPE, JSON);
    answer.headers.insert(CACHE_CONTROL, NO_STORE);
    answer
}
