use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32, BASE64};
use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

use crate::random::{self, Random};
use crate::secret::secret_bytes;
use crate::time::Timestamp;

/// How long the id of an access key is.
pub const ACCESS_KEY_ID_CHARS: usize = 20;
/// How long the secret of an access key is.
pub const SECRET_ACCESS_KEY_CHARS: usize = 40;

/// What the ids of keys without an end begin with
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
const PREFIX: &str = "AKIA";
/// What the ids of temporary keys begin with.
const TEMPORARY_PREFIX: &str = "ASIA";

/// Names an access key: `AKIA`, or `ASIA` where it is temporary, and 16 characters of `A-Z2-7`. It is no secret.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct AccessKeyId(#[n(0)] String);

/// A text is not the id of an access key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an access key id is {PREFIX} or {TEMPORARY_PREFIX} and 16 characters of A-Z and 2-7")]
pub struct AccessKeyIdError;

secret_bytes! {
    /// What requests are signed with: 40 characters of base64, 240 random bits.
    SecretAccessKey
}

/// An access key of an app, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct AccessKey {
    /// What a request names it by.
    #[n(0)]
    pub id: AccessKeyId,
    /// Whether what it signs is accepted.
    #[n(1)]
    pub active: bool,
    /// When it was made.
    #[n(2)]
    pub created: Timestamp,
}

impl AccessKeyId {
    /// A new id: 80 random bits.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self::with_prefix(PREFIX, random)
    }

    /// A new id of a temporary key: 80 random bits.
    #[must_use]
    pub fn generate_temporary(random: &dyn Random) -> Self {
        Self::with_prefix(TEMPORARY_PREFIX, random)
    }

    /// Whether it is the id of a temporary key.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.starts_with(TEMPORARY_PREFIX)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn with_prefix(prefix: &str, random: &dyn Random) -> Self {
        let bits: [u8; 10] = random::array(random);
        Self(format!("{prefix}{}", BASE32.encode(&bits)))
    }
}

impl FromStr for AccessKeyId {
    type Err = AccessKeyIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut prefixes = [PREFIX, TEMPORARY_PREFIX].into_iter();
        let rest = prefixes.find_map(|prefix| text.strip_prefix(prefix)).ok_or(AccessKeyIdError)?;
        let is_drawn = |byte: u8| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte);
        if text.len() != ACCESS_KEY_ID_CHARS || !rest.bytes().all(is_drawn) {
            return Err(AccessKeyIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SecretAccessKey {
    /// A new secret: 240 random bits.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let bits: Zeroizing<[u8; 30]> = Zeroizing::new(random::array(random));
        Self::from(BASE64.encode(&*bits))
    }
}

impl<C> minicbor::Encode<C> for SecretAccessKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        _context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.bytes(self.expose())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for SecretAccessKey {
    fn decode(
        decoder: &mut Decoder<'b>,
        _context: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        Ok(Self::new(decoder.bytes()?.to_vec()))
    }
}
