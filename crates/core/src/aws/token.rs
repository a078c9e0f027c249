//! The client's own name of a version (`ClientRequestToken`), which AWS uses as its id (`VersionId`).
//!
//! A version has an id of 128 bits at every door. A token that is a UUID in its usual text is that id; another one is
//! kept beside the version, and the id is made from its hash, so that the same token always names the same version.

use std::borrow::Cow;

use aws_lc_rs::digest;

use crate::identifier::VersionId;
use crate::model::{Secret, Version};

/// The shortest token, in characters (AWS's limit).
pub const TOKEN_CHARS_MIN: usize = 32;
/// The longest token, in characters (AWS's limit).
pub const TOKEN_CHARS_MAX: usize = 64;
/// What AWS answers where no token was sent: `InvalidRequestException` to a write, `InvalidParameterException` to a
/// rotation.
pub const MISSING_TOKEN: &str =
    "You must provide a ClientRequestToken value. We recommend a UUID-type value.";
const HASHED_BEFORE: &[u8] = b"strongroom: AWS client request token\0";

/// A client's name of a version, 32 to 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientRequestToken(String);

/// A text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has {TOKEN_CHARS_MIN} to {TOKEN_CHARS_MAX} characters and no control characters")]
pub struct TokenError;

impl ClientRequestToken {
    /// # Errors
    /// [`TokenError`]
    pub fn new(text: impl Into<String>) -> Result<Self, TokenError> {
        let text = text.into();
        let fits = (TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX).contains(&text.chars().count());
        if !fits || text.chars().any(char::is_control) {
            return Err(TokenError);
        }
        Ok(Self(text))
    }

    /// The token of a version that was made at another door: its id as a UUID.
    #[must_use]
    pub fn of_id(id: VersionId) -> Self {
        Self(uuid_text(id))
    }

    /// The token as the client sent it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the version that the token names: the UUID's bits, or `SHA-256(prefix || token)[..16]`.
    #[must_use]
    pub fn version_id(&self) -> VersionId {
        if let Some(id) = self.as_uuid() {
            return id;
        }
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(HASHED_BEFORE);
        context.update(self.0.as_bytes());
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(context.finish().as_ref()) {
            *byte = *hashed;
        }
        VersionId::from_bytes(bytes)
    }

    /// What is kept beside the id ([`Version::client_token`]): nothing when the id says it all.
    #[must_use]
    pub fn beside_id(&self) -> Option<String> {
        self.as_uuid().is_none().then(|| self.0.clone())
    }

    /// Whether it names this version.
    #[must_use]
    pub fn names(&self, version: &Version) -> bool {
        version.id == self.version_id() && *text_of(version) == self.0
    }

    /// The version that it names.
    #[must_use]
    pub fn find<'a>(&self, secret: &'a Secret) -> Option<&'a Version> {
        secret.versions().iter().find(|version| self.names(version))
    }

    /// The bits of a UUID in lower case; in another spelling it is a text like any other.
    fn as_uuid(&self) -> Option<VersionId> {
        let id: VersionId = self.0.replace('-', "").parse().ok()?;
        (uuid_text(id) == self.0).then_some(id)
    }
}

/// A version's id as AWS's clients see it.
#[must_use]
pub fn text_of(version: &Version) -> Cow<'_, str> {
    match &version.client_token {
        Some(token) => Cow::Borrowed(token),
        None => Cow::Owned(uuid_text(version.id)),
    }
}

fn uuid_text(id: VersionId) -> String {
    let digits = id.to_string();
    let group = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::SecretId;
    use crate::model::{Limits, NewVersion, PayloadKind};
    use crate::time::Timestamp;

    const UUID: &str = "01234567-89ab-cdef-0123-456789abcdef";

    fn token(text: &str) -> ClientRequestToken {
        ClientRequestToken::new(text).unwrap()
    }

    #[test]
    fn a_token_is_held_to_its_limits() {
        for (characters, good) in [(31, false), (32, true), (64, true), (65, false)] {
            assert_eq!(ClientRequestToken::new("é".repeat(characters)).is_ok(), good);
        }
        assert_eq!(ClientRequestToken::new("\n".repeat(32)), Err(TokenError));
    }

    #[test]
    fn a_uuid_is_the_id_itself() {
        let uuid = token(UUID);
        assert_eq!(uuid.version_id().to_string(), "0123456789abcdef0123456789abcdef");
        assert_eq!(uuid.beside_id(), None);
        assert_eq!(ClientRequestToken::of_id(uuid.version_id()), uuid);
    }

    #[test]
    fn other_spellings_of_a_uuid_are_other_tokens() {
        for other in [UUID.to_ascii_uppercase(), UUID.replace('-', ""), format!("{UUID}-")] {
            let other = token(&other);
            assert_ne!(other.version_id(), token(UUID).version_id());
            assert_eq!(other.beside_id().as_deref(), Some(other.as_str()));
        }
    }

    #[test]
    fn a_version_is_found_by_the_token_that_made_it() {
        let mut secret =
            Secret::new(SecretId::from_bytes([1; 16]), Limits::default(), Timestamp(1));
        let tokens = [token(UUID), token(&"any text of a client's".repeat(2))];
        for token in &tokens {
            let mut new = NewVersion::current(token.version_id(), PayloadKind::Text);
            new.client_token = token.beside_id();
            secret.write(new, Timestamp(2)).unwrap();
        }
        for token in &tokens {
            assert_eq!(text_of(token.find(&secret).unwrap()), token.as_str());
        }
        assert_eq!(token(&"x".repeat(32)).find(&secret), None);
        assert_eq!(token(&UUID.to_ascii_uppercase()).find(&secret), None);
    }
}
