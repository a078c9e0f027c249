use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

/// Why the audit log could not take a record, or could not be read. Nothing was half written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// No space, or no quota, is left for the record.
    #[error("no space is left for the audit log in {}", .0.display())]
    Full(PathBuf),
    /// The file system may be read and not written.
    #[error("the audit log in {} is on a read-only file system", .0.display())]
    ReadOnly(PathBuf),
    /// This user may not use the directory or a file in it.
    #[error("no permission to use the audit log in {}", .0.display())]
    PermissionDenied(PathBuf),
    /// The directory, or what it lies in, does not exist.
    #[error("the audit log's directory {} does not exist", .0.display())]
    DirectoryMissing(PathBuf),
    /// The record would be a longer line than a line may be. It was not written.
    #[error("the audit record is longer than {} bytes", strongroom_core::audit::LINE_BYTES_MAX)]
    RecordTooLong,
    /// The stored record is none that [`super::Record::to_bytes`] gives. It was not written.
    #[error("the stored audit record is not valid")]
    StoredRecordInvalid(#[from] super::StoredError),
    /// A key cannot be used.
    #[error(transparent)]
    Key(#[from] strongroom_core::audit::KeyError),
    /// The system failed in another way.
    #[error("the audit log in {} failed: {source}", .directory.display())]
    Failed {
        /// The log's directory.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl AuditError {
    /// What an error of the system means for the log in `directory`.
    pub(crate) fn from_io(directory: &Path, source: io::Error) -> Self {
        let directory = directory.to_owned();
        match Errno::from_io_error(&source) {
            Some(Errno::NOSPC | Errno::DQUOT | Errno::FBIG) => Self::Full(directory),
            Some(Errno::ROFS) => Self::ReadOnly(directory),
            Some(Errno::ACCESS | Errno::PERM) => Self::PermissionDenied(directory),
            Some(Errno::NOENT | Errno::NOTDIR) => Self::DirectoryMissing(directory),
            _ => Self::Failed { directory, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_gets_its_own_name() {
        let error = |errno: Errno| AuditError::from_io(Path::new("/log"), errno.into());
        assert!(matches!(error(Errno::NOSPC), AuditError::Full(_)));
        assert!(matches!(error(Errno::DQUOT), AuditError::Full(_)));
        assert!(matches!(error(Errno::ROFS), AuditError::ReadOnly(_)));
        assert!(matches!(error(Errno::ACCESS), AuditError::PermissionDenied(_)));
        assert!(matches!(error(Errno::NOENT), AuditError::DirectoryMissing(_)));
        assert!(matches!(error(Errno::IO), AuditError::Failed { .. }));
        assert!(error(Errno::NOSPC).to_string().contains("/log"));
    }
}
