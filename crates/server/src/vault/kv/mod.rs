//! Key-value secrets, with versions and without.

mod list;
mod search;
pub(super) mod v1;
pub(super) mod v2;
