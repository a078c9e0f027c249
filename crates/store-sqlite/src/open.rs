//! Making a store, and opening one after cheap checks.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use crate::connection::{Access, Readers, Source};
use crate::error::{Failure, Kind};
use crate::files::{DatabaseHeader, Files, with_suffix};
use crate::writer::Writer;
use crate::{Inner, SqliteStore, backup, schema};

/// How long a commit waits for another process that is writing, unless the options say otherwise.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How to make a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreateOptions {
    /// How long a commit waits for another process that is writing.
    pub busy_timeout: Duration,
}

/// How to open a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenOptions {
    /// Refuse commits, and write nothing to the database.
    pub read_only: bool,
    /// How long a commit waits for another process that is writing.
    pub busy_timeout: Duration,
}

impl Default for CreateOptions {
    fn default() -> Self {
        Self { busy_timeout: BUSY_TIMEOUT }
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { read_only: false, busy_timeout: BUSY_TIMEOUT }
    }
}

impl OpenOptions {
    /// For reading only.
    #[must_use]
    pub fn read_only() -> Self {
        Self { read_only: true, ..Self::default() }
    }

    /// With another time to wait for a process that is writing.
    #[must_use]
    pub fn busy_timeout(self, busy_timeout: Duration) -> Self {
        Self { busy_timeout, ..self }
    }
}

/// Why a store could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Something is at the path, or a log that a database left behind.
    #[error("{0} exists already")]
    AlreadyExists(PathBuf),
    /// The new file could not be written or put in its place.
    #[error("{path}: {source}")]
    Io {
        /// What was being made.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// SQLite could not write the tables.
    #[error("the store cannot be made: {0}")]
    Database(String),
    /// It was made and could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process is changing the store's format, or restoring it.
    #[error("another process is writing to {0}")]
    Busy(PathBuf),
    /// The file is damaged.
    #[error("{path} is damaged: {reason}")]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is not a store of this program.
    #[error("{path} is not a Strongroom store: {reason}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What tells.
        reason: String,
    },
    /// The file could not be reached.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// There is no file.
    #[error("there is no store at {0}")]
    NotFound(PathBuf),
    /// A newer version of the program wrote the store.
    #[error("the store has format {found}, and this program knows formats up to {known}")]
    TooNew {
        /// The store's format.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// The store has an older format and was to be opened without writing.
    #[error("the store has format {found}; open it once for writing to bring it to format {known}")]
    TooOld {
        /// The store's format.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// SQLite could not read it.
    #[error("the store cannot be opened: {0}")]
    Unavailable(String),
}

impl SqliteStore {
    /// Make an empty store, readable by its owner only, and open it. A crash leaves a whole store or none.
    ///
    /// # Errors
    /// [`CreateError`]
    pub fn create(path: impl AsRef<Path>, options: &CreateOptions) -> Result<Self, CreateError> {
        let path = path.as_ref();
        let failed = |source| CreateError::Io { path: path.to_owned(), source };
        // SQLite would apply a log that an old database of this name left behind to the new one.
        for taken in [path.to_owned(), with_suffix(path, "-wal"), with_suffix(path, "-journal")] {
            if taken.symlink_metadata().is_ok() {
                return Err(CreateError::AlreadyExists(taken));
            }
        }
        let fresh = backup::Draft::new(path).map_err(failed)?;
        let make = || schema::create(&mut Connection::open(fresh.path())?);
        make().map_err(|error| CreateError::Database(error.to_string()))?;
        match fresh.publish(false) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(CreateError::AlreadyExists(path.to_owned()));
            }
            published => published.map_err(failed)?,
        }
        let options = OpenOptions { read_only: false, busy_timeout: options.busy_timeout };
        Ok(Self::open(path, &options)?)
    }

    /// Open a store. A store in an older format is brought to [`SCHEMA_VERSION`](crate::SCHEMA_VERSION), in one
    /// transaction. The time this takes does not depend on the number of records.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Self, OpenError> {
        let given = path.as_ref();
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => OpenError::NotFound(given.to_owned()),
            _ => OpenError::Io { path: given.to_owned(), source },
        };
        let path = given.canonicalize().map_err(failed)?;
        if !path.is_file() {
            return Err(foreign(&path, "it is not a file"));
        }
        let files = Files::open(&path).map_err(failed)?;
        let (header, _) = files.database_header().map_err(failed)?;
        check_header(&path, &header)?;
        let access = if options.read_only { Access::ReadOnly } else { Access::ReadWrite };
        let mut source = Source { path, access, busy_timeout: options.busy_timeout };
        let mut connection = connect(&mut source)?;
        prepare(&mut connection, &source, &header)
            .map_err(|error| opening(&source.path, &error))??;
        check_size(&source.path, &files)?;
        let readers = Readers::new(source.clone(), connection);
        let inner =
            Inner { source, readers, cache: Default::default(), signal: Default::default(), files };
        let inner = Arc::new(inner);
        Ok(Self { writer: Writer::new(Arc::clone(&inner)), inner })
    }
}

