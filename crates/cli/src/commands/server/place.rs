//! Where a server's store is, and the key that opens it, if the server has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use strongroom_core::crypto::seal::{SealMethod, UnsealKey, write_keyfile};
use strongroom_core::random::Random;
use strongroom_core::time::Clock;
use strongroom_core::token::TtlLimits;
use strongroom_engine::audit::AuditOptions;
use strongroom_engine::{DATA_KEY_COMMITS_MAX, Node, NodeParts, initialise, seal_method};
use strongroom_server::config::{Config, Seal};
use strongroom_server::fetch::HttpsFetch;
use strongroom_store::Store;
use strongroom_store::memory::MemoryStore;

use crate::context::Context;
use crate::failure::Failure;
use crate::home::{Home, write_private};
use crate::{store, unseal};

/// A store with its key. Without it, the server waits for those who have its shares, or for its first keys.
pub(super) struct Place {
    store: Arc<dyn Store>,
    storage: &'static str,
    audit: PathBuf,
    key: Option<UnsealKey>,
}

impl Place {
    /// The store in a folder. It is made, without keys, where it is to be opened with shares: who asks for them first
    /// at `sys/init` gets them.
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
        let may_be_made = config.seal == Seal::Shamir;
        if !store::exists(&home.database())? {
            if !may_be_made {
                return Err(missing());
            }
            home.make().map_err(|error| Failure::file("make", folder, &error))?;
            drop(store::create(&home.database())?);
        }
        let database = store::open(&home.database())?;
        let has_shares = context.global.unseal_shares_file.is_some();
        let key = match seal_method(&*database)? {
            None if may_be_made => None,
            None => return Err(missing()),
            Some(SealMethod::Keyfile) => Some(unseal::read_key_file(home.key_file())?),
            Some(SealMethod::Shamir { .. }) if !has_shares => None,
            Some(other) => Some(unseal::key(context, &other)?),
        };
        let audit = config.audit_folder.clone().unwrap_or_else(|| home.audit());
        Ok(Self { store: database, storage: "sqlite", audit, key })
    }

    /// A new store in memory, with its audit log in a folder.
    pub(super) fn in_memory(context: &Context, folder: &Path) -> Result<Self, Failure> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let key = UnsealKey::generate(&*context.random);
        initialise(&*store, SealMethod::Keyfile, &key, &*context.clock, &*context.random)?;
        Ok(Self { store, storage: "inmem", audit: folder.join("audit"), key: Some(key) })
    }

    /// A new store in memory without keys.
    pub(super) fn waiting_in_memory(config: &Config, folder: &Path) -> Self {
        let audit = config.audit_folder.clone().unwrap_or_else(|| folder.join("audit"));
        Self { store: Arc::new(MemoryStore::new()), storage: "inmem", audit, key: None }
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
        Ok(Self { store: database, storage: "sqlite", audit: home.audit(), key: Some(key) })
    }

    /// A node on the store: open, or waiting for parts of its key.
    pub(super) fn node(&self, context: &Context, config: &Config) -> Result<Node, Failure> {
        let clock = Arc::clone(&context.clock);
        let parts = NodeParts {
            store: Arc::clone(&self.store),
            storage: Some(self.storage),
            audit_directory: self.audit.clone(),
            audit_options: AuditOptions::new(Arc::new(move || clock.now().0)),
            clock: Arc::clone(&context.clock) as Arc<dyn Clock>,
            random: Arc::clone(&context.random) as Arc<dyn Random>,
            data_key_commits_max: DATA_KEY_COMMITS_MAX,
            ttl_limits: TtlLimits { default: config.default_lease_ttl, max: config.max_lease_ttl },
            fetch: Arc::new(HttpsFetch::default()),
            places: config.aws.places(),
            audit_devices: config.audit_devices.clone(),
            has_background: true,
        };
        Ok(match &self.key {
            Some(key) => Node::unsealed(parts, key)?,
            None => Node::waiting(parts)?,
        })
    }
}
