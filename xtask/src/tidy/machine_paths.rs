//! No path of somebody's machine.

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check =
    Check { name: "machine-paths", about: "No absolute path of somebody's machine", run };

/// Folders whose contents belong to one machine.
const FOLDERS: &[&str] = &["home", "Users", "root", "work"];
/// Users that only examples have.
const EXAMPLE_USERS: &[&str] = &["alice", "bob", "app", "user", "you"];

fn run(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repository.files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = machine_path(line) {
                let what = format!("`{path}` is a path of one machine");
                findings.push(Finding::new(&file.path, index + 1, what, "write a relative path"));
            }
        }
    }
    findings
}

/// The first such path of a line.
fn machine_path(line: &str) -> Option<&str> {
    FOLDERS.iter().find_map(|folder| {
        let start = format!("/{folder}/");
        line.match_indices(&start).find_map(|(position, _)| {
            let before = line.get(..position)?.chars().next_back();
            if before.is_some_and(|last| last.is_alphanumeric() || "._-~}>)/*".contains(last)) {
                return None;
            }
            let rest = line.get(position + start.len()..)?;
            let end = rest.find(|next: char| !(next.is_alphanumeric() || "._-".contains(next)));
            let name = rest.get(..end.unwrap_or(rest.len()))?;
            let is_example = EXAMPLE_USERS.contains(&name) && ["home", "Users"].contains(folder);
            if name.is_empty() || is_example {
                return None;
            }
            line.get(position..position + start.len() + name.len())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::file;

    #[test]
    fn a_path_of_a_machine_is_found_at_its_line() {
        // Put together here, so that this file is in order itself.
        for folder in FOLDERS {
            let text = format!("one\ncp /{folder}/carol/notes .\n");
            let found = run(&file("a.md", &text));
            assert_eq!((found.len(), found[0].line), (1, 2), "{folder}");
            assert!(found[0].what.contains(&format!("/{folder}/carol`")), "{}", found[0].what);
        }
    }

    #[test]
    fn examples_and_longer_paths_are_left_alone() {
        let text = "/home/alice/app\nhttps://example.com/work/item\n~/work/a\n$XDG/root/a\n";
        assert!(run(&file("a.md", text)).is_empty());
    }
}
