//! The compact form of a signed token (RFC 7515 section 7.1), before its signature is verified.

use data_encoding::BASE64URL_NOPAD;

use super::algorithm::Algorithm;
use super::error::JwtError;
use super::json::Json;

/// The longest token, in bytes.
pub const TOKEN_BYTES_MAX: usize = 64 * 1024;
/// The longest identifier of a key, in bytes.
pub const KEY_ID_BYTES_MAX: usize = 256;

/// `base64url(header).base64url(payload).base64url(signature)`, taken apart. The payload is unverified.
pub struct Compact<'a> {
    /// What the signature is of: the header and the payload as they came.
    pub signed: &'a str,
    pub algorithm: Algorithm,
    pub key_id: Option<String>,
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Of the header, `alg` and `kid` are heeded. `jwk`, `jku`, `x5c` and `x5u` name keys that a forger would choose,
    /// and are not looked at.
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(JwtError::TooLarge);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        let header = Json::parse(&decoded(header)?).map_err(|_| JwtError::Malformed)?;
        let header = header.as_object().ok_or(JwtError::Malformed)?;
        // RFC 7515 section 4.1.11: what is critical and not understood refuses the token. Nothing is understood.
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(JwtError::Critical);
        }
        let algorithm = header.get("alg").and_then(Json::as_text).ok_or(JwtError::Malformed)?;
        let algorithm = Algorithm::named(algorithm).map_err(|_| JwtError::Algorithm)?;
        let key_id = match header.get("kid") {
            None => None,
            Some(id) => Some(id.as_text().ok_or(JwtError::Malformed)?),
        };
        if key_id.is_some_and(|id| id.len() > KEY_ID_BYTES_MAX) {
            return Err(JwtError::UnknownKey);
        }
        let key_id = key_id.map(str::to_owned);
        let (payload, signature) = (decoded(payload)?, decoded(signature)?);
        Ok(Self { signed, algorithm, key_id, payload, signature })
    }
}

/// Without padding, and with no bits left over: a token has one text.
fn decoded(part: &str) -> Result<Vec<u8>, JwtError> {
    BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| JwtError::Malformed)
}
