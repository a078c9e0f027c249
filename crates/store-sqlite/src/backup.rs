//! Copies of a store that is in use, and putting one back.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::files::{Files, with_suffix};
use crate::{OpenError, SqliteStore, schema};

/// Why a store was not copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// Something is at the path of the copy.
    #[error("{0} exists already")]
    AlreadyExists(PathBuf),
    /// The copy could not be written.
    #[error("{path}: {source}")]
    Io {
        /// The copy.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The store could not be read, or SQLite could not write the copy.
    #[error("the store cannot be copied: {0}")]
    Database(String),
}

/// Why a copy was not put in place. The store at its place is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// There is a store at the place already.
    #[error("{0} exists already")]
    AlreadyExists(PathBuf),
    /// The copy is damaged.
    #[error("the copy is damaged: {0}")]
    Corrupt(String),
    /// The copy is not a store of this program.
    #[error("the copy is not a Strongroom store: {0}")]
    Foreign(String),
    /// A process has the store, or the copy, open.
    #[error("{0} is in use")]
    InUse(PathBuf),
    /// The copy could not be read or put in place.
    #[error("{path}: {source}")]
    Io {
        /// The file that was read or written.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A newer version of the program wrote the copy.
    #[error("the copy has format {found}, and this program knows formats up to {known}")]
    TooNew {
        /// The copy's format.
        found: u32,
        /// This program's.
        known: u32,
    },
}

impl SqliteStore {
    /// Copy the store to a new file, as of one point in time and while it is in use. The copy is a store, readable
    /// by its owner only, and on the disk when this returns. An existing file is replaced only with `replace`, and
    /// only by a whole copy.
    ///
    /// # Errors
    /// [`BackupError`]
    pub fn backup_to(&self, path: impl AsRef<Path>, replace: bool) -> Result<(), BackupError> {
        let path = path.as_ref();
        let failed = |source| BackupError::Io { path: path.to_owned(), source };
        if !replace && path.symlink_metadata().is_ok() {
            return Err(BackupError::AlreadyExists(path.to_owned()));
        }
        if replace && path.exists() && Files::is_open(path).map_err(failed)? {
            let source = io::Error::new(io::ErrorKind::ResourceBusy, "it is an open store");
            return Err(failed(source));
        }
        let draft = Draft::new(path).map_err(failed)?;
        let copy = || {
            let from = self.inner.source.connect()?;
            let mut to = Connection::open(draft.path())?;
            let backup = Backup::new(&from, &mut to)?;
            // All pages in one step: one read transaction. Writers go on meanwhile.
            match backup.step(-1)? {
                StepResult::Done => Ok(()),
                _ => Err(busy()),
            }
        };
        copy().map_err(|error| BackupError::Database(error.to_string()))?;
        match draft.publish(replace) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(BackupError::AlreadyExists(path.to_owned()))
            }
            published => published.map_err(failed),
        }
    }
}

fn busy() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
    rusqlite::Error::SqliteFailure(code, Some("the store is being recovered".into()))
}

/// Put a copy of a store at `to`, after reading all of it. An existing store is replaced only with `replace`, and
/// only when no process has it open. A crash leaves the old store or the new one.
///
/// # Errors
/// [`RestoreError`]
pub fn restore(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    replace: bool,
) -> Result<(), RestoreError> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let failed = |path: &Path, source| RestoreError::Io { path: path.to_owned(), source };
    if !replace && to.symlink_metadata().is_ok() {
        return Err(RestoreError::AlreadyExists(to.to_owned()));
    }
    let log = fs::metadata(with_suffix(from, "-wal")).map_or(0, |metadata| metadata.len());
    if log > 0 || Files::is_open(from).map_err(|source| failed(from, source))? {
        return Err(RestoreError::InUse(from.to_owned()));
    }
    let draft = Draft::new(to).map_err(|source| failed(to, source))?;
    fs::File::open(from)
        .and_then(|mut from| io::copy(&mut from, &mut File::create(draft.path())?))
        .map_err(|source| failed(from, source))?;
    verify(draft.path())?;
    let lock = if to.exists() { Some(lock(to)?) } else { None };
    for suffix in ["-wal", "-shm", "-journal"] {
        match fs::remove_file(with_suffix(to, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(to, error)),
            _ => {}
        }
    }
    match draft.publish(replace) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(RestoreError::AlreadyExists(to.to_owned()));
        }
        published => published.map_err(|source| failed(to, source))?,
    }
    drop(lock);
    Ok(())
}

/// Read the whole copy.
fn verify(path: &Path) -> Result<(), RestoreError> {
    // Through the checks of an opening first: they tell a foreign or newer file from a damaged one.
    let opened = SqliteStore::open(path, &crate::OpenOptions::default());
    let store = opened.map_err(|error| match error {
        OpenError::Foreign { reason, .. } => RestoreError::Foreign(reason),
        OpenError::TooNew { found, known } => RestoreError::TooNew { found, known },
        other => RestoreError::Corrupt(other.to_string()),
    })?;
    let findings = store.check_integrity(|| true);
    drop(store);
    match findings.as_deref() {
        Ok([]) => {}
        Ok([first, ..]) => return Err(RestoreError::Corrupt(first.clone())),
        Err(error) => return Err(RestoreError::Corrupt(error.to_string())),
    }
    // Closing an ordinary connection moves what a migration wrote into the file, and removes the log.
    Connection::open(path)
        .and_then(|connection| schema::version(&connection))
        .map(|_| ())
        .map_err(|error| RestoreError::Corrupt(error.to_string()))
}

/// Make sure that nobody has the store open, and that nobody opens it while the lock is held.
fn lock(path: &Path) -> Result<File, RestoreError> {
    let in_use = || RestoreError::InUse(path.to_owned());
    let failed = |source| RestoreError::Io { path: path.to_owned(), source };
    if Files::is_open(path).map_err(failed)? {
        return Err(in_use());
    }
    let file = File::open(path).map_err(failed)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(in_use()),
        Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => {
            return Err(failed(error));
        }
        _ => {}
    }
    // Programs that are not Strongroom hold SQLite's locks only. Leaving the WAL needs all of them; it fails
    // in other ways when the old store is damaged, which is no reason not to replace it.
    let left = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).and_then(
        |connection| {
            connection.busy_timeout(Duration::ZERO)?;
            connection.pragma_update(None, "journal_mode", "DELETE")
        },
    );
    match left {
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if matches!(failure.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) =>
        {
            Err(in_use())
        }
        _ => Ok(file),
    }
}

/// A new file beside the place it is meant for. It is removed unless it is published.
pub(crate) struct Draft {
    path: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// An empty file, readable by its owner only.
    pub(crate) fn new(place: &Path) -> io::Result<Self> {
        static DRAFTS: AtomicU64 = AtomicU64::new(0);
        let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
        let suffix = format!(".new-{}-{number}", std::process::id());
        let path = with_suffix(place, &suffix);
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { path, place: place.to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Sync the file and move it to its place, in one step and durably.
    pub(crate) fn publish(self, replace: bool) -> io::Result<()> {
        File::open(&self.path)?.sync_all()?;
        if replace {
            fs::rename(&self.path, &self.place)?;
        } else {
            // Unlike a rename, a link never replaces a file.
            fs::hard_link(&self.path, &self.place)?;
            fs::remove_file(&self.path)?;
        }
        let directory = match self.place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(directory)?.sync_all()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After a publication there is nothing left to remove.
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(with_suffix(&self.path, suffix));
        }
    }
}
