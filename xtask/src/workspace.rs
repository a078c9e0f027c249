//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

use crate::failure::{Context, Result};

/// The workspace that the task was started in.
pub struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target directory.
    pub target: PathBuf,
    /// The names of the workspace's packages.
    pub members: Vec<String>,
}

impl Workspace {
    /// Asks cargo about the workspace that this package belongs to.
    pub fn load() -> Result<Self> {
        let manifest_folder = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let metadata = MetadataCommand::new()
            .manifest_path(manifest_folder.join("Cargo.toml"))
            .no_deps()
            .exec()
            .context(|| "cargo metadata".to_owned())?;
        Ok(Self {
            members: metadata.packages.iter().map(|package| package.name.to_string()).collect(),
            root: metadata.workspace_root.into_std_path_buf(),
            target: metadata.target_directory.into_std_path_buf(),
        })
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The virtual environment of the tests and the demo.
    pub fn python_environment(&self) -> PathBuf {
        self.target.join("venv")
    }

    /// Its interpreter.
    pub fn python(&self) -> PathBuf {
        python_in(&self.python_environment())
    }

    /// The virtual environment with old releases of client libraries.
    pub fn old_python_environment(&self) -> PathBuf {
        self.target.join("venv-old")
    }

    /// Its interpreter.
    pub fn old_python(&self) -> PathBuf {
        python_in(&self.old_python_environment())
    }
}

/// The interpreter of a virtual environment.
pub fn python_in(environment: &Path) -> PathBuf {
    environment.join("bin").join("python")
}
