//! x

pub mod audit;
