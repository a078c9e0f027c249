//! Values of secrets.

use data_encoding::BASE64;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use strongroom_core::model::{Payload, PayloadKind};
use strongroom_core::secret::SecretValue;
use zeroize::Zeroizing;

/// A value: `{"text": "…"}`, `{"json": "…"}` (a JSON document, as text, byte for byte), or `{"base64": "…"}` for bytes.
#[derive(Debug)]
pub struct Value(pub Payload);

const TEXT: &str = "text";
const JSON: &str = "json";
const BYTES: &str = "base64";

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Written {
    Text(Erased),
    Json(Erased),
    Base64(Erased),
}

/// A text that is erased when it is dropped.
struct Erased(Zeroizing<String>);

impl<'de> Deserialize<'de> for Erased {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Erased {
    fn into_value(mut self) -> SecretValue {
        SecretValue::from(std::mem::take(&mut *self.0))
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        let value = self.0.value();
        match (self.0.kind(), value.expose_text()) {
            (PayloadKind::Text, Some(text)) => map.serialize_entry(TEXT, text)?,
            (PayloadKind::Json, Some(text)) => map.serialize_entry(JSON, text)?,
            _ => {
                let text = Zeroizing::new(BASE64.encode(value.expose()));
                map.serialize_entry(BYTES, &*text)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, value) = match Written::deserialize(deserializer)? {
            Written::Text(text) => (PayloadKind::Text, text.into_value()),
            Written::Json(text) => (PayloadKind::Json, text.into_value()),
            Written::Base64(text) => {
                let bytes = BASE64.decode(text.0.as_bytes());
                let bytes = bytes.map_err(|_| de::Error::custom("a value is not base64"))?;
                (PayloadKind::Bytes, SecretValue::new(bytes))
            }
        };
        Payload::new(kind, value).map(Self).map_err(de::Error::custom)
    }
}

/// A copy, for a side that keeps its own.
impl From<&Payload> for Value {
    #[expect(
        clippy::expect_used,
        reason = "the payload was held to the same rules when it was made"
    )]
    fn from(payload: &Payload) -> Self {
        let value = SecretValue::new(payload.value().expose().to_vec());
        Self(Payload::new(payload.kind(), value).expect("a copy is as good"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_comes_back_byte_for_byte() {
        for (kind, bytes) in [
            (PayloadKind::Text, "välue \"\\\n\u{0}".as_bytes()),
            (PayloadKind::Text, b""),
            (PayloadKind::Json, br#"{ "a" : 1.00 }"#),
            (PayloadKind::Bytes, &[0xff, 0, 0xfe]),
            (PayloadKind::Bytes, b"text kept as bytes"),
        ] {
            let payload = Payload::new(kind, SecretValue::new(bytes.to_vec())).expect("fits");
            let text = serde_json::to_string(&Value::from(&payload)).expect("writes");
            let read: Value = serde_json::from_str(&text).expect("reads");
            assert_eq!(read.0, payload, "{text}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused_without_being_quoted() {
        for bad in [r#"{"base64":"cAnArY!"}"#, r#"{"cAnArY":1}"#, r#"{"text":{"cAnArY":1}}"#] {
            let error = serde_json::from_str::<Value>(bad).expect_err("is refused");
            let told = error.to_string();
            assert!(!told.contains("cAnArY") || told.contains("unknown variant"), "{told}");
        }
    }
}
