//! Dependencies between our own crates follow [`super::layers`].

use super::layers::layer;
use super::{Check, Finding};
use crate::repository::{Package, Repository};

pub const CHECK: Check =
    Check { name: "edges", about: "Our crates use only the layers below them", run };

fn run(repository: &Repository) -> Vec<Finding> {
    repository
        .members()
        .flat_map(|(package, folder)| {
            let manifest = format!("{folder}/Cargo.toml");
            findings(repository, package, &manifest)
        })
        .collect()
}

fn findings(repository: &Repository, package: &Package, manifest: &str) -> Vec<Finding> {
    let Some(layer) = layer(&package.name) else {
        let what = format!("`{}` has no layer", package.name);
        return vec![Finding::new(manifest, 1, what, "add its row to xtask/src/tidy/layers.rs")];
    };
    let mut findings = Vec::new();
    for dependency in &package.dependencies {
        let Some(used) = repository.package(&dependency.id).filter(|used| used.folder.is_some())
        else {
            continue;
        };
        let name = used.name.as_str();
        let allowed =
            layer.uses.contains(&name) || (dependency.is_dev && layer.tests_use.contains(&name));
        if !allowed {
            let line = repository.line_starting(manifest, name);
            let tests = if dependency.is_dev { "the tests of " } else { "" };
            let what = format!("{tests}`{}` must not use `{name}`", package.name);
            findings.push(Finding::new(
                manifest,
                line,
                what,
                "move the code to the layer it is of",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::{file, member, package};

    fn found(packages: Vec<Package>) -> Vec<String> {
        let manifest = "[dependencies]\nstrongroom-engine.workspace = true\n";
        let repository = Repository { packages, ..file("crates/core/Cargo.toml", manifest) };
        run(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn core_that_uses_engine_is_found_at_the_line_of_its_manifest() {
        let found = found(vec![
            member("strongroom-core@0.1.0", "crates/core").with("strongroom-engine@0.1.0"),
            member("strongroom-engine@0.1.0", "crates/engine"),
        ]);
        let wanted = "crates/core/Cargo.toml:2: `strongroom-core` must not use `strongroom-engine`; \
                      move the code to the layer it is of";
        assert_eq!(found, [wanted]);
    }

    #[test]
    fn testkit_is_for_tests_alone() {
        let engine = || member("strongroom-engine@0.1.0", "crates/engine");
        let testkit = || member("strongroom-testkit@0.1.0", "crates/testkit");
        assert!(found(vec![engine().with_dev("strongroom-testkit@0.1.0"), testkit()]).is_empty());
        assert_eq!(found(vec![engine().with("strongroom-testkit@0.1.0"), testkit()]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_layer_is_found() {
        let found = found(vec![member("strongroom-utilities@0.1.0", "crates/utilities")]);
        assert!(found[0].contains("`strongroom-utilities` has no layer"), "{found:?}");
    }

    #[test]
    fn dependencies_of_others_are_no_business_of_this_check() {
        let core = member("strongroom-core@0.1.0", "crates/core").with("serde@1.0.0");
        assert!(found(vec![core, package("serde@1.0.0")]).is_empty());
    }
}
