//! The project folder: what must not lie around in it.

use std::path::Path;

use super::Report;
use crate::context::Context;
use crate::project::{Project, is_ignored};

/// Files that hold values in clear when they are there.
const DOTENV_FILES: &[&str] =
    &[".env", ".env.local", ".env.production", ".env.prod", ".env.staging", ".env.development"];

pub(super) fn file(_context: &Context, report: &mut Report) {
    let Ok(folder) = std::env::current_dir() else { return };
    let Some(path) = Project::find(&folder) else { return };
    match Project::load(&path) {
        Ok(project) => {
            report.ok(format!("{} is valid: project {}", path.display(), project.name()))
        }
        Err(problem) => report.error(problem.to_string(), problem.hint),
    }
}

pub(super) fn dotenv(_context: &Context, report: &mut Report) {
    let Ok(folder) = std::env::current_dir() else { return };
    for name in DOTENV_FILES.iter().copied().filter(|name| folder.join(name).is_file()) {
        if crate::git::is_tracked(&folder, name) {
            report.error(
                format!("{name} is in git, with its values"),
                format!("git rm --cached {name}, and replace its keys at their providers"),
            );
        } else if is_in_gitignore(&folder, name) {
            report.warning(
                format!("{name} holds values in clear"),
                format!("strongroom import {name}"),
            );
        } else {
            report.error(
                format!("{name} holds values in clear and git does not ignore it"),
                "move it into the store: strongroom init --yes",
            );
        }
    }
}

fn is_in_gitignore(folder: &Path, name: &str) -> bool {
    std::fs::read_to_string(folder.join(".gitignore")).is_ok_and(|text| is_ignored(&text, name))
}
