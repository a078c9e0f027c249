//! Keys derived from a version's key and a context (Vault's `hkdf_sha256`, RFC 5869).
//!
//! ```text
//! derived           = HKDF-SHA-256[no salt, info = context](version's key)
//! cipher            key = derived(16 or 32)
//! convergent cipher key || HMAC key(32) = derived(48 or 64)
//! Ed25519 seed      = derived(32)
//! convergent nonce  = HMAC-SHA-256[HMAC key](plaintext), its first 12 bytes       (Vault's convergent version 3)
//! ```

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::aead::NONCE_BYTES;
use super::material::MaterialError;

/// The length of the key that makes convergent nonces, in bytes.
pub(super) const NONCE_KEY_BYTES: usize = 32;

/// `HKDF-SHA-256[no salt, context](key, length)`
pub(super) fn derive(
    key: &[u8],
    context: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, MaterialError> {
    let mut derived = Zeroizing::new(vec![0; length]);
    Salt::none(HKDF_SHA256)
        .extract(key)
        .expand(&[context], Length(length))
        .and_then(|output| output.fill(&mut derived))
        .map_err(|_| MaterialError)?;
    Ok(derived)
}

/// The nonce that `plaintext` always gets under this key.
pub(super) fn convergent_nonce(nonce_key: &[u8], plaintext: &[u8]) -> [u8; NONCE_BYTES] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, nonce_key), plaintext);
    let mut nonce = [0; NONCE_BYTES];
    for (to, from) in nonce.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    nonce
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}
