//! A store as a server has it: not initialised, sealed or open, and what changes that.
//!
//! An open node has an [`Engine`]; nothing of the keys is in memory while it is sealed. What operators do together
//! (unsealing, root tokens, new shares) is gathered here, part by part. Whether they may is decided by the engine,
//! which also audits it; only unsealing and making a store's first keys can be asked by anybody, because nobody can
//! be known before there are keys.

mod gathering;
mod initialise;
mod rekey;
mod root_generation;
mod unseal;

pub use gathering::{Gathering, PARTS_BROUGHT_MAX};
pub use initialise::Initialised;
pub use rekey::{NewSeal, Rekey, RekeyOutcome, RekeyStatus, VerificationStatus};
pub use root_generation::{
    ROOT_TOKEN_CHARS, RootGeneration, RootGenerationStarted, RootGenerationStatus,
};

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_core::random::Random;
use strongroom_core::time::Clock;
use strongroom_core::token::TtlLimits;
use strongroom_store::Store;

use crate::audit::{AuditOptions, DevicesAllowed, Flusher};
use crate::engine::{Engine, Parts};
use crate::error::Error;
use crate::jwt::Fetch;
use crate::lifecycle::{self, OpenError};
use crate::operations::aws::Places;
use crate::operations::seal::SealStore;
use crate::request::{Door, Request};
use crate::sweeper::Sweeper;
use crate::{Principal, audit};

use self::unseal::Unsealing;

/// One store of a server: open, sealed, or without keys yet.
pub struct Node {
    state: RwLock<State>,
    parts: NodeParts,
    unsealing: Mutex<Unsealing>,
    /// Held by the one attempt to unseal that is being checked.
    opening: Mutex<()>,
    root_generation: Mutex<Option<RootGeneration>>,
    rekey: Mutex<Option<Rekey>>,
    /// A first seal that may be in the store without its maker knowing it.
    unconfirmed: Mutex<Option<Initialised>>,
}

/// What a node makes engines of.
#[derive(Clone)]
pub struct NodeParts {
    /// Where records are.
    pub store: Arc<dyn Store>,
    /// What kind of store it is, in a word for people.
    pub storage: Option<&'static str>,
    /// Where the audit log is.
    pub audit_directory: PathBuf,
    /// How the audit log is kept.
    pub audit_options: AuditOptions,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// After how many commits a data key is followed by the next.
    pub data_key_commits_max: u64,
    /// What bounds the lifetimes of tokens and leases.
    pub ttl_limits: TtlLimits,
    /// What reads from the network.
    pub fetch: Arc<dyn Fetch>,
    /// The regions of the AWS door.
    pub places: Places,
    /// What audit devices may reach.
    pub audit_devices: DevicesAllowed,
    /// Whether threads bring the audit log to the disk and end what is due, as a server needs it.
    pub has_background: bool,
}

/// Why nothing can be asked of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Closed {
    /// Its store has no keys yet.
    #[error("the store is not initialised")]
    NotInitialised,
    /// The keys are not in memory.
    #[error("the store is sealed")]
    Sealed,
}

/// What anybody may know of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealStatus {
    /// Whether the store has keys.
    pub is_initialised: bool,
    /// Whether nothing can be asked of it.
    pub is_sealed: bool,
    /// What unseals the store, once it has keys.
    pub method: Option<SealMethod>,
    /// How many parts have been brought to unseal it.
    pub progress: usize,
    /// Tells these parts from those of another attempt; empty when there are none.
    pub nonce: String,
    /// What kind of store it is.
    pub storage: Option<&'static str>,
    /// Names the store, the same in every process that has it open.
    pub store_id: Option<[u8; 16]>,
}

enum State {
    Open(Opened),
    Closed(Closed),
}

/// An engine, and the threads that work beside it; they end first.
struct Opened {
    _background: Option<(Sweeper, Flusher)>,
    engine: Arc<Engine>,
}

impl Node {
    /// A node that is open.
    #[must_use]
    pub fn open(engine: Arc<Engine>) -> Self {
        let parts = engine.node_parts();
        Self::new(State::Open(Opened { _background: None, engine }), parts)
    }

