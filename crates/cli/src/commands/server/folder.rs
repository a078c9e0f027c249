//! The folder of a server whose store is in memory: its audit log, and the certificates that its clients need.
//!
//! It goes with the server. What a server that was killed left is removed by the next one: a lock that the system gives
//! back with the process tells the two apart.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use strongroom_core::random;

use crate::context::Context;
use crate::failure::Failure;

/// What the names of such folders begin with; sixteen hexadecimal digits follow.
const PREFIX: &str = "strongroom-dev-";
const DIGITS: usize = 16;
/// Held by the server for as long as it runs.
const LOCK: &str = "lock";
/// Its name before it is held: whoever finds [`LOCK`] not held finds a server that is gone.
const NEW_LOCK: &str = "lock.new";
/// The most names that are looked at for folders of servers that are gone.
const LOOKED_AT_MAX: usize = 10_000;

/// A folder that is removed at the end, unless it is to be kept.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    /// `None` when it is kept.
    _lock: Option<File>,
}

impl Folder {
    /// The folder to be kept, or one for this process.
    pub(super) fn of(kept: Option<&Path>, context: &Context) -> Result<Self, Failure> {
        if let Some(path) = kept {
            return Ok(Self { path: path.to_owned(), _lock: None });
        }
        let place = std::env::temp_dir();
        remove_left(&place);
        let number = u64::from_be_bytes(random::array(&*context.random));
        let path = place.join(format!("{PREFIX}{number:016x}"));
        let failed = |error: io::Error| Failure::file("make", &path, &error);
        DirBuilder::new().mode(0o700).create(&path).map_err(failed)?;
        let lock = locked(&path).map_err(failed)?;
        Ok(Self { path, _lock: Some(lock) })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self._lock.is_some() {
            // What cannot be removed now is removed by the next server that starts.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn locked(folder: &Path) -> io::Result<File> {
    let new = folder.join(NEW_LOCK);
    let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    lock.try_lock()?;
    fs::rename(&new, folder.join(LOCK))?;
    Ok(lock)
}

/// Remove the folders of servers of this user that are gone. What is not clearly one stays.
fn remove_left(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.take(LOOKED_AT_MAX).filter_map(Result::ok) {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let is_number =
            |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if number.is_some_and(is_number) && is_left(&entry.path()) {
            // Symbolic links are not followed; what cannot be removed stays.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether a folder is this user's alone, and its server is gone.
fn is_left(folder: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(folder) else { return false };
    let own = rustix::process::geteuid().as_raw();
    if !found.is_dir() || found.uid() != own || found.mode() & 0o077 != 0 {
        return false;
    }
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let lock = OpenOptions::new().read(true).custom_flags(flags).open(folder.join(LOCK));
    lock.is_ok_and(|lock| lock.metadata().is_ok_and(|it| it.is_file()) && lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn folder(place: &Path, number: &str, mode: u32) -> PathBuf {
        let path = place.join(format!("{PREFIX}{number}"));
        DirBuilder::new().mode(0o700).create(&path).expect("is made");
        fs::write(path.join("ca.key"), "secret").expect("is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("is set");
        path
    }

    #[test]
    fn what_a_server_left_is_removed_and_nothing_else() {
        let place = tempfile::TempDir::new().expect("a folder");
        let place = place.path();
        let left = folder(place, "0123456789abcdef", 0o700);
        drop(locked(&left).expect("locks"));
        let running = folder(place, "1123456789abcdef", 0o700);
        let lock = locked(&running).expect("locks");
        // Its server has not come to its lock yet.
        let new = folder(place, "2123456789abcdef", 0o700);
        fs::write(new.join(NEW_LOCK), "").expect("is written");
        let open = folder(place, "3123456789abcdef", 0o755);
        fs::write(open.join(LOCK), "").expect("is written");
        let named = folder(place, "notes", 0o700);
        fs::write(named.join(LOCK), "").expect("is written");
        let elsewhere = place.join("elsewhere");
        fs::create_dir(&elsewhere).expect("is made");
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o700)).expect("is set");
        fs::write(elsewhere.join(LOCK), "").expect("is written");
        let linked = place.join(format!("{PREFIX}4123456789abcdef"));
        symlink(&elsewhere, &linked).expect("is linked");
        let odd = folder(place, "5123456789abcdef", 0o700);
        symlink(elsewhere.join(LOCK), odd.join(LOCK)).expect("is linked");

        remove_left(place);
        assert!(!left.exists());
        for stays in [&running, &new, &open, &named, &elsewhere, &linked, &odd] {
            assert!(stays.exists(), "{}", stays.display());
        }
        drop(lock);
        remove_left(place);
        assert!(!running.exists());
    }
}
