use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use data_encoding::BASE64;

use super::chain::{ChainHash, Position, begin_line, parse_decimal, push_decimal, seal_line};

/// Every line whose sequence number is a multiple of this is followed by a checkpoint.
pub const CHECKPOINT_INTERVAL: u64 = 256;

const MESSAGE_DOMAIN: &[u8] = b"strongroom audit checkpoint v1\0";
const KEY_ID_DOMAIN: &[u8] = b"strongroom audit checkpoint key v1\0";
const KEY_ID_HEX_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 64;
const MEMBERS_START: &[u8] = b"\"type\":\"checkpoint\",\"head_seq\":";

/// Whether the line after `previous` has to be a checkpoint.
#[must_use]
pub fn checkpoint_due(previous: &Position) -> bool {
    previous.seq > 0 && previous.seq.is_multiple_of(CHECKPOINT_INTERVAL)
}

/// The Ed25519 key (RFC 8032) that signs checkpoints. The provider clears its copy when it is dropped.
pub struct CheckpointKey {
    pair: Ed25519KeyPair,
    verifier: CheckpointVerifier,
}

/// The public half of a checkpoint key.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckpointVerifier {
    public_key: [u8; 32],
    key_id: String,
}

/// The crypto provider refused a checkpoint key or a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint key cannot be used")]
pub struct KeyError;

impl CheckpointKey {
    /// The key with this seed, 32 uniformly random bytes. The caller clears the seed.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError)?;
        let public_key = pair.public_key().as_ref().try_into().map_err(|_| KeyError)?;
        Ok(Self { pair, verifier: CheckpointVerifier::new(public_key) })
    }

    /// What checks this key's signatures.
    #[must_use]
    pub fn verifier(&self) -> &CheckpointVerifier {
        &self.verifier
    }

    /// Append to `buffer` the checkpoint line that signs `head`, the last line so far. `time` is the line's
    /// time in RFC 3339. Returns the checkpoint line's own position.
    ///
    /// # Errors
    /// [`KeyError`]; `buffer` may then hold the beginning of a line.
    pub fn push_line(
        &self,
        buffer: &mut Vec<u8>,
        head: &Position,
        time: &str,
    ) -> Result<Position, KeyError> {
        let signature = self.pair.try_sign(&message(head)).map_err(|_| KeyError)?;
        let start = begin_line(buffer, head);
        buffer.extend_from_slice(b"\"time\":\"");
        buffer.extend_from_slice(time.as_bytes());
        buffer.extend_from_slice(b"\",");
        buffer.extend_from_slice(MEMBERS_START);
        push_decimal(buffer, head.seq);
        buffer.extend_from_slice(b",\"head\":\"");
        head.hash.push_hex(buffer);
        buffer.extend_from_slice(b"\",\"key_id\":\"");
        buffer.extend_from_slice(self.verifier.key_id.as_bytes());
        buffer.extend_from_slice(b"\",\"signature\":\"");
        buffer.extend_from_slice(BASE64.encode(signature.as_ref()).as_bytes());
        buffer.push(b'"');
        Ok(seal_line(buffer, start, head))
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CheckpointKey")
            .field("key_id", &self.verifier.key_id)
            .finish_non_exhaustive()
    }
}

impl CheckpointVerifier {
    /// What checks signatures of the key with this public half.
    #[must_use]
    pub fn new(public_key: [u8; 32]) -> Self {
        Self { public_key, key_id: key_id(&public_key) }
    }

    /// The public key, 32 bytes as in RFC 8032.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// The name of the key in checkpoint lines: the first 16 hexadecimal digits of
    /// `SHA-256("strongroom audit checkpoint key v1\0" || public key)`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether `signature` is this key's over `head`.
    fn accepts(&self, head: &Position, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.public_key);
        key.verify(&message(head), signature).is_ok()
    }
}

impl fmt::Debug for CheckpointVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CheckpointVerifier").field("key_id", &self.key_id).finish()
    }
}

/// What a checkpoint line claims to sign, before anything of it is checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checkpoint<'a> {
    head: Position,
    key_id: &'a [u8],
    signature: [u8; SIGNATURE_BYTES],
}

/// Why a checkpoint does not vouch for the lines before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointFault {
    /// The line at this place has to be a checkpoint and is not one.
    Missing,
    /// It was signed by a key that the verification does not know.
    UnknownKey,
    /// It signs another head than the line before it, or the signature is not the key's.
    Signature,
}

