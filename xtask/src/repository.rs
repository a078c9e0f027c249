//! What `tidy` looks at: the packages, the files and `deny.toml`, read once.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use cargo_metadata::semver::Version;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, TargetKind};

use crate::failure::{Context, Failure, Result};
use crate::process;
use crate::tidy::deny_file::DenyFile;
use crate::workspace::Workspace;

/// Folders that hold nothing of ours.
const FOLDERS_SKIPPED: &[&str] = &["target", ".git", ".venv", "__pycache__", "node_modules"];
/// Files above this size are data.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The repository as the checks see it.
#[derive(Default)]
pub struct Repository {
    /// The workspace's packages and everything they depend on.
    pub packages: Vec<Package>,
    /// Every file below the root, text or not, with `/` between the parts.
    pub paths: Vec<String>,
    /// Every text file, Rust files included.
    pub files: Vec<TextFile>,
    /// Every Rust file.
    pub sources: Vec<RustFile>,
    pub deny: DenyFile,
}

/// A package, of the workspace or of a registry.
pub struct Package {
    /// Unique among the packages.
    pub id: String,
    pub name: String,
    pub version: Version,
    /// The licence expression of the manifest.
    pub license: Option<String>,
    /// The folder below the root, of the workspace's own packages.
    pub folder: Option<String>,
    /// Procedural macros run in the compiler: what they use is not linked into what uses them.
    pub is_macro: bool,
    pub dependencies: Vec<Dependency>,
}

/// An edge of the dependency graph.
pub struct Dependency {
    /// The [`Package::id`] depended on.
    pub id: String,
    /// A dependency of the tests alone.
    pub is_dev: bool,
    /// A dependency of the build script.
    pub is_build: bool,
}

/// A file, and its path below the root with `/` between its parts.
pub struct TextFile {
    pub path: String,
    pub text: String,
}

/// A parsed Rust file.
pub struct RustFile {
    pub path: String,
    pub text: String,
    pub syntax: syn::File,
}

impl Repository {
    pub fn load(workspace: &Workspace) -> Result<Self> {
        let deny_path = workspace.path("deny.toml");
        let deny = fs::read_to_string(&deny_path).context(|| "deny.toml".to_owned())?;
        let deny = DenyFile::parse(&deny)?;
        let built = built(workspace, &deny.targets)?;
        let packages = packages(&metadata(workspace, &deny.targets)?, &built, &workspace.root);
        let (mut paths, mut files) = (Vec::new(), Vec::new());
        collect_files(&workspace.root, &workspace.root, &mut paths, &mut files)?;
        paths.sort();
        files.sort_by(|one: &TextFile, other| one.path.cmp(&other.path));
        let sources = files
            .iter()
            .filter(|file| file.path.ends_with(".rs"))
            .map(|file| RustFile::parse(&file.path, &file.text))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { packages, paths, files, sources, deny })
    }

    /// The workspace's own packages, each with its folder.
    pub fn members(&self) -> impl Iterator<Item = (&Package, &str)> {
        self.packages.iter().filter_map(|package| Some((package, package.folder.as_deref()?)))
    }

    pub fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.id == id)
    }

    pub fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The 1-based line of a file that begins with `start`, or the first line where none does.
    pub fn line_starting(&self, path: &str, start: &str) -> usize {
        let position = self
            .file(path)
            .and_then(|file| file.text.lines().position(|line| line.starts_with(start)));
        position.map_or(1, |index| index + 1)
    }

    /// The line of `Cargo.lock` that names this package at this version.
    pub fn lock_line(&self, package: &Package) -> usize {
        let lines = self.file("Cargo.lock").map(|file| file.text.lines().collect::<Vec<_>>());
        let name = format!("name = \"{}\"", package.name);
        let version = format!("version = \"{}\"", package.version);
        lines
            .unwrap_or_default()
            .windows(2)
            .position(|pair| pair == [name.as_str(), version.as_str()])
            .map_or(1, |index| index + 1)
    }
}

impl RustFile {
    pub fn parse(path: &str, text: &str) -> Result<Self> {
        let syntax = syn::parse_file(text).map_err(|error| {
            Failure::new(format!("{path}:{}: {error}", error.span().start().line))
        })?;
        Ok(Self { path: path.to_owned(), text: text.to_owned(), syntax })
    }
}

/// The resolved graph on the platforms that `deny.toml` names.
fn metadata(workspace: &Workspace, targets: &[String]) -> Result<Metadata> {
    let filters = targets
        .iter()
        .flat_map(|target| ["--filter-platform".to_owned(), target.clone()])
        .collect::<Vec<_>>();
    MetadataCommand::new()
        .manifest_path(workspace.path("Cargo.toml"))
        .other_options(filters)
        .exec()
        .context(|| "cargo metadata".to_owned())
}

