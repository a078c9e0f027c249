//! An open store of this machine, used by its owner.

use std::sync::Arc;

use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_core::random::Random;
use strongroom_core::time::Clock;
use strongroom_core::token::TtlLimits;
use strongroom_engine::audit::AuditOptions;
use strongroom_engine::{
    Anchors, DATA_KEY_COMMITS_MAX, Door, Engine, Error, OpenError, Operation, Parts, Principal,
    Request, seal_method,
};
use strongroom_store_sqlite::SqliteStore;

use super::remote::ADDRESS_VARIABLE;
use crate::context::Context;
use crate::failure::Failure;
use crate::home::sync_parent;
use crate::{store, system, unseal};

/// An open store of this machine.
pub struct Local {
    /// The engine.
    pub engine: Engine,
    /// The database under it, for what concerns it as a whole.
    pub database: Arc<SqliteStore>,
    principal: Principal,
    random: Arc<dyn Random>,
}

impl Local {
    /// Open the store in the context's home, for what is done to a store of this machine and not over a network: a user
    /// who points at a server must not silently get another store.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn open(context: &Context) -> Result<Self, Failure> {
        refuse_server()?;
        Self::open_here(context)
    }

    /// Open the store in the context's home.
    pub(super) fn open_here(context: &Context) -> Result<Self, Failure> {
        let (session, is_new) =
            unsealed(context, |database, key| Self::with_key(context, Arc::clone(database), key))?;
        if is_new {
            let (new, current) = (context.home.new_key_file(), context.home.key_file());
            std::fs::rename(&new, current)
                .and_then(|()| sync_parent(current))
                .map_err(|error| Failure::file("rename", &new, &error))?;
        }
        Ok(session)
    }

    /// Open the store with a key.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn with_key(
        context: &Context,
        database: Arc<SqliteStore>,
        key: &UnsealKey,
    ) -> Result<Self, OpenError> {
        let random: Arc<dyn Random> = Arc::clone(&context.random) as Arc<dyn Random>;
        let clock = Arc::clone(&context.clock);
        let parts = Parts {
            store: Arc::clone(&database) as Arc<dyn strongroom_store::Store>,
            audit_directory: &context.home.audit(),
            audit_options: AuditOptions::new(Arc::new(move || clock.now().0)),
            clock: Arc::clone(&context.clock) as Arc<dyn Clock>,
            random: Arc::clone(&random),
            data_key_commits_max: DATA_KEY_COMMITS_MAX,
            ttl_limits: TtlLimits::DEFAULT,
        };
        let engine = Engine::open(parts, key)?;
        let principal = Principal::local_owner(&system::user());
        Ok(Self { engine, database, principal, random })
    }

    /// Ask the engine.
    ///
    /// # Errors
    /// What it says.
    pub fn ask<O: Operation>(&self, operation: &O) -> Result<O::Answer, Error> {
        let mut request = Request::new(self.principal.clone(), Door::Cli, &*self.random);
        request.client = Some(system::client());
        self.engine.execute(&request, operation)
    }

    /// Put the audit records of this session on disk. Called by a command that ends; what this session read is then
    /// known even after a loss of power.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn finish(&self) -> Result<(), Failure> {
        self.engine
            .audit()
            .sync()
            .map_err(|error| Failure::new(error).hint("see: strongroom doctor"))
    }

    /// Leave the audit log in order before this process becomes another: the records are with the kernel, which
    /// begins to write them. Nothing waits for the disk.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn leave(self) -> Result<(), Failure> {
        self.engine.audit().flush_head().map_err(Failure::new)?;
        self.engine.audit().start_writeback();
        // Its end would wait for the disk. The descriptors are closed by `execve`.
        std::mem::forget(self);
        Ok(())
    }
}

/// What the audit log is verified against, without opening the log: a log that is opened is put in order.
///
/// # Errors
/// [`Failure`]
pub fn anchors(context: &Context) -> Result<Anchors, Failure> {
    refuse_server()?;
    unsealed(context, |database, key| strongroom_engine::anchors(&**database, key))
        .map(|(anchors, _)| anchors)
}

/// What `open` makes of the database and the key that opens it, and whether that is the key in the new key file: a
/// rekey that was broken off after the store took the new key left it under its other name.
fn unsealed<T>(
    context: &Context,
    open: impl Fn(&Arc<SqliteStore>, &UnsealKey) -> Result<T, OpenError>,
) -> Result<(T, bool), Failure> {
    let database = store::open(&context.home.database())?;
    let method = seal_method(&*database)?.ok_or(OpenError::NotInitialised)?;
    let has_new = context.home.new_key_file().exists();
    let is_only_new = method == SealMethod::Keyfile && has_new && !context.home.key_file().exists();
    if !is_only_new {
        let key = unseal::key(context, &method)?;
        match open(&database, &key) {
            Err(OpenError::WrongKey) => {}
            other => return Ok((other?, false)),
        }
    }
    if method == SealMethod::Keyfile && has_new {
        let key = unseal::read_key_file(&context.home.new_key_file())?;
        match open(&database, &key) {
            Err(OpenError::WrongKey) => {}
            other => return Ok((other?, true)),
        }
    }
    Err(wrong_key(context, &method))
}

impl Drop for Local {
    /// A command that ends puts what it left in the log on the disk, best effort: what it did is durable already.
    fn drop(&mut self) {
        let _ = self.engine.audit().sync();
    }
}

fn wrong_key(context: &Context, method: &SealMethod) -> Failure {
    match method {
        SealMethod::Keyfile => Failure::new(format_args!(
            "the key file {} is not this store's",
            context.home.key_file().display()
        ))
        .hint("say where the right one is: --key-file FILE"),
        SealMethod::Passphrase(_) => Failure::new("the passphrase is wrong"),
        _ => Failure::new("these shares are not this store's"),
    }
}

/// That no server is named.
///
/// # Errors
/// [`Failure`]
pub fn refuse_server() -> Result<(), Failure> {
    match super::remote::address() {
        Some(_) => Err(Failure::new(format_args!(
            "this works on a store of this machine, and {ADDRESS_VARIABLE} names a server"
        ))
        .hint(format_args!("on the server's machine: unset {ADDRESS_VARIABLE}"))),
        None => Ok(()),
    }
}