impl<'a> Checkpoint<'a> {
    /// Take apart a checkpoint line's body.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let start = body.windows(MEMBERS_START.len()).position(|part| part == MEMBERS_START)?;
        let (seq, rest) = parse_decimal(body.get(start + MEMBERS_START.len()..)?)?;
        let (hash, rest) = rest.strip_prefix(b",\"head\":\"")?.split_at_checked(64)?;
        let rest = rest.strip_prefix(b"\",\"key_id\":\"")?;
        let (key_id, rest) = rest.split_at_checked(KEY_ID_HEX_BYTES)?;
        let signature = rest.strip_prefix(b"\",\"signature\":\"")?.strip_suffix(b"\"")?;
        let signature = BASE64.decode(signature).ok()?.try_into().ok()?;
        let head = Position { seq, hash: ChainHash::from_hex(hash)? };
        Some(Self { head, key_id, signature })
    }

    /// Check that one of `keys` signed exactly `previous`.
    pub(super) fn check(
        &self,
        previous: &Position,
        keys: &[CheckpointVerifier],
    ) -> Result<(), CheckpointFault> {
        let key = keys
            .iter()
            .find(|key| key.key_id.as_bytes() == self.key_id)
            .ok_or(CheckpointFault::UnknownKey)?;
        if self.head == *previous && key.accepts(previous, &self.signature) {
            Ok(())
        } else {
            Err(CheckpointFault::Signature)
        }
    }
}

/// `"strongroom audit checkpoint v1\0" || seq as 8 bytes, big-endian || hash`: what is signed.
fn message(head: &Position) -> [u8; MESSAGE_DOMAIN.len() + 8 + 32] {
    let mut message = [0; MESSAGE_DOMAIN.len() + 8 + 32];
    let parts = MESSAGE_DOMAIN.iter().copied().chain(head.seq.to_be_bytes());
    for (to, from) in message.iter_mut().zip(parts.chain(*head.hash.as_bytes())) {
        *to = from;
    }
    message
}

fn key_id(public_key: &[u8; 32]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(KEY_ID_DOMAIN);
    context.update(public_key);
    let mut hex = data_encoding::HEXLOWER.encode(context.finish().as_ref());
    hex.truncate(KEY_ID_HEX_BYTES);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::SealedLine;

    const HEAD: Position = Position { seq: 256, hash: ChainHash::from_bytes([9; 32]) };

    fn line(key: &CheckpointKey) -> Vec<u8> {
        let mut buffer = Vec::new();
        key.push_line(&mut buffer, &HEAD, "2026-01-02T03:04:05.678Z").unwrap();
        buffer.pop();
        buffer
    }

    #[test]
    fn checkpoint_line_is_read_back_and_accepted() {
        let key = CheckpointKey::from_seed(&[1; 32]).unwrap();
        let line = line(&key);
        let sealed = SealedLine::parse(&line).unwrap();
        assert_eq!(sealed.seq, 257);
        let checkpoint = Checkpoint::parse(sealed.body).unwrap();
        assert_eq!(checkpoint.check(&HEAD, &[key.verifier().clone()]), Ok(()));
    }

    #[test]
    fn checkpoint_of_another_head_or_key_is_refused() {
        let key = CheckpointKey::from_seed(&[1; 32]).unwrap();
        let line = line(&key);
        let checkpoint = Checkpoint::parse(SealedLine::parse(&line).unwrap().body).unwrap();
        let moved = Position { seq: 512, ..HEAD };
        let keys = [key.verifier().clone()];
        assert_eq!(checkpoint.check(&moved, &keys), Err(CheckpointFault::Signature));
        let other = CheckpointKey::from_seed(&[2; 32]).unwrap();
        let keys = [other.verifier().clone()];
        assert_eq!(checkpoint.check(&HEAD, &keys), Err(CheckpointFault::UnknownKey));
        let forged = Checkpoint { key_id: other.verifier().key_id().as_bytes(), ..checkpoint };
        assert_eq!(forged.check(&HEAD, &keys), Err(CheckpointFault::Signature));
    }

    #[test]
    fn public_key_is_that_of_rfc_8032() {
        // RFC 8032, section 7.1, test 1.
        let decode = |hex: &[u8]| -> [u8; 32] {
            data_encoding::HEXLOWER.decode(hex).unwrap().try_into().unwrap()
        };
        let seed = decode(b"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = decode(b"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert_eq!(CheckpointKey::from_seed(&seed).unwrap().verifier().public_key(), &public);
    }

    #[test]
    fn debug_output_names_the_key_and_nothing_of_its_seed() {
        let key = CheckpointKey::from_seed(&[0x5a; 32]).unwrap();
        let debug = format!("{key:?}");
        assert!(debug.contains(key.verifier().key_id()));
        assert!(!debug.contains("5a5a") && !debug.contains("90, 90"));
    }
}
