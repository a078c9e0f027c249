//! The `strongroom` command line.

pub mod formats;
pub mod project;