fn check_header(path: &Path, header: &DatabaseHeader) -> Result<(), OpenError> {
    if !header.is_sqlite() {
        return Err(foreign(path, "it is not an SQLite database"));
    }
    if header.application_id() != schema::APPLICATION_ID as u32 {
        return Err(foreign(path, "it belongs to another program"));
    }
    let page = header.page_bytes();
    if !page.is_power_of_two() || page < 512 {
        let reason = format!("a page cannot have {page} bytes");
        return Err(OpenError::Corrupt { path: path.to_owned(), reason });
    }
    Ok(())
}

/// The first connection. On a disk that cannot be written SQLite cannot make a wal-index, and needs none when
/// there is no log to read.
fn connect(source: &mut Source) -> Result<Connection, OpenError> {
    let readable = |source: &Source| {
        let connection = source.connect()?;
        schema::version(&connection)?;
        Ok(connection)
    };
    match readable(source) {
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if matches!(failure.code, ErrorCode::CannotOpen | ErrorCode::ReadOnly)
                && std::fs::metadata(with_suffix(&source.path, "-wal"))
                    .map_or(0, |metadata| metadata.len())
                    == 0 =>
        {
            source.access = Access::Immutable;
            readable(source)
        }
        connected => connected,
    }
    .map_err(|error: rusqlite::Error| opening(&source.path, &error))
}

/// Bring the database into the shape this program knows, or say why not.
fn prepare(
    connection: &mut Connection,
    source: &Source,
    header: &DatabaseHeader,
) -> rusqlite::Result<Result<(), OpenError>> {
    let known = schema::SCHEMA_VERSION;
    let found = schema::version(connection)?;
    let writable = source.access == Access::ReadWrite;
    if found > known {
        return Ok(Err(OpenError::TooNew { found, known }));
    }
    if found < known && !writable {
        return Ok(Err(OpenError::TooOld { found, known }));
    }
    if !header.is_wal() && writable {
        connection.pragma_update(None, "journal_mode", "WAL")?;
    }
    if found < known {
        schema::migrate(connection)?;
    }
    Ok(match schema::foreign_object(connection)? {
        Some(reason) => Err(foreign(&source.path, reason)),
        None => Ok(()),
    })
}

/// The file must be as long as its pages. While the log holds pages that are not in the database yet, it may be
/// shorter.
fn check_size(path: &Path, files: &Files) -> Result<(), OpenError> {
    let failed = |source| OpenError::Io { path: path.to_owned(), source };
    let (header, length) = files.database_header().map_err(failed)?;
    let pages = match (files.index_header(), files.frames_copied()) {
        (Some(index), Some(copied)) if index.frames() > copied => return Ok(()),
        (Some(index), _) if index.pages() > 0 => index.pages(),
        _ => header.pages(),
    };
    let expected = u64::from(pages) * header.page_bytes();
    if length >= expected {
        return Ok(());
    }
    let reason = format!("it has {length} bytes and should have {expected}");
    Err(OpenError::Corrupt { path: path.to_owned(), reason })
}

fn opening(path: &Path, error: &rusqlite::Error) -> OpenError {
    match Failure::new(path.display(), error).kind {
        Kind::Busy => OpenError::Busy(path.to_owned()),
        Kind::Corrupt => OpenError::Corrupt { path: path.to_owned(), reason: error.to_string() },
        _ => OpenError::Unavailable(format!("{}: {error}", path.display())),
    }
}

fn foreign(path: &Path, reason: impl Into<String>) -> OpenError {
    OpenError::Foreign { path: path.to_owned(), reason: reason.into() }
}
