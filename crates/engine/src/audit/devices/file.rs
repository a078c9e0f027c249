use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags, accessat, fchmod, fstat, lstat, openat};

const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A file that is written at its end. One that was removed is made anew; one that failed is opened again.
pub(super) struct FileSink {
    folder: PathBuf,
    name: String,
    file: Option<File>,
    /// Whether the last line may lack its end.
    torn: bool,
}

impl FileSink {
    pub fn new(folder: PathBuf, name: String) -> Self {
        Self { folder, name, file: None, torn: false }
    }

    /// Lines with their ends, given to the kernel in one call.
    pub fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        // A file that was removed or renamed, to rotate it, is followed by a new one of its name.
        if self.file.as_ref().is_some_and(|file| !self.is_in_place(file)) {
            (self.file, self.torn) = (None, false);
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(open(&self.folder, &self.name, true)?),
        };
        let written = match self.torn {
            true => file.write_all(&[b"\n", lines].concat()),
            false => file.write_all(lines),
        };
        self.torn = written.is_err();
        if written.is_err() {
            self.file = None;
        }
        written
    }

    fn is_in_place(&self, file: &File) -> bool {
        let there = lstat(self.folder.join(&self.name));
        let place = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
        there.is_ok_and(|there| fstat(file).is_ok_and(|open| place(open) == place(there)))
    }
}

/// Whether the file could be written, without making it.
pub(super) fn check(folder: &Path, name: &str) -> io::Result<()> {
    match open(folder, name, false) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = open_folder(folder)?;
            Ok(accessat(&folder, ".", Access::WRITE_OK | Access::EXEC_OK, AtFlags::empty())?)
        }
        other => other.map(drop),
    }
}

/// Open the file of this name in the folder for writing at its end, for its owner only. The name is one segment and no
/// link is followed, so that it is in the folder and nowhere else.
fn open(folder: &Path, name: &str, make: bool) -> io::Result<File> {
    let folder = open_folder(folder)?;
    let create = if make { OFlags::CREATE } else { OFlags::empty() };
    // Without O_NONBLOCK, a pipe of this name would hold who opens it.
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = openat(&folder, name, flags | OFlags::CLOEXEC | create, FILE_MODE)?;
    let stat = fstat(&file)?;
    let refused = |what: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return refused("it is not a regular file");
    }
    if stat.st_nlink != 1 {
        return refused("it has another name as well");
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return refused("it belongs to another user");
    }
    if Mode::from_raw_mode(stat.st_mode) != FILE_MODE {
        fchmod(&file, FILE_MODE)?;
    }
    Ok(file.into())
}

fn open_folder(folder: &Path) -> io::Result<rustix::fd::OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(folder, flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn sink(folder: &Path) -> FileSink {
        FileSink::new(folder.to_owned(), "audit.log".into())
    }

    #[test]
    fn lines_are_added_to_a_file_of_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        std::fs::write(&path, "before\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        check(folder.path(), "audit.log").unwrap();
        sink(folder.path()).write(b"line\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\nline\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    /// CVE-2025-6000
    #[test]
    fn a_link_a_second_name_and_a_pipe_are_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let (target, path) = (elsewhere.path().join("target"), folder.path().join("audit.log"));
        std::fs::write(&target, "").unwrap();
        symlink(&target, &path).unwrap();
        assert!(sink(folder.path()).write(b"line\n").is_err());
        std::fs::remove_file(&path).unwrap();
        symlink(elsewhere.path().join("absent"), &path).unwrap();
        assert!(sink(folder.path()).write(b"line\n").is_err());
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(&target, &path).unwrap();
        assert!(check(folder.path(), "audit.log").is_err());
        assert!(sink(folder.path()).write(b"line\n").is_err());
        std::fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, FILE_MODE, 0).unwrap();
        assert!(sink(folder.path()).write(b"line\n").is_err());
        assert_eq!(std::fs::read(&target).unwrap(), b"");
        assert!(!elsewhere.path().join("absent").exists());
    }

    #[test]
    fn a_file_that_was_removed_or_renamed_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        check(folder.path(), "audit.log").unwrap();
        assert!(!path.exists(), "a check makes nothing");
        let mut sink = sink(folder.path());
        sink.write(b"first\n").unwrap();
        std::fs::remove_file(&path).unwrap();
        sink.write(b"second\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "second\n");
        let rotated = folder.path().join("audit.log.1");
        std::fs::rename(&path, &rotated).unwrap();
        sink.write(b"third\n").unwrap();
        assert_eq!(std::fs::read_to_string(&rotated).unwrap(), "second\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "third\n");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent");
        assert!(check(&absent, "audit.log").is_err());
        assert!(sink(&absent).write(b"line\n").is_err());
    }
}
