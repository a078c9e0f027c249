//! No request makes the verifier panic, and none is verified without the key.

use strongroom_core::app::SecretAccessKey;
use strongroom_core::aws::sigv4::{
    BodyHash, Expectations, Request, SKEW_STS, Session, Signed, SigningKey,
};
use strongroom_core::time::Timestamp;

/// 20260102T030405Z, when the seeds were signed.
const NOW: Timestamp = Timestamp(1_767_323_045_000);

/// The text is a request: its line, header fields, an empty line, the body.
///
/// # Panics
/// Where a request is verified with a key that it was not signed with, or a refusal says nothing.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let start = lines.next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
    let (method, target) = start.split_once(' ').unwrap_or((start, ""));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(&str, &[u8])> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.as_bytes()))
        .collect();
    let body_sha256 = BodyHash::of(body.as_bytes());
    let request = Request { method, path, query, headers: &headers, body_sha256 };
    let signed = match Signed::parse(&request) {
        Ok(signed) => signed,
        Err(fault) => {
            assert!(!fault.to_string().is_empty() && fault.error_type().ends_with("Exception"));
            return;
        }
    };
    let key = SigningKey::derive(&SecretAccessKey::from("another".to_owned()), signed.scope());
    let token = signed.session_token().map(str::to_owned);
    let session = token.as_deref().map(|token| Session { token, expires: Timestamp(u64::MAX) });
    let scope = signed.scope();
    let expected = Expectations { service: scope.service, region: None, skew: SKEW_STS };
    let verified = signed.verify(&key, session, NOW, &expected);
    assert!(verified.is_err(), "{text}");
    if let (Err(fault), Some(token)) = (verified, token)
        && token.len() > 40
    {
        assert!(!format!("{fault} {fault:?}").contains(&token), "{fault}");
    }
}
