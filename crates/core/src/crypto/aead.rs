//! AES-256-GCM over whole buffers. The nonce comes first, the tag last.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::memory::{KEY_BYTES, LockedKey};
use crate::random::{self, Random};

/// The length of a nonce, in bytes.
pub(crate) const NONCE_BYTES: usize = NONCE_LEN;
/// The length of an authentication tag, in bytes.
pub(crate) const TAG_BYTES: usize = 16;
/// The length of a key wrapped by another: nonce, ciphertext, tag.
pub const WRAPPED_KEY_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/// A ciphertext was not made with this key for this place: it was altered, moved, or belongs to other keys.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ciphertext does not authenticate")]
pub struct OpenError;

/// An AES-256-GCM key with its schedule computed.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        #[expect(clippy::expect_used, reason = "the length is in the type")]
        let unbound = UnboundKey::new(&AES_256_GCM, key).expect("AES-256 takes 32 bytes");
        Self(LessSafeKey::new(unbound))
    }

    /// Append `nonce || AES-256-GCM[key](nonce, plaintext, associated) || tag` to `output`.
    pub(crate) fn seal_onto(
        &self,
        output: &mut Vec<u8>,
        associated: &[u8],
        plaintext: &[u8],
        random: &dyn Random,
    ) {
        let nonce: [u8; NONCE_BYTES] = random::array(random);
        output.extend_from_slice(&nonce);
        let start = output.len();
        output.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let (_, body) = output.split_at_mut(start);
        #[expect(
            clippy::expect_used,
            reason = "records are far below the 64 GiB an AES-GCM message may have"
        )]
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(associated), body)
            .expect("the plaintext is not too long");
        output.extend_from_slice(tag.as_ref());
    }

    /// The plaintext of `nonce || ciphertext || tag`.
    pub(crate) fn open(
        &self,
        associated: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES).ok_or(OpenError)?;
        let length = body.len().checked_sub(TAG_BYTES).ok_or(OpenError)?;
        let (ciphertext, tag) = body.split_at(length);
        let mut plaintext = Zeroizing::new(vec![0; length]);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;
        self.0
            .open_separate_gather(nonce, Aad::from(associated), ciphertext, tag, &mut plaintext)
            .map_err(|_| OpenError)?;
        Ok(plaintext)
    }

    /// `nonce || AES-256-GCM[key](nonce, wrapped key, associated) || tag`.
    pub(crate) fn wrap(&self, associated: &[u8], key: &LockedKey, random: &dyn Random) -> Vec<u8> {
        let mut output = Vec::with_capacity(WRAPPED_KEY_BYTES);
        self.seal_onto(&mut output, associated, key.expose(), random);
        output
    }

    pub(crate) fn unwrap(&self, associated: &[u8], wrapped: &[u8]) -> Result<LockedKey, OpenError> {
        let plaintext = self.open(associated, wrapped)?;
        let bytes: &[u8; KEY_BYTES] = plaintext.as_slice().try_into().map_err(|_| OpenError)?;
        Ok(LockedKey::filled_by(|key| key.copy_from_slice(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::seal::test_random::Counting;
    use data_encoding::HEXLOWER_PERMISSIVE as HEX;

    /// NIST CAVS `gcmEncryptExtIV256`, Keylen 256, IVlen 96, PTlen 128, AADlen 128, Taglen 128, count 0.
    #[test]
    fn the_cipher_is_aes_256_gcm_with_the_nonce_first_and_the_tag_last() {
        let hex = |text: &str| HEX.decode(text.as_bytes()).expect("hexadecimal");
        let key = hex("92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b");
        let associated = hex("1e0889016f67601c8ebea4943bc23ad6");
        let sealed = hex(concat!(
            "ac93a1a6145299bde902f21a",
            "8995ae2e6df3dbf96fac7b7137bae67f",
            "eca5aa77d51d4a0a14d9c51e1da474ab"
        ));
        let cipher = Cipher::new(&key.try_into().expect("32 bytes"));
        let plaintext = cipher.open(&associated, &sealed).expect("the vector authenticates");
        assert_eq!(*plaintext, hex("2d71bcfa914e4ac045b2aa60955fad24"));
    }

    #[test]
    fn what_is_sealed_opens_only_with_the_same_key_and_associated_data() {
        let random = Counting::default();
        let cipher = Cipher::new(&[1; KEY_BYTES]);
        let mut sealed = Vec::new();
        cipher.seal_onto(&mut sealed, b"here", b"value", &random);
        assert_eq!(**cipher.open(b"here", &sealed).expect("opens"), *b"value");
        assert_eq!(cipher.open(b"there", &sealed).err(), Some(OpenError));
        assert_eq!(Cipher::new(&[2; KEY_BYTES]).open(b"here", &sealed).err(), Some(OpenError));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let cipher = Cipher::new(&[1; KEY_BYTES]);
        let mut sealed = Vec::new();
        cipher.seal_onto(&mut sealed, b"", b"v", &Counting::default());
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(cipher.open(b"", &altered).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(cipher.open(b"", &sealed[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_wrapped_key_has_the_stated_length_and_comes_back() {
        let cipher = Cipher::new(&[1; KEY_BYTES]);
        let key = LockedKey::filled_by(|bytes| bytes.fill(9));
        let wrapped = cipher.wrap(b"label", &key, &Counting::default());
        assert_eq!(wrapped.len(), WRAPPED_KEY_BYTES);
        assert_eq!(cipher.unwrap(b"label", &wrapped).expect("opens").expose(), key.expose());
        assert!(cipher.unwrap(b"other", &wrapped).is_err());
    }
}
