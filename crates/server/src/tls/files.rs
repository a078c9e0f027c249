//! Files of the authority: written whole or not at all, and private where they hold a key.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use strongroom_core::random::{self, Random};
use zeroize::Zeroizing;

use super::TlsError;

/// For its owner alone.
pub const PRIVATE: u32 = 0o600;
/// For everybody to read.
pub const PUBLIC: u32 = 0o644;
/// Bytes of a file of certificates or a key: 1 MiB.
pub const PEM_BYTES_MAX: u64 = 1 << 20;

/// Held while the folder's files are looked at and made, so that two servers that start at once make one authority.
pub struct FolderLock(
    #[expect(dead_code, reason = "the lock lasts as long as the file is open")] File,
);

impl FolderLock {
    /// Waits for the folder, which is made (0700) where it is missing.
    pub fn take(folder: &Path) -> Result<Self, TlsError> {
        let at = |source| TlsError::Folder { path: folder.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at)?;
        let file = File::open(folder).map_err(at)?;
        flock(&file, FlockOperation::LockExclusive).map_err(|error| at(error.into()))?;
        Ok(Self(file))
    }
}

/// The file's content, at most [`PEM_BYTES_MAX`] long.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let at = |source| TlsError::Read { path: path.to_owned(), source };
    read_limited(File::open(path).map_err(at)?).map_err(at)
}

/// The content of a file that only its owner may read; `None` when there is no file.
pub fn read_private(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, TlsError> {
    let at = |source| TlsError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(at)?,
    };
    if file.metadata().map_err(at)?.mode() & 0o077 != 0 {
        return Err(TlsError::KeyIsPublic { path: path.to_owned() });
    }
    read_limited(file).map(Some).map_err(at)
}

/// Writes the file under a temporary name, syncs it, renames it and syncs the folder.
pub fn write(path: &Path, content: &[u8], mode: u32, random: &dyn Random) -> Result<(), TlsError> {
    let at = |source| TlsError::Write { path: path.to_owned(), source };
    let number = u64::from_be_bytes(random::array(random));
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{number:016x}.new"));
    let temporary = PathBuf::from(temporary);
    let written = write_new(&temporary, content, mode).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What is left over is of no use to anybody; the error that is told is the first.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(at)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()).map_err(at)
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn read_limited(file: File) -> io::Result<Zeroizing<Vec<u8>>> {
    let length = file.metadata()?.len().min(PEM_BYTES_MAX);
    // Room for all of it, so that a growing buffer leaves no copies behind.
    let room = usize::try_from(length).unwrap_or_default() + 1;
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    file.take(PEM_BYTES_MAX + 1).read_to_end(&mut content)?;
    if content.len() as u64 > PEM_BYTES_MAX {
        return Err(io::Error::other("longer than 1 MiB"));
    }
    Ok(content)
}
