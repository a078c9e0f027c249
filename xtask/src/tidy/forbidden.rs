//! What [`super::layers`] keeps out of a crate is not linked into it, by whatever way.

use std::collections::{HashMap, VecDeque};

use super::layers::layer;
use super::{Check, Finding};
use crate::repository::{Package, Repository};

pub const CHECK: Check =
    Check { name: "forbidden", about: "No runtime in core, no database in server", run };

fn run(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, folder) in repository.members() {
        let Some(layer) = layer(&package.name) else { continue };
        let manifest = format!("{folder}/Cargo.toml");
        for way in ways(repository, package) {
            let Some(last) = way.last().filter(|name| layer.never.contains(name)) else { continue };
            let first = way.get(1).unwrap_or(last);
            let line = repository.line_starting(&manifest, first);
            let what = format!("`{}` must not link `{last}` ({})", package.name, way.join(" -> "));
            findings.push(Finding::new(&manifest, line, what, "drop it, or the feature behind it"));
        }
    }
    findings
}

/// The shortest way from a package to each package linked into it, itself first.
fn ways<'a>(repository: &'a Repository, start: &'a Package) -> Vec<Vec<&'a str>> {
    let by_id = repository.packages.iter().map(|package| (package.id.as_str(), package));
    let by_id = by_id.collect::<HashMap<_, _>>();
    let mut ways = HashMap::from([(start.id.as_str(), vec![start.name.as_str()])]);
    let mut queue = VecDeque::from([start]);
    while let Some(package) = queue.pop_front() {
        let way = ways.get(package.id.as_str()).cloned().unwrap_or_default();
        let linked = package.dependencies.iter().filter(|edge| !edge.is_dev && !edge.is_build);
        for used in linked.filter_map(|edge| by_id.get(edge.id.as_str())) {
            if used.is_macro || ways.contains_key(used.id.as_str()) {
                continue;
            }
            let mut way = way.clone();
            way.push(&used.name);
            ways.insert(&used.id, way);
            queue.push_back(used);
        }
    }
    let mut ways = ways.into_values().collect::<Vec<_>>();
    ways.sort();
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::{member, package};

    fn found(packages: Vec<Package>) -> Vec<String> {
        let repository = Repository { packages, ..Repository::default() };
        run(&repository).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_forbidden_package_is_found_through_another_one() {
        let found = found(vec![
            member("strongroom-core@0.1.0", "crates/core").with("hcl-rs@1.0.0"),
            package("hcl-rs@1.0.0").with("serde_json@1.0.0"),
            package("serde_json@1.0.0"),
        ]);
        let way = "strongroom-core -> hcl-rs -> serde_json";
        assert_eq!(found, [format!("`strongroom-core` must not link `serde_json` ({way})")]);
    }

    #[test]
    fn the_engine_links_no_database() {
        let engine = member("strongroom-engine@0.1.0", "crates/engine").with("rusqlite@0.43.0");
        assert_eq!(found(vec![engine, package("rusqlite@0.43.0")]).len(), 1);
    }

    #[test]
    fn what_a_macro_or_a_test_uses_is_not_linked() {
        let core = member("strongroom-core@0.1.0", "crates/core");
        let mut derive = package("derive@1.0.0").with("serde_json@1.0.0");
        derive.is_macro = true;
        let core = core.with("derive@1.0.0").with_dev("serde_json@1.0.0");
        assert!(found(vec![core, derive, package("serde_json@1.0.0")]).is_empty());
    }
}
