//! The `strongroom` command line.

pub mod formats;
pub mod process;
pub mod project;
