use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags};

const SEGMENT_SUFFIX: &str = ".jsonl";
const SEQ_DIGITS: usize = 20;
const LOCK_NAME: &str = "lock";
const HEAD_NAME: &str = "head";
const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// A place in the log's files: everything appended later lies after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The sequence number of the segment's first line, which names its file.
    pub segment: u64,
    /// An offset in the segment, in bytes, where a line begins.
    pub offset: u64,
}

/// The log's lock, shared by all its processes. It goes with the process that holds it.
pub(super) struct Lock(File);

/// Holds the lock until it is dropped, unless it is kept for a burst.
pub(super) struct LockGuard<'a>(Option<&'a File>);

/// Make the directory, for its owner only, unless it is there. What it lies in has to exist.
pub(super) fn ensure_directory(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(DIRECTORY_MODE).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}

/// The file name of the segment whose first line has this sequence number.
pub(super) fn segment_name(first_seq: u64) -> String {
    format!("{first_seq:0SEQ_DIGITS$}{SEGMENT_SUFFIX}")
}

/// The first sequence numbers of all segments, in order.
pub(super) fn segments(directory: &Path) -> io::Result<Vec<u64>> {
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        if let Some(first_seq) = entry?.file_name().to_str().and_then(parse_segment_name) {
            segments.push(first_seq);
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

fn parse_segment_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SEGMENT_SUFFIX)?;
    let all_digits = digits.len() == SEQ_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits { digits.parse().ok() } else { None }
}

/// Open a segment to append to it, and say whether it was made by this call.
pub(super) fn open_segment(directory: &Path, first_seq: u64) -> io::Result<(File, bool)> {
    let path = directory.join(segment_name(first_seq));
    let mut options = file_options();
    options.append(true);
    match options.open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let file = options.create(true).open(&path)?;
            sync_directory(directory)?;
            Ok((file, true))
        }
        result => Ok((result?, false)),
    }
}

/// Open a segment to read it.
pub(super) fn read_segment(directory: &Path, first_seq: u64) -> io::Result<File> {
    File::open(directory.join(segment_name(first_seq)))
}

/// Where the head file is.
pub(super) fn head_path(directory: &Path) -> PathBuf {
    directory.join(HEAD_NAME)
}

/// Open the head file to write it; an empty one is made when there is none.
pub(super) fn open_head(directory: &Path) -> io::Result<File> {
    file_options().write(true).create(true).truncate(false).open(head_path(directory))
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Readable, for the owner only, and never through a link that someone put in the file's place.
fn file_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
    options.read(true).mode(FILE_MODE).custom_flags(flags);
    options
}

impl Lock {
    /// Open the lock of a directory; it is made when there is none.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let mut options = file_options();
        options.write(true).create(true).truncate(false);
        options.open(directory.join(LOCK_NAME)).map(Self)
    }

    /// Open the lock of a directory that may be read-only; `None` when there is none.
    pub(super) fn open_existing(directory: &Path) -> io::Result<Option<Self>> {
        match File::open(directory.join(LOCK_NAME)) {
            Ok(file) => Ok(Some(Self(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Wait until no one else holds the lock.
    pub(super) fn exclusive(&self) -> io::Result<LockGuard<'_>> {
        self.acquire(FlockOperation::LockExclusive)
    }

    /// Wait until no one holds the lock exclusively.
    pub(super) fn shared(&self) -> io::Result<LockGuard<'_>> {
        self.acquire(FlockOperation::LockShared)
    }

    /// Stands for the lock that a burst keeps.
    pub(super) fn kept(&self) -> LockGuard<'_> {
        LockGuard(None)
    }

    /// Give back a lock that was kept.
    pub(super) fn give_back(&self) {
        drop(LockGuard(Some(&self.0)));
    }

    fn acquire(&self, operation: FlockOperation) -> io::Result<LockGuard<'_>> {
        rustix::io::retry_on_intr(|| rustix::fs::flock(&self.0, operation))?;
        Ok(LockGuard(Some(&self.0)))
    }
}

impl LockGuard<'_> {
    /// Keep the lock until [`Lock::give_back`].
    pub(super) fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for LockGuard<'_> {
    fn drop(&mut self) {
        // Unlocking a lock that is held cannot fail; if it did, closing the file would unlock it.
        if let Some(file) = self.0 {
            let _ = rustix::fs::flock(file, FlockOperation::Unlock);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segment_is_found_by_its_name_and_nothing_else_is() {
        assert_eq!(segment_name(7), "00000000000000000007.jsonl");
        assert_eq!(parse_segment_name(&segment_name(u64::MAX)), Some(u64::MAX));
        for name in ["7.jsonl", "0000000000000000000a.jsonl", "00000000000000000007.json", "head"] {
            assert_eq!(parse_segment_name(name), None, "{name}");
        }
    }
}
