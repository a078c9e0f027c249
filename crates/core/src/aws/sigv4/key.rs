//! What a day's requests are signed with.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::app::SecretAccessKey;

/// What ends every credential's scope.
pub(super) const TERMINATOR: &str = "aws4_request";

/// What a signing key is good for: a day, a region and a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// The day in UTC, `YYYYMMDD`.
    pub day: &'a str,
    /// The region.
    pub region: &'a str,
    /// The service's signing name, such as `secretsmanager`.
    pub service: &'a str,
}

/// The key for one access key, day, region and service. It can be kept for as long as the secret access key is good.
pub struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    /// `HMAC(HMAC(HMAC(HMAC("AWS4" || secret, day), region), service), "aws4_request")`, with SHA-256.
    #[must_use]
    pub fn derive(secret: &SecretAccessKey, scope: Scope<'_>) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(4 + secret.expose().len()));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose());
        let mut key = Self(Zeroizing::new([0; 32]));
        key.become_tag(&first, scope.day);
        for part in [scope.region, scope.service, TERMINATOR] {
            let with = Zeroizing::new(*key.0);
            key.become_tag(with.as_slice(), part);
        }
        key
    }

    /// Whether the signature is this key's of the text. The comparison takes the same time for every signature.
    #[must_use]
    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8; 32]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        hmac::verify(&key, text, signature).is_ok()
    }

    #[cfg(test)]
    pub(super) fn sign(&self, text: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        data_encoding::HEXLOWER.encode(hmac::sign(&key, text).as_ref())
    }

    fn become_tag(&mut self, key: &[u8], text: &str) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        self.0.copy_from_slice(hmac::sign(&key, text.as_bytes()).as_ref());
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{TERMINATOR}", self.day, self.region, self.service)
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    /// The example of AWS's documentation,
    /// <https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html>.
    #[test]
    fn the_derived_key_is_that_of_the_documentation() {
        let secret = SecretAccessKey::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned());
        let scope = Scope { day: "20120215", region: "us-east-1", service: "iam" };
        let key = SigningKey::derive(&secret, scope);
        assert_eq!(
            HEXLOWER.encode(key.0.as_slice()),
            "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"
        );
        assert_eq!(scope.to_string(), "20120215/us-east-1/iam/aws4_request");
    }

    #[test]
    fn debug_shows_no_key() {
        let secret = SecretAccessKey::from("canary".to_owned());
        let key =
            SigningKey::derive(&secret, Scope { day: "20120215", region: "r", service: "iam" });
        assert_eq!(format!("{secret:?} {key:?}"), "SecretAccessKey(..) SigningKey(..)");
    }
}
