//! How a server is.

use serde::{Deserialize, Serialize};

/// The path of the status behind [`crate::PREFIX`]: `GET`, for everybody.
pub const STATUS: &str = "status";

/// How a server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether its store has keys.
    pub initialised: bool,
    /// Whether the keys are not in its memory.
    pub sealed: bool,
    /// Its version.
    pub version: String,
}
