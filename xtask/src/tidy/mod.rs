//! The checks of `cargo xtask tidy`.
//!
//! A check is a file of this folder with a `CHECK` and tests that show what it finds, and a line in
//! [`CHECKS`].

use std::fmt;

use crate::repository::Repository;

mod architecture;
mod bans;
pub mod deny_file;
mod duplicates;
mod edges;
mod file_length;
mod forbidden;
pub mod function_length;
mod layers;
mod licences;
mod links;
mod machine_paths;
mod purity;
mod spdx;
mod syntax;
mod unfinished;

/// Every check.
pub const CHECKS: &[Check] = &[
    edges::CHECK,
    forbidden::CHECK,
    purity::CHECK,
    file_length::CHECK,
    function_length::CHECK,
    unfinished::CHECK,
    architecture::CHECK,
    links::CHECK,
    machine_paths::CHECK,
    licences::CHECK,
    duplicates::CHECK,
    bans::CHECK,
];

/// A rule of the repository.
pub struct Check {
    pub name: &'static str,
    pub about: &'static str,
    pub run: fn(&Repository) -> Vec<Finding>,
}

/// One place that breaks a rule.
#[derive(Debug, PartialEq)]
pub struct Finding {
    /// Below the root.
    pub file: String,
    /// From 1.
    pub line: usize,
    pub what: String,
    /// What to do about it.
    pub mend: String,
}

impl Finding {
    pub fn new(file: &str, line: usize, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into(), mend: mend.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what, mend } = self;
        write!(formatter, "{file}:{line}: {what}; {mend}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of the folder that serve several checks.
    const SHARED: &[&str] = &["mod", "deny_file", "layers", "spdx", "syntax"];

    #[test]
    fn every_file_of_the_folder_is_a_registered_check() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tidy");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().replace('_', "-");
            let shared = SHARED.iter().any(|shared| shared.replace('_', "-") == name);
            let registered = CHECKS.iter().any(|check| check.name == name);
            assert!(registered || shared, "{name} is not in CHECKS");
        }
    }

    #[test]
    fn a_finding_reads_as_place_what_and_mend() {
        let finding = Finding::new("a/b.rs", 7, "too long", "split it");
        assert_eq!(finding.to_string(), "a/b.rs:7: too long; split it");
    }
}
