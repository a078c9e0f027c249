//! The types that encrypt with one key: AES-GCM and ChaCha20-Poly1305.
//!
//! ```text
//! sealed = nonce(12) || AEAD[key](nonce, plaintext, associated data) || tag(16)
//! ```

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305 as CHACHA, LessSafeKey, NONCE_LEN,
    Nonce, UnboundKey,
};
use zeroize::Zeroizing;

use super::key_type::{Family, Kind, Supports};
use super::material::MaterialError;

/// The length of a nonce, in bytes.
pub(super) const NONCE_BYTES: usize = NONCE_LEN;
/// The length of an authentication tag, in bytes.
pub(super) const TAG_BYTES: usize = 16;

const SUPPORTS: Supports = Supports {
    encryption: true,
    signing: false,
    derivation: true,
    convergent: true,
    associated_data: true,
};

pub(super) static AES_128_GCM96: Kind = Kind {
    number: 1,
    name: "aes128-gcm96",
    algorithm_name: "aes128-gcm96",
    supports: SUPPORTS,
    family: Family::Aead(&Aead { algorithm: &AES_128_GCM, key_bytes: 16 }),
};
pub(super) static AES_256_GCM96: Kind = Kind {
    number: 2,
    name: "aes256-gcm96",
    algorithm_name: "aes256-gcm96",
    supports: SUPPORTS,
    family: Family::Aead(&Aead { algorithm: &AES_256_GCM, key_bytes: 32 }),
};
pub(super) static CHACHA20_POLY1305: Kind = Kind {
    number: 3,
    name: "chacha20-poly1305",
    algorithm_name: "chacha20-poly1305",
    supports: SUPPORTS,
    family: Family::Aead(&Aead { algorithm: &CHACHA, key_bytes: 32 }),
};

/// A cipher and the length of its key.
pub(super) struct Aead {
    algorithm: &'static Algorithm,
    pub(super) key_bytes: usize,
}

/// A sealed message does not open.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OpenFailure {
    TooShort,
    Unauthentic,
}

impl Aead {
    pub(super) fn prepare(&self, key: &[u8]) -> Result<LessSafeKey, MaterialError> {
        UnboundKey::new(self.algorithm, key).map(LessSafeKey::new).map_err(|_| MaterialError)
    }
}

/// `nonce || ciphertext || tag`.
pub(super) fn seal(
    key: &LessSafeKey,
    nonce: [u8; NONCE_BYTES],
    plaintext: &[u8],
    associated: &[u8],
) -> Result<Vec<u8>, MaterialError> {
    let mut body = Zeroizing::new(plaintext.to_vec());
    let tag = key
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(associated),
            &mut body,
        )
        .map_err(|_| MaterialError)?;
    Ok([nonce.as_slice(), &body, tag.as_ref()].concat())
}

/// The plaintext of `nonce || ciphertext || tag`.
pub(super) fn open(
    key: &LessSafeKey,
    sealed: &[u8],
    associated: &[u8],
) -> Result<Zeroizing<Vec<u8>>, OpenFailure> {
    let (nonce, body) = sealed.split_first_chunk().ok_or(OpenFailure::TooShort)?;
    let (ciphertext, tag) = body.split_last_chunk::<TAG_BYTES>().ok_or(OpenFailure::TooShort)?;
    let mut plaintext = Zeroizing::new(vec![0; ciphertext.len()]);
    key.open_separate_gather(
        Nonce::assume_unique_for_key(*nonce),
        Aad::from(associated),
        ciphertext,
        tag,
        &mut plaintext,
    )
    .map_err(|_| OpenFailure::Unauthentic)?;
    Ok(plaintext)
}
