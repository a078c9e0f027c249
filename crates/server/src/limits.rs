//! Limits that are no settings.

/// Header fields of a request: 100, which is what hyper reads without an allocation.
pub const HEADERS_MAX: usize = 100;
