//! A store that may be sealed, as a server has one.

use std::sync::{Arc, PoisonError, RwLock};

use crate::engine::Engine;

/// One store of a server: open, sealed, or without keys yet.
pub struct Node {
    state: RwLock<Result<Arc<Engine>, Closed>>,
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

impl Node {
    /// A node that is open.
    #[must_use]
    pub fn open(engine: Arc<Engine>) -> Self {
        Self { state: RwLock::new(Ok(engine)) }
    }

    /// The engine, while the node is open.
    ///
    /// # Errors
    /// [`Closed`]
    pub fn engine(&self) -> Result<Arc<Engine>, Closed> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
