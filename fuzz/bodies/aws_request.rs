//! No body makes a request of the AWS door panic, and no refusal is longer than what it may tell.

use strongroom_server::aws::registry::OPERATIONS;
use strongroom_server::aws::{QUOTED_CHARS_MAX, VIOLATIONS_TOLD_MAX};

/// The most bytes that a refusal says beside each value that it quotes.
const BESIDE_BYTES_MAX: usize = 1_024;

/// # Panics
/// Where a refusal says nothing, or too much.
pub fn run(data: &[u8]) {
    let told_max = VIOLATIONS_TOLD_MAX * (QUOTED_CHARS_MAX * 4 + BESIDE_BYTES_MAX);
    for entry in OPERATIONS {
        if let Err(text) = entry.check(data) {
            assert!(!text.is_empty(), "{}", entry.name);
            assert!(text.len() <= told_max, "{}: {} bytes", entry.name, text.len());
        }
    }
}
