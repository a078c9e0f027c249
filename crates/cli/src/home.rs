//! Where a local store is.
//!
//! ```text
//! $STRONGROOM_HOME, else $XDG_DATA_HOME/strongroom, else ~/.local/share/strongroom (macOS: ~/Library/Application
//! Support/strongroom)
//!   store.db          the records, encrypted
//!   store.key         the key that opens them, unless it is kept elsewhere or the seal needs none
//!   audit/            the audit log
//! ```

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Paths of a local store.
#[derive(Clone, Debug)]
pub struct Home {
    directory: PathBuf,
    key_file: PathBuf,
}

impl Home {
    /// The store in `directory`, or where the platform keeps data.
    #[must_use]
    pub fn locate(directory: Option<&Path>, key_file: Option<&Path>) -> Self {
        let directory = match directory {
            Some(directory) if !directory.as_os_str().is_empty() => directory.to_owned(),
            _ => data_directory().join("strongroom"),
        };
        let key_file = match key_file {
            Some(file) if !file.as_os_str().is_empty() => file.to_owned(),
            _ => directory.join("store.key"),
        };
        Self { directory, key_file }
    }

    /// The folder.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.directory.join("store.db")
    }

    /// The key file.
    #[must_use]
    pub fn key_file(&self) -> &Path {
        &self.key_file
    }

    /// Where a new key file waits while the store is given its key: a crash in between leaves both.
    #[must_use]
    pub fn new_key_file(&self) -> PathBuf {
        let mut name = self.key_file.as_os_str().to_owned();
        name.push(".new");
        name.into()
    }

    /// The audit log.
    #[must_use]
    pub fn audit(&self) -> PathBuf {
        self.directory.join("audit")
    }

    /// Make the folder, for its owner alone.
    ///
    /// # Errors
    /// The system's.
    pub fn make(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)
    }
}

/// Write a file that only its owner may read, on disk with its name before this returns. It must not exist.
///
/// # Errors
/// The system's.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_parent(path)
}

/// Put a file's name on disk.
///
/// # Errors
/// The system's.
pub fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    std::fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

fn data_directory() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(directory) = variable("XDG_DATA_HOME") {
        return directory.into();
    }
    let home = PathBuf::from(variable("HOME").unwrap_or_else(|| "/".into()));
    if cfg!(target_os = "macos") {
        home.join("Library/Application Support")
    } else {
        home.join(".local/share")
    }
}
