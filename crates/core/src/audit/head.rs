use std::fmt;

use aws_lc_rs::hmac;

use super::chain::{ChainHash, Position};

/// The size of an encoded head, in bytes. It is less than a disk's sector, so that a head is written whole or
/// not at all.
pub const HEAD_BYTES: usize = MAGIC.len() + 7 + 1 + 20 + 1 + 64 + 1 + 20 + 1 + 64 + 1;

const MAGIC: &[u8] = b"strongroom audit head 1 ";
const MAC_DOMAIN: &[u8] = b"strongroom audit head v1\0";

/// The key that authenticates heads, HMAC-SHA-256 (RFC 2104).
pub struct HeadKey(hmac::Key);

/// How far the log goes, kept apart from it, so that a cut-off end is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last line.
    pub position: Position,
    /// The sequence number of the first line in the last line's segment.
    pub segment: u64,
    /// Whether the lines were on the disk when the head was written.
    pub strength: HeadStrength,
}

/// What a head promises about the lines it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadStrength {
    /// They had been synced to the disk: a loss of power does not explain that they are gone.
    Durable,
    /// They had been handed to the kernel: a loss of power may explain that they are gone.
    Written,
}

impl HeadKey {
    /// The key with these 32 uniformly random bytes. The caller clears them.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    fn message(text: &[u8]) -> Vec<u8> {
        [MAC_DOMAIN, text].concat()
    }
}

impl fmt::Debug for HeadKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HeadKey(..)")
    }
}

impl Head {
    /// `text || hex(HMAC-SHA-256(key, "strongroom audit head v1\0" || text)) || "\n"`, where `text` is
    /// `strongroom audit head 1 <strength> <seq, 20 digits> <hash> <segment, 20 digits> `.
    /// Always [`HEAD_BYTES`] long.
    #[must_use]
    pub fn encode(&self, key: &HeadKey) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let Position { seq, hash } = self.position;
        let text = format!("{} {seq:020} {hash} {:020} ", self.strength.as_str(), self.segment);
        bytes.extend_from_slice(text.as_bytes());
        let tag = hmac::sign(&key.0, &HeadKey::message(&bytes));
        bytes.extend_from_slice(data_encoding::HEXLOWER.encode(tag.as_ref()).as_bytes());
        bytes.push(b'\n');
        bytes
    }

    /// The head in `bytes`, or `None` when it was not encoded with this key. The tag is compared in constant
    /// time and before anything is parsed.
    #[must_use]
    pub fn verify(bytes: &[u8], key: &HeadKey) -> Option<Self> {
        if bytes.len() != HEAD_BYTES {
            return None;
        }
        let (text, tag) = bytes.strip_suffix(b"\n")?.split_last_chunk::<64>()?;
        let tag = data_encoding::HEXLOWER.decode(tag).ok()?;
        hmac::verify(&key.0, &HeadKey::message(text), &tag).ok()?;
        let text = std::str::from_utf8(text.strip_prefix(MAGIC)?).ok()?;
        let mut words = text.split(' ');
        let strength = HeadStrength::parse(words.next()?)?;
        let seq = words.next()?.parse().ok()?;
        let hash = ChainHash::from_hex(words.next()?.as_bytes())?;
        let segment = words.next()?.parse().ok()?;
        Some(Self { position: Position { seq, hash }, segment, strength })
    }
}

impl HeadStrength {
    fn as_str(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Written => "written",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Durable, Self::Written].into_iter().find(|strength| strength.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let position = Position { seq: 77, hash: ChainHash::from_bytes([3; 32]) };
        Head { position, segment: 12, strength: HeadStrength::Durable }
    }

    #[test]
    fn head_survives_its_encoding() {
        let key = HeadKey::new(&[4; 32]);
        for strength in [HeadStrength::Durable, HeadStrength::Written] {
            let head = Head { strength, ..head() };
            let bytes = head.encode(&key);
            assert_eq!(bytes.len(), HEAD_BYTES);
            assert_eq!(Head::verify(&bytes, &key), Some(head));
        }
    }

    #[test]
    fn head_with_any_byte_changed_is_refused() {
        let key = HeadKey::new(&[4; 32]);
        let bytes = head().encode(&key);
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            assert_eq!(Head::verify(&changed, &key), None, "byte {index}");
        }
        assert_eq!(Head::verify(&bytes[..HEAD_BYTES - 1], &key), None);
    }

    #[test]
    fn head_of_another_key_is_refused() {
        let bytes = head().encode(&HeadKey::new(&[4; 32]));
        assert_eq!(Head::verify(&bytes, &HeadKey::new(&[5; 32])), None);
    }

    #[test]
    fn head_fits_into_a_sector() {
        const { assert!(HEAD_BYTES <= 512) };
    }
}
