//! Every dependency has a licence that `deny.toml` allows.

use super::{Check, Finding, spdx};
use crate::repository::Repository;

pub const CHECK: Check =
    Check { name: "licences", about: "Licences are among those of deny.toml", run };

fn run(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        let expression = package.license.as_deref().unwrap_or_default();
        let what = match spdx::is_met(expression, &repository.deny.licences) {
            Some(true) => continue,
            Some(false) => format!("`{}` has the licence `{expression}`", package.name),
            None => format!("`{}` has no SPDX licence (`{expression}`)", package.name),
        };
        let mend = "use another crate, or allow it in deny.toml after reading it";
        findings.push(Finding::new("Cargo.lock", repository.lock_line(package), what, mend));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::Package;
    use crate::repository::samples::{file, package};
    use crate::tidy::deny_file::samples::deny;

    fn found(license: Option<&str>) -> Vec<String> {
        let license = license.map(str::to_owned);
        let lock = "[[package]]\nname = \"copied\"\nversion = \"1.0.0\"\n";
        let repository = Repository {
            packages: vec![Package { license, ..package("copied@1.0.0") }],
            deny: deny("[\"MIT\"]", "[]", "[]"),
            ..file("Cargo.lock", lock)
        };
        run(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_licence_that_is_not_listed_is_found_in_the_lock_file() {
        let found = found(Some("AGPL-3.0-only"));
        assert!(found[0].starts_with("Cargo.lock:2: `copied` has the licence `AGPL-3.0-only`"));
    }

    #[test]
    fn a_package_without_a_licence_is_found() {
        assert!(found(None)[0].contains("no SPDX licence"));
        assert!(found(Some("MIT")).is_empty());
    }
}
