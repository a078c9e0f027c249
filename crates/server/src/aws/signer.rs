//! Who signed a request.

use http::HeaderMap;
use http::header::HOST;
use strongroom_core::aws::sigv4::{BodyHash, Request};

use crate::door::Incoming;

/// What of a request is signed, as it came.
pub struct Signable<'a> {
    headers: Vec<(&'a str, &'a [u8])>,
    incoming: &'a Incoming,
}

impl<'a> Signable<'a> {
    pub fn of(incoming: &'a Incoming) -> Self {
        let fields = incoming.headers();
        let mut headers: Vec<(&str, &[u8])> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        if let Some(authority) = authority(incoming, fields) {
            headers.push(("host", authority.as_bytes()));
        }
        Self { headers, incoming }
    }

    pub fn request(&self) -> Request<'_> {
        Request {
            method: self.incoming.head.method.as_str(),
            path: self.incoming.path(),
            query: self.incoming.query().unwrap_or_default(),
            headers: &self.headers,
            body_sha256: BodyHash::of(&self.incoming.body),
        }
    }
}

/// HTTP/2's `:authority` (RFC 9113, section 8.3.1), where no `host` came with it.
fn authority<'a>(incoming: &'a Incoming, fields: &HeaderMap) -> Option<&'a str> {
    if fields.contains_key(HOST) {
        return None;
    }
    incoming.head.uri.authority().map(|authority| authority.as_str())
}
