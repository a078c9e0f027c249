//! `ARCHITECTURE.md` names the crates that are there, and no others.

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check =
    Check { name: "architecture", about: "ARCHITECTURE.md names every crate", run };

const FILE: &str = "ARCHITECTURE.md";
const CRATES: &str = "crates/";

fn run(repository: &Repository) -> Vec<Finding> {
    let text = repository.file(FILE).map_or("", |file| file.text.as_str());
    let mut findings = Vec::new();
    for (_, folder) in repository.members() {
        if !text.lines().any(|line| names(line, folder)) {
            let what = format!("`{folder}` is not named");
            findings.push(Finding::new(FILE, 1, what, "say there what the crate is for"));
        }
    }
    for (index, line) in text.lines().enumerate() {
        for folder in crate_folders(line) {
            if repository.members().all(|(_, member)| member != folder) {
                let what = format!("`{folder}` is no crate of the workspace");
                findings.push(Finding::new(FILE, index + 1, what, "name what is there"));
            }
        }
    }
    findings
}

/// Whether a line holds the folder as a whole word.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line.get(..start).and_then(|text| text.chars().next_back());
        let after = line.get(start + folder.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part_of_name) && !after.is_some_and(is_part_of_name)
    })
}

fn crate_folders(line: &str) -> impl Iterator<Item = String> {
    line.match_indices(CRATES).filter_map(|(start, _)| {
        let rest = line.get(start + CRATES.len()..)?;
        let name = rest.split(|next| !is_part_of_name(next)).next()?;
        (!name.is_empty()).then(|| format!("{CRATES}{name}"))
    })
}

fn is_part_of_name(character: char) -> bool {
    character.is_alphanumeric() || character == '-' || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::{file, member};

    fn found(text: &str) -> Vec<String> {
        let packages = vec![
            member("strongroom-store@0.1.0", "crates/store"),
            member("strongroom-store-sqlite@0.1.0", "crates/store-sqlite"),
        ];
        let repository = Repository { packages, ..file(FILE, text) };
        run(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_crate_that_is_not_named_is_found() {
        let found = found("The map: `crates/store-sqlite` keeps records.");
        let wanted =
            "ARCHITECTURE.md:1: `crates/store` is not named; say there what the crate is for";
        assert_eq!(found, [wanted]);
    }

    #[test]
    fn a_crate_that_is_not_there_is_found() {
        let found = found("crates/store\ncrates/store-sqlite\n[gone](crates/gone/src/lib.rs)");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("ARCHITECTURE.md:3: `crates/gone` is no crate"), "{found:?}");
    }

    #[test]
    fn without_the_file_no_crate_is_named() {
        assert_eq!(found("").len(), 2);
    }
}
