//! One version of each dependency, or a reason in `deny.toml`.

use super::{Check, Finding};
use crate::repository::{Package, Repository};

pub const CHECK: Check =
    Check { name: "duplicates", about: "One version of each dependency, or a reason", run };

fn run(repository: &Repository) -> Vec<Finding> {
    let skipped = &repository.deny.skipped;
    let is_skipped = |package: &Package| {
        skipped.iter().any(|entry| entry.matches(&package.name, &package.version))
    };
    let mut findings = Vec::new();
    for package in repository.packages.iter().filter(|package| !is_skipped(package)) {
        let newer = repository.packages.iter().find(|other| {
            other.name == package.name && other.version > package.version && !is_skipped(other)
        });
        if let Some(newer) = newer {
            let line = repository.lock_line(package);
            let Package { name, version, .. } = package;
            let what = format!("`{name}` {version} is there beside {}", newer.version);
            let mend = "use one, or give a reason in [bans] skip of deny.toml";
            findings.push(Finding::new("Cargo.lock", line, what, mend));
        }
    }
    for entry in skipped {
        let is_used = repository.packages.iter().any(|package| {
            entry.matches(&package.name, &package.version)
                && repository
                    .packages
                    .iter()
                    .any(|other| other.name == package.name && other.version != package.version)
        });
        if !is_used {
            let what = format!("`{}@{}` is no duplicate", entry.name, entry.version);
            findings.push(Finding::new("deny.toml", 1, what, "take it out of [bans] skip"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::package;
    use crate::tidy::deny_file::samples::deny;

    fn found(ids: &[&str], skipped: &str) -> Vec<String> {
        let repository = Repository {
            packages: ids.iter().map(|id| package(id)).collect(),
            deny: deny("[]", "[]", skipped),
            ..Repository::default()
        };
        run(&repository).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn two_versions_of_a_package_are_found() {
        let found = found(&["syn@2.0.1", "syn@3.0.0", "toml@1.0.0"], "[]");
        assert_eq!(found, ["`syn` 2.0.1 is there beside 3.0.0"]);
    }

    #[test]
    fn a_duplicate_with_a_reason_is_left_alone() {
        let skipped = "[{ crate = \"syn@2\", reason = \"derives have not moved\" }]";
        assert!(found(&["syn@2.0.1", "syn@3.0.0"], skipped).is_empty());
        assert_eq!(found(&["syn@1.0.0", "syn@2.0.1", "syn@3.0.0"], skipped).len(), 1);
    }

    #[test]
    fn a_reason_that_has_outlived_its_duplicate_is_found() {
        let skipped = "[{ crate = \"syn@2\", reason = \"derives have not moved\" }]";
        assert_eq!(found(&["syn@3.0.0"], skipped), ["`syn@=2` is no duplicate"]);
    }
}
