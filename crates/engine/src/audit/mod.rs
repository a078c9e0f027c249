//! The audit log on this machine: one directory of chained JSON lines, shared by every process that uses it.
//!
//! [`AuditLog::append`] hands a record to the kernel before it returns, and returns an [`AuditReceipt`], which
//! only it can make: what demands a receipt cannot happen unaudited. [`verify()`] proves that the log is whole,
//! and [`Reader`] reads it. The format and what it protects against are in `docs/internals/audit-chain.md`.
//!
//! A [`Record`] has no member for a secret's value, and must never be given one through its texts. The chain
//! itself is [`strongroom_core::audit`].
//!
//! # Adding a member to a record
//! A field in [`Record`], a line in its rendering, a field in [`Entry`], and the line vectors in `record.rs`.
//! Names that are in use keep their meaning for ever: old logs are read with them.

mod burst;
pub(crate) mod devices;
mod directory;
mod error;
mod flusher;
mod head_file;
mod lines;
mod log;
mod reader;
mod record;
mod recovery;
pub(crate) mod tail;
#[cfg(test)]
mod tests;
mod verify;

pub use devices::{AUDIT_DEVICES_MAX, DeviceKind, DevicesAllowed};
pub use directory::Place;
pub use error::AuditError;
pub use flusher::Flusher;
pub use log::{
    AuditKeys, AuditLog, AuditOptions, AuditReceipt, Clock, SEGMENT_BYTES_MAX, SyncMode,
};
pub use reader::{Client, Entries, Entry, Filter, PathFilter, ReadPrincipal, Reader};
pub use record::{
    Outcome, Principal, Record, RecordClient, RecordKind, STORED_BYTES_MAX, StoredError,
};
pub use strongroom_core::audit::{
    CheckpointKey, CheckpointVerifier, Finding, FindingKind, HeadKey, Position, RequestId,
};
pub use verify::{Expectations, VerifiedLog, VerifyError, verify};
