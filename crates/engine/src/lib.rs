//! The rules, once for every door: authenticate, authorise, act, audit.
//!
//! A door turns its wire format into an [`Operation`] and calls [`Engine::execute`]. Two witnesses make the order
//! hold by type: nothing of a secret can be reached without an [`Authorized`], which only a policy check makes, and
//! no answer can leave without an [`AuditReceipt`](audit::AuditReceipt), which only the audit log makes.
//!
//! It is the only layer that calls a store and the only one that writes audit records. It knows no wire format, no
//! database and no terminal.
//!
//! # Adding an operation
//! A file in [`operations`] with a type that implements [`Operation`], and one `pub use` there.

mod apps;
pub mod audit;
mod capabilities;
mod due;
mod engine;
mod error;
mod identify;
mod identity;
pub mod jwt;
mod kept;
mod keys;
mod leases;
mod lifecycle;
mod logical;
mod login;
mod metadata;
mod mounts;
mod new_store;
mod node;
pub mod operations;
mod outbox;
mod policies;
mod principal;
pub mod projection;
mod quotas;
mod records;
mod request;
mod resource_policies;
mod room;
mod sweeper;
mod tokens;
mod transit_keys;
mod turns;
mod usage;
mod witness;

pub use apps::ProvenApp;
pub use engine::{AccessKeyFound, DATA_KEY_COMMITS_MAX, Engine, Parts};
pub use error::{Damaged, Error, InvalidRequest, Kind};
pub use lifecycle::{
    Anchors, InitialiseError, OpenError, Reencrypted, anchors, initialise, seal_method,
};
pub use login::{
    HASHES_RUNNING_MAX, HASHES_WAITING_MAX, LOCKOUT_FAILURES, LOCKOUT_SPAN, LOGIN_NAME_BYTES_MAX,
    LoginTokenKind, NETWORKS_MAX, TokenParameters, TokenParametersChange,
};
pub use mounts::{Location, MOUNTS_MAX, Mount, MountKind, MountSettings, MountTable};
pub use node::{
    Closed, Gathering, Initialised, NewSeal, Node, NodeParts, PARTS_BROUGHT_MAX, ROOT_TOKEN_CHARS,
    Rekey, RekeyOutcome, RekeyStatus, RootGeneration, RootGenerationStarted, RootGenerationStatus,
    SealStatus, VerificationStatus,
};
pub use principal::Principal;
pub use quotas::{RateLimit, Throttled};
pub use request::{Asked, Caller, Door, Request};
pub use room::{Operation, Room};
pub use sweeper::Sweeper;
pub use tokens::IssuedToken;
pub use witness::{Authorized, Delete, Grant, Held, List, Patch, Performed, Read, Sudo, Write};
