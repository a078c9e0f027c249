//! The Python of the tests and the demo: a virtual environment in the target directory.

use std::fs;
use std::process::Command;

use crate::failure::{Context, Failure, Result};
use crate::process;
use crate::workspace::Workspace;

/// The oldest Python that the client libraries support.
const VERSION_MIN: &str = "3.9";
/// What the environment holds, one pinned package a line.
const REQUIREMENTS: &str = "clients/requirements.txt";
/// A copy of the requirements that the environment was made from.
const STAMP: &str = "strongroom-requirements.txt";

/// Makes the environment, or leaves it alone where it already holds the requirements.
pub fn ensure_environment(workspace: &Workspace) -> Result<()> {
    let requirements = workspace.path(REQUIREMENTS);
    let wanted = fs::read_to_string(&requirements).context(|| REQUIREMENTS.to_owned())?;
    let environment = workspace.python_environment();
    let stamp = environment.join(STAMP);
    let python = workspace.python();
    let made_from = fs::read_to_string(&stamp).unwrap_or_default();
    if made_from == wanted && process::succeeds(Command::new(&python).args(["-c", ""])) {
        return Ok(());
    }

    process::run(Command::new(interpreter()?).args(["-m", "venv", "--clear"]).arg(&environment))
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
