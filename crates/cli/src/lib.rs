//! The parts of the `strongroom` binary that its tests call on their own.

pub mod process;
