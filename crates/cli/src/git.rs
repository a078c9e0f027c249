//! What git knows. Without git, or outside a repository, it knows nothing.

use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a file of a folder is in git's index.
#[must_use]
pub fn is_tracked(folder: &Path, name: &str) -> bool {
    let status = Command::new("git")
        .args(["ls-files", "--error-unmatch", "--", name])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
