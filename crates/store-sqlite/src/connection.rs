//! How every connection is set up, and the pool of those that read.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// How much of the database a connection may map instead of reading it; address space, not memory.
const MAPPED_BYTES_MAX: u64 = 1 << 30;
/// Connections kept open for reading. To open one costs as much as a hundred reads, so that a surplus that is closed
/// and opened again would take most of the time.
const READERS_IDLE_MAX: usize = 64;
/// `PRAGMA synchronous`: 2 is FULL.
const FULL: u32 = 2;

/// Which database, and how to open it.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) access: Access,
    pub(crate) busy_timeout: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadWrite,
    ReadOnly,
    /// On a disk that cannot be written and without a WAL: SQLite may not even make a wal-index.
    Immutable,
}

impl Source {
    pub(crate) fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self.access {
            Access::ReadWrite => {
                Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)
            }
            Access::ReadOnly => {
                Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_READ_ONLY)
            }
            Access::Immutable => Connection::open_with_flags(
                immutable_address(&self.path.to_string_lossy()),
                flags | OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
            ),
        }?;
        connection.busy_timeout(self.busy_timeout)?;
        // The WAL stays when the last connection closes: a command that reads writes and syncs nothing.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        // Otherwise each statement is compiled anew for each key, in the hope of a plan that suits the key better.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        set_synchronous(&connection)?;
        connection.pragma_update_and_check(None, "mmap_size", MAPPED_BYTES_MAX, |_| Ok(()))?;
        Ok(connection)
    }
}

/// The setting belongs to a connection and is easily lost, and without it `Ok` means nothing: read it back.
fn set_synchronous(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", FULL)?;
    let found: u32 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if found == FULL {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_MISUSE);
    Err(rusqlite::Error::SqliteFailure(code, Some("synchronous=FULL was not taken".into())))
}

fn immutable_address(path: &str) -> String {
    let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{escaped}?immutable=1")
}

/// Connections for reading. One is open from the start and never closed: it keeps SQLite's wal-index, which
/// the cache relies on.
pub(crate) struct Readers {
    source: Source,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(source: Source, first: Connection) -> Self {
        Self { source, idle: Mutex::new(vec![first]) }
    }

    /// Run `read` on a connection of its own; no lock is held meanwhile.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.source.connect()?,
        };
        let outcome = read(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_IDLE_MAX {
            idle.push(connection);
        } else {
            drop(idle);
            drop(connection);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connection_syncs_fully_and_leaves_the_wal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a?b#c%d.db");
        crate::schema::create(&mut Connection::open(&path).unwrap()).unwrap();
        for access in [Access::ReadWrite, Access::ReadOnly, Access::Immutable] {
            let source = Source { path: path.clone(), access, busy_timeout: Duration::ZERO };
            let connection = source.connect().unwrap();
            let pragma =
                |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
            assert_eq!(pragma("synchronous").unwrap(), FULL, "{access:?}");
            assert_eq!(pragma("user_version").unwrap(), crate::SCHEMA_VERSION, "{access:?}");
            assert!(connection.db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE).unwrap());
        }
    }
}
