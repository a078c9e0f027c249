//! What of a request is signed.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

/// A request as it came, before anything is decoded.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The path as it stood in the request line, percent-encoded.
    pub path: &'a str,
    /// The query as it stood in the request line, without `?`; empty when there is none.
    pub query: &'a str,
    /// The header fields, names in any case, in the order in which they came. Of HTTP/2, `:authority` is given as
    /// `host`.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The hash of the body that is going to be acted on.
    pub body_sha256: BodyHash,
}

/// The SHA-256 of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyHash([u8; 32]);

impl Request<'_> {
    /// The values of the header fields with this name (in lower case).
    pub(super) fn values<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r [u8]> {
        self.headers
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

impl BodyHash {
    /// `SHA-256(body)`
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, body).as_ref());
        Self(hash)
    }

    pub(super) fn hexadecimal(self) -> String {
        HEXLOWER.encode(&self.0)
    }
}