/// The packages that are built on these platforms, as `name vVERSION`. The resolved graph holds more: a dependency
/// that a weak feature (`"name?/feature"`) mentions, though nothing turns it on.
fn built(workspace: &Workspace, targets: &[String]) -> Result<HashSet<String>> {
    let mut command = process::cargo(workspace);
    command.args(["tree", "--workspace", "--edges", "normal,build,dev", "--prefix", "none"]);
    for target in targets {
        command.args(["--target", target]);
    }
    Ok(process::output(&mut command)?.lines().filter_map(name_and_version).collect())
}

/// The first two words of `name v1.0.0 (proc-macro) (*)`.
fn name_and_version(line: &str) -> Option<String> {
    let mut words = line.split_ascii_whitespace();
    Some(format!("{} {}", words.next()?, words.next()?))
}

fn packages(metadata: &Metadata, built: &HashSet<String>, root: &Path) -> Vec<Package> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let by_id =
        metadata.packages.iter().map(|package| (&package.id, package)).collect::<HashMap<_, _>>();
    nodes
        .filter_map(|node| {
            let package = by_id.get(&node.id)?;
            if !built.contains(&format!("{} v{}", package.name, package.version)) {
                return None;
            }
            let folder = package.manifest_path.parent()?.as_std_path();
            let is_member = metadata.workspace_members.contains(&node.id);
            let folder = folder.strip_prefix(root).ok().filter(|_| is_member);
            Some(Package {
                id: node.id.repr.clone(),
                name: package.name.to_string(),
                version: package.version.clone(),
                license: package.license.clone(),
                folder: folder.map(|path| path.to_string_lossy().into_owned()),
                is_macro: package.targets.iter().any(|target| {
                    target.kind.iter().any(|kind| matches!(kind, TargetKind::ProcMacro))
                }),
                dependencies: node.deps.iter().flat_map(edges).collect(),
            })
        })
        .collect()
}

fn edges(dependency: &cargo_metadata::NodeDep) -> impl Iterator<Item = Dependency> {
    dependency.dep_kinds.iter().map(|info| Dependency {
        id: dependency.pkg.repr.clone(),
        is_dev: info.kind == DependencyKind::Development,
        is_build: info.kind == DependencyKind::Build,
    })
}

fn collect_files(
    root: &Path,
    folder: &Path,
    paths: &mut Vec<String>,
    files: &mut Vec<TextFile>,
) -> Result<()> {
    let doing = || folder.display().to_string();
    for entry in fs::read_dir(folder).context(doing)? {
        let entry = entry.context(doing)?;
        let path = entry.path();
        if FOLDERS_SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
            continue;
        }
        let kind = entry.file_type().context(doing)?;
        if kind.is_dir() {
            collect_files(root, &path, paths, files)?;
            continue;
        }
        let Ok(relative) = path.strip_prefix(root) else { continue };
        let relative = relative.to_string_lossy().into_owned();
        if kind.is_file() && entry.metadata().context(doing)?.len() <= FILE_BYTES_MAX {
            let bytes = fs::read(&path).context(|| path.display().to_string())?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(TextFile { path: relative.clone(), text });
            }
        }
        paths.push(relative);
    }
    Ok(())
}

#[cfg(test)]
pub mod samples {
    //! Small repositories for the tests of the checks.
    use super::*;

    /// A repository of one Rust file.
    pub fn source(path: &str, text: &str) -> Repository {
        let sources = vec![RustFile::parse(path, text).unwrap()];
        Repository { sources, ..file(path, text) }
    }

    /// A repository of one text file.
    pub fn file(path: &str, text: &str) -> Repository {
        let files = vec![TextFile { path: path.to_owned(), text: text.to_owned() }];
        Repository { files, ..Repository::default() }
    }

    /// A package of a registry, named `name@version`.
    pub fn package(id: &str) -> Package {
        let (name, version) = id.split_once('@').unwrap();
        Package {
            id: id.to_owned(),
            name: name.to_owned(),
            version: Version::parse(version).unwrap(),
            license: Some("MIT".to_owned()),
            folder: None,
            is_macro: false,
            dependencies: Vec::new(),
        }
    }

    /// A package of the workspace, named `name@version`.
    pub fn member(id: &str, folder: &str) -> Package {
        Package { folder: Some(folder.to_owned()), ..package(id) }
    }

    impl Package {
        pub fn with(mut self, id: &str) -> Self {
            let id = id.to_owned();
            self.dependencies.push(Dependency { id, is_dev: false, is_build: false });
            self
        }

        pub fn with_dev(mut self, id: &str) -> Self {
            let id = id.to_owned();
            self.dependencies.push(Dependency { id, is_dev: true, is_build: false });
            self
        }
    }
}
