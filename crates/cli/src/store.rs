//! The one place that names a storage backend.

use std::io;
use std::path::Path;
use std::sync::Arc;

use strongroom_store::Store;
use strongroom_store_sqlite::{CreateOptions, OpenOptions, SqliteStore};

use crate::failure::Failure;

/// Open the database.
///
/// # Errors
/// [`Failure`]
pub fn open(path: &Path) -> Result<Arc<SqliteStore>, Failure> {
    Ok(Arc::new(SqliteStore::open(path, &OpenOptions::default())?))
}

/// Make a database where there is none.
///
/// # Errors
/// [`Failure`]
pub fn create(path: &Path) -> Result<Arc<dyn Store>, Failure> {
    let store = SqliteStore::create(path, &CreateOptions::default()).map_err(Failure::new)?;
    Ok(Arc::new(store))
}

/// Whether there is a database.
///
/// # Errors
/// [`Failure`] when that cannot be told.
pub fn exists(path: &Path) -> Result<bool, Failure> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Failure::file("look at", path, &error)),
    }
}
