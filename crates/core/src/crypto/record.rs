//! The form of an encrypted record.
//!
//! ```text
//! record     = version(1) || kind(1) || data-key number(4, big-endian) || nonce(12) || ciphertext || tag(16)
//! ciphertext = AES-256-GCM[data key](nonce, plaintext, associated)
//! associated = "strongroom/record/1" || 0x00 || kind(1) || data-key number(4) || key
//! ```
//! `key` is where the store keeps the record, so that a record put in another's place does not open.

use super::aead::{NONCE_BYTES, TAG_BYTES};

/// The form's version, the first byte of a record.
pub(crate) const RECORD_VERSION: u8 = 1;
pub(crate) const HEADER_BYTES: usize = 6;
const DOMAIN: &[u8] = b"strongroom/record/1\0";

/// How many bytes longer a record is than its plaintext.
pub const RECORD_OVERHEAD_BYTES: usize = HEADER_BYTES + NONCE_BYTES + TAG_BYTES;

/// What a record is. The number is part of the associated data and never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum RecordKind {
    /// A secret with the metadata of its versions.
    Secret = 1,
    /// What one version of a secret holds.
    Payload = 2,
    /// From a door's name for a secret to its path.
    Alias = 3,
    /// The mount table.
    Mounts = 4,
    /// The audit log's keys.
    AuditKeys = 5,
    /// The audit log's position as of a commit.
    AuditHead = 6,
    /// An audit record committed with its change.
    AuditOutbox = 7,
    /// A policy.
    Policy = 8,
    /// A token.
    Token = 9,
    /// From an accessor to its token, and from a token to its child.
    TokenIndex = 10,
    /// The key that tokens are hashed with.
    TokenKey = 11,
    /// A batch token, which nothing keeps.
    BatchToken = 12,
    /// A lease.
    Lease = 13,
    /// Work to be done at a time.
    Due = 14,
    /// What a mount keeps.
    Logical = 15,
    /// An answer that waits for its wrapping token.
    Wrapped = 16,
    /// How something was used, and from where on the audit log tells more.
    Usage = 30,
    /// The resource policy of a secret.
    ResourcePolicy = 24,
}

/// The first bytes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: u8,
    pub(crate) data_key: u32,
}

impl Header {
    pub(crate) fn write(self, output: &mut Vec<u8>) {
        output.push(RECORD_VERSION);
        output.push(self.kind);
        output.extend_from_slice(&self.data_key.to_be_bytes());
    }

    /// The header and what follows it; `None` when it is not of this version or too short.
    pub(crate) fn parse(record: &[u8]) -> Option<(Self, &[u8])> {
        let (header, rest) = record.split_first_chunk::<HEADER_BYTES>()?;
        let [RECORD_VERSION, kind, number @ ..] = *header else { return None };
        Some((Self { kind, data_key: u32::from_be_bytes(number) }, rest))
    }

    pub(crate) fn associated(self, key: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(DOMAIN.len() + 5 + key.len());
        bytes.extend_from_slice(DOMAIN);
        bytes.push(self.kind);
        bytes.extend_from_slice(&self.data_key.to_be_bytes());
        bytes.extend_from_slice(key.as_bytes());
        bytes
    }
}
