//! The audit chain: what makes an audit log's lines vouch for one another.
//!
//! A log is a sequence of lines, each one JSON object with a sequence number and a hash that covers the hash
//! before it. Every [`CHECKPOINT_INTERVAL`] lines a checkpoint signs the chain, and a head, authenticated with
//! a secret key, says how far the log goes. [`Verifier`] reads the lines back and names the first bad one.
//!
//! Everything here is pure: bytes in, bytes and findings out. Nothing here reads a file or a clock, or parses
//! the JSON beyond the members that the chain itself needs; the line's hash covers all of it.

mod chain;
mod checkpoint;
mod finding;
mod head;
mod recovery;
mod request;
mod verifier;

pub use chain::{
    ChainHash, LINE_BYTES_MAX, Position, SealedLine, begin_line, link, push_decimal, seal_line,
};
pub use checkpoint::{
    CHECKPOINT_INTERVAL, CheckpointFault, CheckpointKey, CheckpointVerifier, KeyError,
    checkpoint_due,
};
pub use finding::{Anchor, AnchorSource, Finding, FindingKind};
pub use head::{HEAD_BYTES, Head, HeadKey, HeadStrength};
pub use recovery::Recovery;
pub use request::{RequestId, RequestIdError};
pub use verifier::{Summary, Verifier};
