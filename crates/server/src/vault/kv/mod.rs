//! Key-value secrets, with versions and without.

pub(super) mod v2;
