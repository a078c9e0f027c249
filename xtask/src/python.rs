//! The Python of the tests and the demo: a virtual environment in the target directory.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::{Context, Failure, Result};
use crate::process;
use crate::workspace::{Workspace, python_in};

/// The oldest Python that the client libraries support.
const VERSION_MIN: &str = "3.11";
/// What the environment holds, one pinned package a line.
const REQUIREMENTS: &str = "clients/requirements.txt";
/// What a second environment holds: old releases of client libraries.
const OLD_REQUIREMENTS: &str = "clients/requirements-old.txt";
/// A copy of the requirements that an environment was made from.
const STAMP: &str = "strongroom-requirements.txt";

/// Makes the environment of the tests and the demo, or leaves it alone where it already holds the requirements.
pub fn ensure_environment(workspace: &Workspace) -> Result<()> {
    ensure(workspace, REQUIREMENTS, &workspace.python_environment())
}

/// The same for the environment with old releases.
pub fn ensure_old_environment(workspace: &Workspace) -> Result<()> {
    ensure(workspace, OLD_REQUIREMENTS, &workspace.old_python_environment())
}

fn ensure(workspace: &Workspace, listed: &str, environment: &Path) -> Result<()> {
    let requirements = workspace.path(listed);
    let wanted = fs::read_to_string(&requirements).context(|| listed.to_owned())?;
    let stamp = environment.join(STAMP);
    let python = python_in(environment);
    let made_from = fs::read_to_string(&stamp).unwrap_or_default();
    if made_from == wanted && process::succeeds(Command::new(&python).args(["-c", ""])) {
        return Ok(());
    }

    process::run(Command::new(interpreter()?).args(["-m", "venv", "--clear"]).arg(environment))
        .map_err(|failure| failure.hint("apt-get install python3-venv"))?;
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
            .arg(&requirements),
    )?;
    fs::write(&stamp, wanted).context(|| stamp.display().to_string())
}

/// Whether the system's Python can make virtual environments; Debian packages that part separately.
pub fn can_make_environments() -> bool {
    interpreter().is_ok_and(|python| {
        process::succeeds(Command::new(python).args(["-c", "import ensurepip, venv"]))
    })
}

fn interpreter() -> Result<&'static str> {
    let new_enough = format!(
        "import sys; sys.exit(sys.version_info < tuple(map(int, '{VERSION_MIN}'.split('.'))))"
    );
    ["python3", "python"]
        .into_iter()
        .find(|name| process::succeeds(Command::new(name).args(["-c", &new_enough])))
        .ok_or_else(|| {
            Failure::new(format!("no Python {VERSION_MIN} or newer was found"))
                .hint("apt-get install python3 python3-venv")
        })
}
