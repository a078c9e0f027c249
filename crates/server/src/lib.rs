//! The server around the doors: listeners, TLS, limits, configuration, metrics, logs.
//!
//! It knows no vendor's protocol (a [`Door`](door::Door) does) and no database, and takes no decision about access
//! (the engine does). It never logs a header, a body, a path or a query.
//!
//! # Adding a door
//! A folder with a type that implements [`Door`](door::Door), passed to the server by the composition root.

pub mod aws;
pub mod config;
pub mod door;
pub mod fetch;
pub mod limits;
mod listener;
pub mod log;
pub mod metrics;
pub mod native;
mod server;
pub mod signals;
pub mod systemd;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod vault;

pub use server::{Address, Bound, Handle, RENEWAL_LOOK, Server, StartError, Surroundings, runtime};
