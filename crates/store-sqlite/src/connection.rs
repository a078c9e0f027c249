//! How every connection is set up, and the pool of those that read.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Connections for reading; who finds all of them in use waits for one. Each keeps up to 2 MB of pages (SQLite's
/// default), whatever the size of the database: it is read and not mapped, since each connection's mapping counts as
/// the process's memory.
const READERS_MAX: usize = 8;
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
    state: Mutex<State>,
    given_back: Condvar,
}

struct State {
    idle: Vec<Connection>,
    /// With those that are in use.
    open: usize,
}

/// A connection in use, given back when it is dropped. Where there is none, its place is.
struct Borrowed<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Readers {
    pub(crate) fn new(source: Source, first: Connection) -> Self {
        let state = State { idle: vec![first], open: 1 };
        Self { source, state: Mutex::new(state), given_back: Condvar::new() }
    }

    /// Run `read` on a connection of its own; no lock is held meanwhile. `read` must not come here again.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut borrowed = self.borrow();
        let connection = match borrowed.connection.take() {
            Some(connection) => connection,
            None => self.source.connect()?,
        };
        let outcome = read(&connection);
        // After a panic it is closed.
        borrowed.connection = Some(connection);
        outcome
    }

    /// A connection that is idle, or the place of one that may be opened.
    fn borrow(&self) -> Borrowed<'_> {
        let none = |state: &mut State| state.idle.is_empty() && state.open >= READERS_MAX;
        let mut state =
            self.given_back.wait_while(self.lock(), none).unwrap_or_else(PoisonError::into_inner);
        let connection = state.idle.pop();
        if connection.is_none() {
            state.open += 1;
        }
        Borrowed { readers: self, connection }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.lock();
        match self.connection.take() {
            Some(connection) => state.idle.push(connection),
            None => state.open -= 1,
        }
        drop(state);
        self.readers.given_back.notify_one();
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

    #[test]
    fn many_who_read_at_once_share_few_connections_and_a_failure_takes_none() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        crate::schema::create(&mut Connection::open(&path).unwrap()).unwrap();
        let source = Source { path, access: Access::ReadWrite, busy_timeout: Duration::ZERO };
        let first = source.connect().unwrap();
        let readers = Readers::new(source, first);
        let one = |connection: &Connection| connection.query_row("SELECT 1", [], |row| row.get(0));
        std::thread::scope(|scope| {
            for _ in 0..4 * READERS_MAX {
                scope.spawn(|| {
                    for _ in 0..50 {
                        assert_eq!(readers.with(one), Ok(1));
                        assert!(readers.with(|c| c.execute_batch("no statement")).is_err());
                    }
                });
            }
        });
        let panicked = std::panic::AssertUnwindSafe(|| {
            readers.with(|_| -> rusqlite::Result<()> { panic!("in a read") })
        });
        assert!(std::panic::catch_unwind(panicked).is_err());
        let state = readers.lock();
        assert!(state.open == state.idle.len() && state.open <= READERS_MAX);
    }
}
