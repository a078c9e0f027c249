//! The `strongroom` command line.
pub mod formats;

