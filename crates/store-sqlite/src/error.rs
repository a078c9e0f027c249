//! What SQLite's result codes mean for a caller.

use std::fmt::Display;

use rusqlite::ErrorCode;
use strongroom_store::{CommitError, ReadError};

/// A failure inside SQLite, classified; it can be told to every batch of a group.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Busy,
    Corrupt,
    Full,
    ReadOnly,
    Unavailable,
    Unknown,
}

impl Failure {
    /// `subject` says what was read or written: a database's path, a record's key.
    pub(crate) fn new(subject: impl Display, error: &rusqlite::Error) -> Self {
        Self { kind: classify(error), message: format!("{subject}: {error}") }
    }

    /// The same failure, when it leaves open whether the commit happened.
    pub(crate) fn into_unknown(self) -> Self {
        Self { kind: Kind::Unknown, ..self }
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self { kind: Kind::Unavailable, message: message.into() }
    }

    pub(crate) fn to_commit_error(&self) -> CommitError {
        let message = self.message.clone();
        match self.kind {
            Kind::Busy => CommitError::Busy,
            Kind::Corrupt => CommitError::Corrupt(message),
            Kind::Full => CommitError::Full,
            Kind::ReadOnly => CommitError::ReadOnly,
            Kind::Unavailable => CommitError::Unavailable(message),
            Kind::Unknown => CommitError::Unknown(message),
        }
    }

    pub(crate) fn into_read_error(self) -> ReadError {
        match self.kind {
            Kind::Corrupt => ReadError::Corrupt(self.message),
            _ => ReadError::Unavailable(self.message),
        }
    }
}

/// `SQLITE_IOERR_SHMSIZE`: the wal-index could not grow, which a full disk does.
const WAL_INDEX_GROWS: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

fn classify(error: &rusqlite::Error) -> Kind {
    use rusqlite::Error;
    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Kind::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Kind::Corrupt,
            ErrorCode::DiskFull => Kind::Full,
            ErrorCode::ReadOnly => Kind::ReadOnly,
            // The program writes each key and number once: a row that is in the way is damage.
            ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => Kind::Corrupt,
            _ if failure.extended_code == WAL_INDEX_GROWS => Kind::Full,
            _ => Kind::Unavailable,
        },
        // The schema was checked when the store was opened: a statement or a value that does not fit it is damage.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::QueryReturnedNoRows
        | Error::SqlInputError { .. }
        | Error::Utf8Error(..) => Kind::Corrupt,
        _ => Kind::Unavailable,
    }
}

/// Whether a COMMIT that failed so can have left no whole transaction in the WAL: its last frame was refused
/// by the operating system. Any other failure, of a sync above all, comes after the last frame was written.
pub(crate) fn is_write_refused(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(failure, _) = error else { return false };
    matches!(failure.code, ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::ReadOnly)
        || failure.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
}

/// A value in the database that cannot be: it becomes [`Kind::Corrupt`].
pub(crate) fn damaged(column: usize, why: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        rusqlite::types::Type::Null,
        Box::<dyn std::error::Error + Send + Sync>::from(why.into()),
    )
}
