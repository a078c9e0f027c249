//! What callers note about an entity, a group or an alias.

use std::collections::BTreeMap;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// The most entries (Vault's limit).
pub const METADATA_ENTRIES_MAX: usize = 64;
/// The longest key, in bytes (Vault's limit).
pub const METADATA_KEY_BYTES_MAX: usize = 128;
/// The longest value, in bytes (Vault's limit).
pub const METADATA_VALUE_BYTES_MAX: usize = 512;

/// Pairs of texts, at most [`METADATA_ENTRIES_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

/// Why pairs of texts are no metadata.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// A key without characters, or with control characters.
    #[error("a metadata key is not empty and holds no control characters")]
    Key,
    /// A key is too long.
    #[error("a metadata key has at most {METADATA_KEY_BYTES_MAX} bytes")]
    KeyTooLong,
    /// Too many entries.
    #[error("there are at most {METADATA_ENTRIES_MAX} metadata entries")]
    TooMany,
    /// A value is too long.
    #[error("a metadata value has at most {METADATA_VALUE_BYTES_MAX} bytes")]
    ValueTooLong,
}

impl Metadata {
    /// # Errors
    /// [`MetadataError`]
    pub fn new(entries: BTreeMap<String, String>) -> Result<Self, MetadataError> {
        if entries.len() > METADATA_ENTRIES_MAX {
            return Err(MetadataError::TooMany);
        }
        for (key, value) in &entries {
            if key.is_empty() || key.chars().any(char::is_control) {
                return Err(MetadataError::Key);
            }
            if key.len() > METADATA_KEY_BYTES_MAX {
                return Err(MetadataError::KeyTooLong);
            }
            if value.len() > METADATA_VALUE_BYTES_MAX {
                return Err(MetadataError::ValueTooLong);
            }
        }
        Ok(Self(entries))
    }

    /// The pairs.
    #[must_use]
    pub fn entries(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl<C> Encode<C> for Metadata {
    fn encode<W: encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        self.0.encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for Metadata {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, decode::Error> {
        let entries = BTreeMap::decode(decoder, context)?;
        Self::new(entries).map_err(|error| decode::Error::message(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(key: &str, value: &str) -> Result<Metadata, MetadataError> {
        Metadata::new(BTreeMap::from([(key.to_owned(), value.to_owned())]))
    }

    #[test]
    fn each_limit_holds_at_its_edge_and_not_past_it() {
        let key = |bytes| "k".repeat(bytes);
        assert!(made(&key(METADATA_KEY_BYTES_MAX), &key(METADATA_VALUE_BYTES_MAX)).is_ok());
        assert_eq!(made(&key(METADATA_KEY_BYTES_MAX + 1), ""), Err(MetadataError::KeyTooLong));
        let value = made("k", &key(METADATA_VALUE_BYTES_MAX + 1));
        assert_eq!(value, Err(MetadataError::ValueTooLong));
        for key in ["", "a\nb"] {
            assert_eq!(made(key, ""), Err(MetadataError::Key));
        }
        let entries = |count: usize| (0..count).map(|n| (n.to_string(), String::new())).collect();
        assert!(Metadata::new(entries(METADATA_ENTRIES_MAX)).is_ok());
        assert_eq!(Metadata::new(entries(METADATA_ENTRIES_MAX + 1)), Err(MetadataError::TooMany));
    }

    #[test]
    fn a_record_past_a_limit_is_not_read() {
        let long = BTreeMap::from([("k", "v".repeat(METADATA_VALUE_BYTES_MAX + 1))]);
        let bytes = minicbor::to_vec(long).unwrap();
        assert!(minicbor::decode::<Metadata>(&bytes).is_err());
        let bytes = minicbor::to_vec(made("k", "v").unwrap()).unwrap();
        assert_eq!(minicbor::decode::<Metadata>(&bytes).unwrap(), made("k", "v").unwrap());
    }
}