    /// A node whose store is opened at once with this key, which is not kept.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn unsealed(parts: NodeParts, key: &UnsealKey) -> Result<Self, OpenError> {
        let request = Request::new(Principal::engine(), Door::Engine, &*parts.random);
        let opened = parts.opened(key, &request, 0)?;
        Ok(Self::new(State::Open(opened), parts))
    }

    /// A node that waits for those who bring the parts of its key, or for its first keys.
    ///
    /// # Errors
    /// [`OpenError`] when the store cannot be read.
    pub fn waiting(parts: NodeParts) -> Result<Self, OpenError> {
        let method = lifecycle::seal_method(&*parts.store)?;
        let closed = if method.is_some() { Closed::Sealed } else { Closed::NotInitialised };
        Ok(Self::new(State::Closed(closed), parts))
    }

    fn new(state: State, parts: NodeParts) -> Self {
        Self {
            state: RwLock::new(state),
            parts,
            unsealing: Mutex::default(),
            opening: Mutex::default(),
            root_generation: Mutex::default(),
            rekey: Mutex::default(),
            unconfirmed: Mutex::default(),
        }
    }

    /// The engine, while the node is open.
    ///
    /// # Errors
    /// [`Closed`]
    pub fn engine(&self) -> Result<Arc<Engine>, Closed> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(opened) => Ok(Arc::clone(&opened.engine)),
            State::Closed(closed) => Err(*closed),
        }
    }

    /// What anybody may know.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be read.
    pub fn status(&self) -> Result<SealStatus, Error> {
        let engine = self.settled();
        let method = self.method()?;
        let (progress, nonce) = lock(&self.unsealing).progress();
        Ok(SealStatus {
            is_initialised: method.is_some(),
            is_sealed: engine.is_none(),
            method,
            progress,
            nonce,
            storage: self.parts.storage,
            store_id: engine.and_then(|engine| engine.store_id().ok()),
        })
    }

    /// What unseals the store; `None` when it has no keys yet.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the store cannot be read.
    pub fn method(&self) -> Result<Option<SealMethod>, Error> {
        lifecycle::seal_method(&*self.parts.store).map_err(Error::from)
    }

    /// Forget the keys, for whoever may do that: `update` and `sudo` on `sys/seal`. What is asked
    /// afterwards is refused; what is being answered goes on to its end with the keys it has.
    ///
    /// # Errors
    /// [`Error`]
    pub fn seal(&self, request: &Request) -> Result<(), Error> {
        let engine = self.engine()?;
        engine.execute(request, &SealStore)?;
        self.close(&engine);
        Ok(())
    }

    /// The engine, unless it had to forget its keys by itself: then another process gave the store others.
    fn settled(&self) -> Option<Arc<Engine>> {
        let engine = self.engine().ok()?;
        if engine.is_sealed() {
            self.close(&engine);
            return None;
        }
        Some(engine)
    }

    fn close(&self, engine: &Arc<Engine>) {
        engine.seal();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let is_this = matches!(&*state, State::Open(opened) if Arc::ptr_eq(&opened.engine, engine));
        if !is_this {
            return;
        }
        let before = std::mem::replace(&mut *state, State::Closed(Closed::Sealed));
        drop(state);
        *lock(&self.root_generation) = None;
        *lock(&self.rekey) = None;
        // Waits for its threads.
        drop(before);
    }

    fn set_open(&self, opened: Opened) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Open(opened);
    }
}

impl NodeParts {
    /// An engine on the store, with a record that says so, and how many attempts failed before.
    fn opened(&self, key: &UnsealKey, request: &Request, failed: u64) -> Result<Opened, OpenError> {
        let parts = Parts {
            store: Arc::clone(&self.store),
            audit_directory: &self.audit_directory,
            audit_options: self.audit_options.clone(),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            data_key_commits_max: self.data_key_commits_max,
            ttl_limits: self.ttl_limits,
        };
        let engine = Engine::open(parts, key)?
            .with_fetch(Arc::clone(&self.fetch))
            .with_places(self.places.clone());
        let engine = Arc::new(engine);
        engine
            .allow_audit_devices(self.audit_devices.clone())
            .map_err(|error| OpenError::AuditDevices(error.to_string()))?;
        engine.note_unsealed(request, failed)?;
        // What cannot be remembered now is remembered when the store is next opened.
        let _ = engine.note_version();
        let background = self.has_background.then(|| self.background(&engine)).transpose()?;
        Ok(Opened { _background: background, engine })
    }

    fn background(&self, engine: &Arc<Engine>) -> Result<(Sweeper, Flusher), OpenError> {
        let flusher = engine.audit().start_flusher()?;
        let sweeper = Sweeper::start(engine, Arc::clone(&self.clock));
        let sweeper =
            sweeper.map_err(|error| audit::AuditError::from_io(&self.audit_directory, error))?;
        Ok((sweeper, flusher))
    }
}

impl From<Closed> for Error {
    fn from(_: Closed) -> Self {
        Self::Sealed
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            OpenError::Audit(error) => error.into(),
            OpenError::WrongKey | OpenError::AuditDevices(_) => Self::rule(error.to_string()),
            OpenError::NotInitialised => Self::Sealed,
            OpenError::Damaged(key) => Self::damaged(&key, "it cannot be read"),
            OpenError::Keyring(_) => {
                Self::damaged(crate::keys::KEYRING, "it does not fit the root key")
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
