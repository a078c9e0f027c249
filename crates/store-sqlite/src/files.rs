//! The database's own file descriptors, opened once per process.
//!
//! POSIX record locks, which SQLite uses, have a trap: when a process closes **any** descriptor of a file, it
//! loses all its locks on that file. So this process may not open and close the database or its wal-index
//! beside SQLite. Each is opened once here, shared by every handle on the same file, and closed when the last
//! handle has closed its connections.
//!
//! A handle also holds a shared `flock` on the database (apart from SQLite's locks), so that
//! [`restore`](crate::restore) finds out that a store is open.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use strongroom_core::memory::SharedWords;
use strongroom_store::Mark;

/// The word of the wal-index that counts the frames copied into the database.
const FRAMES_COPIED_WORD: usize = 24;

/// Device and inode: the identity of a file under any name.
type Identity = (u64, u64);

/// Each open file, and how many handles share it.
type Registry = HashMap<Identity, (usize, Arc<Shared>)>;

static OPEN: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

struct Shared {
    database: File,
    index: OnceLock<Option<Index>>,
}

/// The wal-index: mapped, because it is looked at for every `get`. SQLite never shortens it while a connection is
/// open.
struct Index {
    words: SharedWords,
    _file: File,
}

/// One handle's share of the descriptors. Drop it after the handle's connections.
pub(crate) struct Files {
    identity: Identity,
    path: PathBuf,
    /// Taken when dropped, under the lock of [`OPEN`].
    shared: Option<Arc<Shared>>,
}

impl Files {
    /// `path` has no symbolic links.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        loop {
            let files = Self::acquire(path)?;
            // A restore holds the lock while it replaces the file: then this one is the old file.
            if identity(path)? == files.identity {
                return Ok(files);
            }
        }
    }

    fn acquire(path: &Path) -> io::Result<Self> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut identity = identity(path)?;
        if !open.contains_key(&identity) {
            let database = File::open(path)?;
            let metadata = database.metadata()?;
            identity = (metadata.dev(), metadata.ino());
            if let Entry::Vacant(vacant) = open.entry(identity) {
                match database.lock_shared() {
                    Err(error) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
                    _ => {}
                }
                vacant.insert((0, Arc::new(Shared { database, index: OnceLock::new() })));
            } else {
                // The name moved to a file that is open: closing this descriptor would drop its locks.
                std::mem::forget(database);
            }
        }
        let Some((count, shared)) = open.get_mut(&identity) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        *count += 1;
        Ok(Self { identity, path: path.to_owned(), shared: Some(Arc::clone(shared)) })
    }

    /// Whether this process has the file open, under any name.
    pub(crate) fn is_open(path: &Path) -> io::Result<bool> {
        let identity = identity(path)?;
        Ok(OPEN.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&identity))
    }

    /// The first bytes of the database, fewer when it is shorter, and its length in bytes.
    pub(crate) fn database_header(&self) -> io::Result<(DatabaseHeader, u64)> {
        let Some(shared) = &self.shared else { return Err(io::ErrorKind::NotFound.into()) };
        let mut header = DatabaseHeader([0; 100]);
        let length = shared.database.metadata()?.len();
        match shared.database.read_exact_at(&mut header.0, 0) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok((header, length)),
        }
    }

    /// The wal-index's header now; `None` when it cannot be read. A connection of the handle must have read
    /// the database before the first call, so that the file is the one SQLite uses.
    pub(crate) fn index_header(&self) -> Option<IndexHeader> {
        let words = &self.index()?.words;
        Some(IndexHeader(std::array::from_fn(|index| words.load(index))))
    }

    /// How many frames of the WAL a checkpoint has copied into the database.
    pub(crate) fn frames_copied(&self) -> Option<u32> {
        Some(self.index()?.words.load(FRAMES_COPIED_WORD))
    }

    fn index(&self) -> Option<&Index> {
        let open = || -> io::Result<Index> {
            let file = File::open(with_suffix(&self.path, "-shm"))?;
            let bytes = file.metadata()?.len();
            Ok(Index { words: SharedWords::map(&file, bytes)?, _file: file })
        };
        self.shared.as_ref()?.index.get_or_init(|| open().ok()).as_ref()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared = None;
        if let Some((count, _)) = open.get_mut(&self.identity) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.identity);
            }
        }
    }
}

/// The first 48 bytes of the wal-index: a version, the change counter, the number of frames and of pages, the
/// checksum of the last frame and the salts of the WAL. Equal headers mean equal contents of the database.
/// See <https://www.sqlite.org/walformat.html#the_wal_index_header>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexHeader([u32; 12]);

impl IndexHeader {
    /// A header like no other.
    #[cfg(test)]
    pub(crate) fn numbered(number: u32) -> Self {
        Self([number; 12])
    }

    /// What tells the contents at this header from all others.
    pub(crate) fn mark(&self) -> Mark {
        Mark::new(self.0)
    }

    /// Grows by one with every transaction.
    pub(crate) fn changes(&self) -> u32 {
        self.word(2)
    }

    /// Frames in the WAL that count.
    pub(crate) fn frames(&self) -> u32 {
        self.word(4)
    }

    /// The database's size in pages after the last transaction in the WAL; 0 when the WAL is empty.
    pub(crate) fn pages(&self) -> u32 {
        self.word(5)
    }

    fn word(&self, index: usize) -> u32 {
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// The first 100 bytes of the database file.
pub(crate) struct DatabaseHeader([u8; 100]);

impl DatabaseHeader {
    pub(crate) fn is_sqlite(&self) -> bool {
        self.0.starts_with(b"SQLite format 3\0")
    }

    pub(crate) fn page_bytes(&self) -> u64 {
        match self.word(16) >> 16 {
            1 => 65_536,
            bytes => u64::from(bytes),
        }
    }

    /// Both version bytes are 2 when the journal is a WAL.
    pub(crate) fn is_wal(&self) -> bool {
        self.word(16) & 0xffff == 0x0202
    }

    pub(crate) fn pages(&self) -> u32 {
        self.word(28)
    }

    pub(crate) fn application_id(&self) -> u32 {
        self.word(68)
    }

    fn word(&self, offset: usize) -> u32 {
        let bytes = self.0.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok());
        u32::from_be_bytes(bytes.unwrap_or_default())
    }
}

/// SQLite's name of a file beside the database.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn identity(path: &Path) -> io::Result<Identity> {
    let metadata = std::fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}
