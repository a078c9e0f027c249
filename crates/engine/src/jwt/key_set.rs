//! The keys of one issuer.

use data_encoding::BASE64;

use super::algorithm::Algorithms;
use super::claims::Claims;
use super::error::JwtError;
use super::fetch::DOCUMENT_BYTES_MAX;
use super::json::Json;
use super::jws::Compact;
use super::key::VerificationKey;

/// The most keys of one issuer.
pub const KEYS_MAX: usize = 128;

/// Keys that verify tokens.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
    /// Whether the `kid` of a token chooses among them. Keys from PEM have no identifier, and all are tried.
    have_ids: bool,
}

/// Why a document or a text gives no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySetError {
    /// It is no JSON Web Key Set (RFC 7517 section 5).
    #[error("the document is no JSON Web Key Set")]
    Document,
    /// It is no PEM of a public key.
    #[error(
        "not a PEM public key for signatures: begin with BEGIN PUBLIC KEY or BEGIN RSA PUBLIC KEY, of RSA with 2048 to 8192 bits, P-256, P-384, P-521 or Ed25519; of a certificate give its public key"
    )]
    Pem,
    /// It is too large.
    #[error("a document of keys has at most {DOCUMENT_BYTES_MAX} bytes and {KEYS_MAX} keys")]
    TooLarge,
}

impl KeySet {
    /// The keys of a JSON Web Key Set that can verify; others are passed over.
    ///
    /// # Errors
    /// [`KeySetError::Document`] and [`KeySetError::TooLarge`]
    pub fn from_jwks(document: &[u8]) -> Result<Self, KeySetError> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(KeySetError::TooLarge);
        }
        let document = Json::parse(document).map_err(|_| KeySetError::Document)?;
        let keys = document.get("keys").and_then(Json::as_list).ok_or(KeySetError::Document)?;
        if keys.len() > KEYS_MAX {
            return Err(KeySetError::TooLarge);
        }
        let keys = keys.iter().filter_map(Json::as_object).filter_map(VerificationKey::from_jwk);
        Ok(Self { keys: keys.collect(), have_ids: true })
    }

    /// The keys of PEM texts (RFC 7468), each with one or more.
    ///
    /// # Errors
    /// [`KeySetError::Pem`] when one of them is none, and [`KeySetError::TooLarge`]
    pub fn from_pems<T: AsRef<str>>(texts: &[T]) -> Result<Self, KeySetError> {
        let mut keys = Vec::new();
        for text in texts {
            let text = text.as_ref();
            if text.len() > DOCUMENT_BYTES_MAX {
                return Err(KeySetError::TooLarge);
            }
            for der in pem_blocks(text).ok_or(KeySetError::Pem)? {
                if keys.len() >= KEYS_MAX {
                    return Err(KeySetError::TooLarge);
                }
                keys.push(VerificationKey::from_der(&der).ok_or(KeySetError::Pem)?);
            }
        }
        Ok(Self { keys, have_ids: false })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[VerificationKey] {
        &self.keys
    }

    /// The claims of a token, once one of these keys has verified it with an allowed algorithm. Times, issuer and
    /// audience are still to be checked.
    ///
    /// # Errors
    /// [`JwtError`]
    pub fn verify(&self, token: &str, allowed: &Algorithms) -> Result<Claims, JwtError> {
        let token = Compact::parse(token)?;
        self.verify_parsed(&token, allowed)?;
        Claims::parse(&token.payload)
    }

    /// The order is: the algorithm, then the keys that fit it, then the signature.
    pub(super) fn verify_parsed(
        &self,
        token: &Compact<'_>,
        allowed: &Algorithms,
    ) -> Result<(), JwtError> {
        if !allowed.contains(token.algorithm) {
            return Err(JwtError::Algorithm);
        }
        let is_named = |key: &&VerificationKey| match &token.key_id {
            Some(id) if self.have_ids => key.id() == Some(id),
            _ => true,
        };
        let mut candidates =
            self.keys.iter().filter(is_named).filter(|key| key.fits(token.algorithm)).peekable();
        if candidates.peek().is_none() {
            return Err(JwtError::UnknownKey);
        }
        let message = token.signed.as_bytes();
        let is_verified =
            candidates.any(|key| key.verifies(token.algorithm, message, &token.signature));
        if is_verified { Ok(()) } else { Err(JwtError::Signature) }
    }
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// The contents of the public keys in a text that holds nothing else; `None` when it holds none.
fn pem_blocks(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut blocks = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (label, after) = rest.strip_prefix(BEGIN)?.split_once(DASHES)?;
        if !matches!(label, "PUBLIC KEY" | "RSA PUBLIC KEY") {
            return None;
        }
        let (body, after) = after.split_once(&format!("-----END {label}{DASHES}"))?;
        let digits: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        blocks.push(BASE64.decode(digits.as_bytes()).ok()?);
        rest = after.trim_start();
    }
    (!blocks.is_empty()).then_some(blocks)
}
