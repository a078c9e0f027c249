//! Where a server's store is, and the key that opens it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use strongroom_core::crypto::seal::{SealMethod, UnsealKey, write_keyfile};
use strongroom_engine::{Engine, initialise, seal_method};
use strongroom_server::config::{Config, Seal};
use strongroom_store::Store;
use strongroom_store::memory::MemoryStore;

use crate::context::Context;
use crate::failure::Failure;
use crate::home::{Home, write_private};
use crate::{store, unseal};

/// A store with its key.
pub(super) struct Place {
    store: Arc<dyn Store>,
    audit: PathBuf,
    key: UnsealKey,
}

impl Place {
    /// The store in a folder, which is there.
    pub(super) fn existing(
        context: &Context,
        folder: &Path,
        config: &Config,
    ) -> Result<Self, Failure> {
        let key_file = match &config.seal {
            Seal::KeyFile(file) => file.as_deref().or(context.global.key_file.as_deref()),
            _ => context.global.key_file.as_deref(),
        };
        let home = Home::locate(Some(folder), key_file);
        let missing = || {
            Failure::new(format_args!("there is no store in {}", folder.display()))
                .hint(format_args!("strongroom --home {} init", folder.display()))
        };
        if !store::exists(&home.database())? {
            return Err(missing());
        }
        let database = store::open(&home.database())?;
        let method = seal_method(&*database)?.ok_or_else(missing)?;
        let key = match &method {
            SealMethod::Keyfile => unseal::read_key_file(home.key_file())?,
            other => unseal::key(context, other)?,
        };
        let audit = config.audit_folder.clone().unwrap_or_else(|| home.audit());
        Ok(Self { store: database, audit, key })
    }

    /// A new store in memory, with its audit log in a folder.
    pub(super) fn in_memory(context: &Context, folder: &Path) -> Result<Self, Failure> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let key = UnsealKey::generate(&*context.random);
        initialise(&*store, SealMethod::Keyfile, &key, &*context.clock, &*context.random)?;
        Ok(Self { store, audit: folder.join("audit"), key })
    }

    /// The store in a folder, which is made if it is not there.
    pub(super) fn kept(context: &Context, folder: &Path) -> Result<Self, Failure> {
        let home = Home::locate(Some(folder), None);
        home.make().map_err(|error| Failure::file("make", folder, &error))?;
        if !store::exists(&home.database())? {
            drop(store::create(&home.database())?);
        }
        let database = store::open(&home.database())?;
        let key = if home.key_file().exists() {
            unseal::read_key_file(home.key_file())?
        } else {
            let key = UnsealKey::generate(&*context.random);
            write_private(home.key_file(), write_keyfile(&key).as_bytes())
                .map_err(|error| Failure::file("write", home.key_file(), &error))?;
            key
        };
        if seal_method(&*database)?.is_none() {
            let (clock, random) = (&*context.clock, &*context.random);
            initialise(&*database, SealMethod::Keyfile, &key, clock, random)?;
        }
        Ok(Self { store: database, audit: home.audit(), key })
    }

    pub(super) fn open(&self, context: &Context, config: &Config) -> Result<Engine, Failure> {
        super::engine(context, config, Arc::clone(&self.store), &self.audit, &self.key)
    }
}
