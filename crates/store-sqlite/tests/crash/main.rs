//! Processes that are killed, that fail to write and sync, and that share a store.
//!
//! A child process is this program again, running the ignored test [`child::child`] in a role.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers fail by panicking"
)]

mod child;
mod failing_io;
mod full_disk;
mod kill;
mod processes;
mod syncs;
