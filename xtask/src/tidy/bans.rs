//! No dependency that `deny.toml` bans, whoever brings it.

use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check = Check { name: "bans", about: "No dependency that deny.toml bans", run };

fn run(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &repository.packages {
        for entry in &repository.deny.banned {
            if !entry.matches(&package.name, &package.version) {
                continue;
            }
            let users = repository.packages.iter().filter(|user| {
                user.dependencies.iter().any(|dependency| dependency.id == package.id)
            });
            let users = users.map(|user| user.name.as_str()).collect::<Vec<_>>().join(", ");
            let what = format!("`{}` is banned (used by {users})", package.name);
            let line = repository.lock_line(package);
            findings.push(Finding::new("Cargo.lock", line, what, entry.reason.clone()));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::package;
    use crate::tidy::deny_file::samples::deny;

    #[test]
    fn a_banned_package_is_found_with_who_uses_it() {
        let banned = "[{ crate = \"openssl\", reason = \"aws-lc-rs is the one provider\" }]";
        let repository = Repository {
            packages: vec![package("http@1.0.0").with("openssl@0.1.0"), package("openssl@0.1.0")],
            deny: deny("[]", banned, "[]"),
            ..Repository::default()
        };
        let found = run(&repository).iter().map(ToString::to_string).collect::<Vec<_>>();
        let wanted = "Cargo.lock:1: `openssl` is banned (used by http); \
                      aws-lc-rs is the one provider";
        assert_eq!(found, [wanted]);
    }
}
