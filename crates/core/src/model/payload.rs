//! What a version holds.

use crate::secret::SecretValue;

/// The largest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 1_048_576;

/// How a value was given, which decides how each door shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum PayloadKind {
    /// UTF-8 text.
    #[n(1)]
    Text,
    /// Any bytes.
    #[n(2)]
    Bytes,
    /// A JSON document, in the bytes it was sent in.
    #[n(3)]
    Json,
}

/// A value, byte for byte as it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Payload {
    kind: PayloadKind,
    value: SecretValue,
}

/// Why a value is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Text and JSON are UTF-8.
    #[error("the value is not UTF-8 text; store it as bytes")]
    NotText,
    /// It is larger than [`VALUE_BYTES_MAX`].
    #[error("the value has {0} bytes, and {VALUE_BYTES_MAX} are the most a secret holds")]
    TooLarge(usize),
}

impl Payload {
    /// # Errors
    /// [`PayloadError`]
    pub fn new(kind: PayloadKind, value: SecretValue) -> Result<Self, PayloadError> {
        let length = value.expose().len();
        if length > VALUE_BYTES_MAX {
            return Err(PayloadError::TooLarge(length));
        }
        if kind != PayloadKind::Bytes && value.expose_text().is_none() {
            return Err(PayloadError::NotText);
        }
        Ok(Self { kind, value })
    }

    /// Text when the bytes are UTF-8, else bytes.
    ///
    /// # Errors
    /// [`PayloadError::TooLarge`]
    pub fn text_or_bytes(value: SecretValue) -> Result<Self, PayloadError> {
        let kind = match value.expose_text() {
            Some(_) => PayloadKind::Text,
            None => PayloadKind::Bytes,
        };
        Self::new(kind, value)
    }

    /// How the value was given.
    #[must_use]
    pub fn kind(&self) -> PayloadKind {
        self.kind
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &SecretValue {
        &self.value
    }

    /// The value alone.
    #[must_use]
    pub fn into_value(self) -> SecretValue {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_held_to_its_limit_and_kind() {
        let value = |length| SecretValue::new(vec![b'x'; length]);
        assert!(Payload::new(PayloadKind::Text, value(VALUE_BYTES_MAX)).is_ok());
        let over = Payload::new(PayloadKind::Bytes, value(VALUE_BYTES_MAX + 1));
        assert_eq!(over, Err(PayloadError::TooLarge(VALUE_BYTES_MAX + 1)));
        let binary = || SecretValue::new(vec![0xff]);
        assert_eq!(Payload::new(PayloadKind::Json, binary()), Err(PayloadError::NotText));
        let guessed = Payload::text_or_bytes(binary()).expect("fits");
        assert_eq!(guessed.kind(), PayloadKind::Bytes);
    }
}
