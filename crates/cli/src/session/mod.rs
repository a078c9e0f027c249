//! Where a command's secrets are: a store of this machine, opened by its owner, or a server, asked with a token. Commands
//! do not know which: they ask a [`Session`].
//!
//! `STRONGROOM_ADDR` names a server, `STRONGROOM_TOKEN` the token for it, and `STRONGROOM_CACERT` a file of authorities
//! that are trusted beside the system's.

mod local;
mod refusal;
mod remote;
mod remote_apps;
mod remote_usage;
mod standing;
mod watch;

use strongroom_core::secret::SecretValue;
use strongroom_engine::audit::Flusher;
use strongroom_engine::operations::WatchSecrets;

pub use local::{Local, anchors, refuse_server};
pub use refusal::Refusal;
pub use remote::{
    ADDRESS_VARIABLE, AUTHORITY_VARIABLE, Remote, TOKEN_VARIABLE, address, client, refused, server,
};
pub use standing::{Bearer, Standing, standing};
pub use watch::Watching;

use crate::context::Context;
use crate::failure::Failure;

/// A store or a server that can be asked.
pub struct Session(Kind);

enum Kind {
    Local(Box<Local>),
    Remote(strongroom_client::Client),
}

impl Session {
    /// The server that `STRONGROOM_ADDR` names, else the store in the context's home.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn open(context: &Context) -> Result<Self, Failure> {
        Ok(Self(match client()? {
            Some(client) => Kind::Remote(client),
            None => Kind::Local(Box::new(Local::open_here(context)?)),
        }))
    }

    /// Ask for something.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn ask<O: Remote>(&self, operation: &O) -> Result<O::Answer, Refusal> {
        match &self.0 {
            Kind::Local(local) => local.ask(operation).map_err(Refusal::from),
            Kind::Remote(client) => {
                let answer = client.call(&operation.call()).map_err(Refusal::from)?;
                O::answer(answer).ok_or_else(|| Refusal::foreign(client.address()))
            }
        }
    }

    /// Follow changes of secrets.
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn watch(&self, wanted: WatchSecrets) -> Result<Watching, Refusal> {
        match &self.0 {
            Kind::Local(local) => Ok(Watching::of_store(local.ask(&wanted)?)),
            // The token of this session is that of the next connection as well.
            Kind::Remote(_) => Watching::of_server(wanted),
        }
    }

    /// As long as it is kept, the audit records of a session that stays go to the disk as they come. A server does that
    /// by itself.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn keep_flushing(&self) -> Result<Option<Flusher>, Failure> {
        match &self.0 {
            Kind::Local(local) => {
                local.engine.audit().start_flusher().map(Some).map_err(Failure::new)
            }
            Kind::Remote(_) => Ok(None),
        }
    }

    /// Put the audit records of this session on disk. Called by a command that ends; what this session read is then
    /// known even after a loss of power.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn finish(&self) -> Result<(), Failure> {
        match &self.0 {
            Kind::Local(local) => local.finish(),
            Kind::Remote(_) => Ok(()),
        }
    }

    /// Leave things in order before this process becomes another.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn leave(self) -> Result<(), Failure> {
        match self.0 {
            Kind::Local(local) => local.leave(),
            Kind::Remote(_) => Ok(()),
        }
    }
}

/// The token that `STRONGROOM_TOKEN` has.
#[must_use]
pub fn token() -> Option<SecretValue> {
    let value = std::env::var_os(TOKEN_VARIABLE).filter(|value| !value.is_empty())?;
    Some(SecretValue::new(value.into_encoded_bytes()))
}
