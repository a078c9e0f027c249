//! The packages of npm that tests need: installed in the target directory, as the lock file says.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::failure::{Context, Result};
use crate::process;
use crate::workspace::Workspace;

/// Where the lists of packages are.
const FOLDER: &str = "clients/node";
const MANIFEST: &str = "package.json";
/// Every package with its version and hash.
const LOCK: &str = "package-lock.json";
/// A copy of the lock file that the packages were installed from.
const STAMP: &str = "strongroom-lock.json";

/// Installs the packages, or leaves them alone where they are already those of the lock file.
pub fn ensure_modules(workspace: &Workspace) -> Result<()> {
    let wanted = workspace.path(FOLDER);
    let lock = fs::read_to_string(wanted.join(LOCK)).context(|| format!("{FOLDER}/{LOCK}"))?;
    let folder = folder(workspace);
    let stamp = folder.join(STAMP);
    if fs::read_to_string(&stamp).unwrap_or_default() == lock {
        return Ok(());
    }
    fs::create_dir_all(&folder).context(|| folder.display().to_string())?;
    for name in [MANIFEST, LOCK] {
        fs::copy(wanted.join(name), folder.join(name)).context(|| format!("{FOLDER}/{name}"))?;
    }
    process::run(Command::new("npm").current_dir(&folder).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]))?;
    fs::write(&stamp, lock).context(|| stamp.display().to_string())
}

/// Where the packages are.
pub fn modules(workspace: &Workspace) -> PathBuf {
    folder(workspace).join("node_modules")
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("node")
}
