use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use crate::random::{self, Random};
use crate::secret::secret_bytes;
use crate::time::Timestamp;
use crate::token::TokenHash;

/// How long a client's secret is.
pub const CLIENT_SECRET_CHARS: usize = 40;
/// The longest text that is looked at as a client's secret, in bytes.
pub const CLIENT_SECRET_BYTES_MAX: usize = 256;

secret_bytes! {
    /// What a client shows with its id: 40 characters of base64url, 240 random bits.
    ClientSecretText
}

/// An app as a client of client credentials (RFC 6749, section 4.4).
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Client {
    /// What it names itself by: a UUID.
    #[n(0)]
    pub id: String,
    /// What it shows with that, without the texts.
    #[n(1)]
    pub secrets: Vec<ClientSecret>,
}

/// A secret of a client as it is kept: without itself.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct ClientSecret {
    /// Names it without being it: a UUID.
    #[n(0)]
    pub id: String,
    /// What its text hashes to.
    #[n(1)]
    pub hash: TokenHash,
    /// When it was made.
    #[n(2)]
    pub created: Timestamp,
    /// When it ends; never when `None`.
    #[n(3)]
    pub expires: Option<Timestamp>,
}

impl ClientSecretText {
    /// A new secret: 240 random bits.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let bits: Zeroizing<[u8; 30]> = Zeroizing::new(random::array(random));
        Self::from(BASE64URL_NOPAD.encode(&*bits))
    }
}

impl ClientSecret {
    /// Whether its time is over.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}
