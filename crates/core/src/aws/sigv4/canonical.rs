//! The canonical request and the string to sign.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

use super::date::SigningTime;
use super::key::Scope;
use super::parameters::{Parameters, push_path_segment};
use super::request::Request;

/// The one algorithm.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The header field of a session token.
pub(super) const SECURITY_TOKEN_HEADER: &str = "x-amz-security-token";
/// The parameter of a session token in a presigned URL.
pub(super) const SECURITY_TOKEN_PARAMETER: &str = "X-Amz-Security-Token";
const LEFT_OUT: &[u8] = b"(left out)";

/// Whether the value of a session token is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tokens {
    Written,
    LeftOut,
}

/// What is signed, apart from the time and the scope.
pub(super) struct Canonical<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) parameters: &'a Parameters,
    /// The parameter that is no part of what is signed: the signature itself.
    pub(super) without: Option<&'a str>,
    /// In lower case, in order.
    pub(super) signed_headers: &'a [String],
}

impl Canonical<'_> {
    /// `method \n path \n query \n headers \n\n signed headers \n hex(SHA-256(body))`
    pub(super) fn request(&self, tokens: Tokens) -> Vec<u8> {
        let mut text = Vec::with_capacity(512);
        text.extend_from_slice(self.request.method.as_bytes());
        text.push(b'\n');
        push_path(self.request.path, &mut text);
        text.push(b'\n');
        let hidden = (tokens == Tokens::LeftOut).then_some((SECURITY_TOKEN_PARAMETER, LEFT_OUT));
        self.parameters.push_canonical(self.without, hidden, &mut text);
        text.push(b'\n');
        for name in self.signed_headers {
            text.extend_from_slice(name.as_bytes());
            text.push(b':');
            if tokens == Tokens::LeftOut && name == SECURITY_TOKEN_HEADER {
                text.extend_from_slice(LEFT_OUT);
            } else {
                for (index, value) in self.request.values(name).enumerate() {
                    if index > 0 {
                        text.push(b',');
                    }
                    push_folded(value, &mut text);
                }
            }
            text.push(b'\n');
        }
        text.push(b'\n');
        text.extend_from_slice(self.signed_headers.join(";").as_bytes());
        text.push(b'\n');
        text.extend_from_slice(self.request.body_sha256.hexadecimal().as_bytes());
        text
    }
}

/// `"AWS4-HMAC-SHA256" \n time \n scope \n hex(SHA-256(canonical request))`
pub(super) fn string_to_sign(canonical: &[u8], time: SigningTime, scope: Scope<'_>) -> String {
    let hash = HEXLOWER.encode(digest::digest(&digest::SHA256, canonical).as_ref());
    format!("{ALGORITHM}\n{time}\n{scope}\n{hash}")
}

/// The path without dot segments and empty segments (RFC 3986, section 5.2.4), percent-encoded a second time, as every
/// service but S3 wants it.
fn push_path(path: &str, into: &mut Vec<u8>) {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    for segment in &segments {
        into.push(b'/');
        for byte in segment.bytes() {
            push_path_segment(byte, into);
        }
    }
    let ends_open = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if segments.is_empty() || ends_open {
        into.push(b'/');
    }
}

/// The value without white space at its ends, and one space for each run of it within.
fn push_folded(value: &[u8], into: &mut Vec<u8>) {
    let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            into.push(b' ');
        }
        into.extend_from_slice(word);
    }
}
