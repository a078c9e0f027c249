//! What a bearer shows, and what is kept of it.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use zeroize::Zeroizing;

use crate::random::{self, Random};
use crate::secret::secret_bytes;

/// What service tokens begin with, as Vault's do.
pub const SERVICE_PREFIX: &str = "hvs.";
/// What batch tokens begin with, as Vault's do.
pub const BATCH_PREFIX: &str = "hvb.";
/// The longest text that is looked at as a token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 16_384;

const ACCESSOR_CHARS: usize = 24;
const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

secret_bytes! {
    /// A token as its bearer has it.
    PlainToken
}

/// Keys the hashes of tokens.
pub struct TokenKey(hmac::Key);

/// `HMAC-SHA256(token key, text)`: what a token is found by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct TokenHash(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

/// Names a token without being it: 24 letters and digits.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Accessor(#[n(0)] pub String);

impl PlainToken {
    /// A new service token: 256 random bits.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let bits: Zeroizing<[u8; 32]> = Zeroizing::new(random::array(random));
        let mut text = SERVICE_PREFIX.to_owned();
        BASE64URL_NOPAD.encode_append(&*bits, &mut text);
        Self::from(text)
    }

    /// A batch token that holds these encrypted bytes.
    #[must_use]
    pub fn batch(sealed: &[u8]) -> Self {
        let mut text = BATCH_PREFIX.to_owned();
        BASE64URL_NOPAD.encode_append(sealed, &mut text);
        Self::from(text)
    }

    /// The encrypted bytes that a batch token holds; `None` for another text.
    #[must_use]
    pub fn batch_bytes(&self) -> Option<Vec<u8>> {
        let text = self.expose_text()?.strip_prefix(BATCH_PREFIX)?;
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()
    }
}

impl TokenKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// `HMAC-SHA256(key, token)`
    #[must_use]
    pub fn hash(&self, token: &PlainToken) -> TokenHash {
        self.hash_bytes(token.expose())
    }

    /// `HMAC-SHA256(key, text)`, for other texts that are only compared.
    #[must_use]
    pub fn hash_bytes(&self, text: &[u8]) -> TokenHash {
        let tag = hmac::sign(&self.0, text);
        let mut hash = [0; 32];
        hash.copy_from_slice(tag.as_ref());
        TokenHash(hash)
    }
}

impl TokenHash {
    /// The hash with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its first 16 hexadecimal digits, for logs.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.first_chunk::<8>().map(|head| HEXLOWER.encode(head)).unwrap_or_default()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 64];
        f.write_str(HEXLOWER.encode_mut_str(&self.0, &mut digits))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({})", self.short())
    }
}

impl std::str::FromStr for TokenHash {
    type Err = crate::identifier::IdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(crate::identifier::IdentifierError)
    }
}

impl Accessor {
    /// A new accessor.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self(alphanumeric(ACCESSOR_CHARS, random))
    }

    /// The accessor as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Accessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Letters and digits, each as likely as the others: bytes beyond the last multiple of 62 are drawn anew.
pub fn alphanumeric(chars: usize, random: &dyn Random) -> String {
    let mut text = String::with_capacity(chars);
    while text.len() < chars {
        let drawn: [u8; 32] = random::array(random);
        let fair = drawn.into_iter().filter(|byte| *byte < 248);
        let letters = fair.filter_map(|byte| ALPHANUMERIC.get(usize::from(byte % 62)));
        text.extend(letters.map(|letter| char::from(*letter)).take(chars - text.len()));
    }
    text
}
