//! Sockets, and what happens between a socket and a door.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

use crate::config::{self, Protection};
use crate::limits::{ACCEPT_BACKLOG, ACCEPT_PAUSE};
use crate::tls::Identity;

mod body;
mod connection;
mod control;
mod nudge;
mod pulse;
mod service;

pub(crate) use control::Control;
pub(crate) use service::Context;

/// A socket that is bound.
pub(crate) struct Socket {
    pub listener: TcpListener,
    pub address: SocketAddr,
    pub acceptor: Option<TlsAcceptor>,
}

impl Socket {
    /// Binds the address. Connections wait in the kernel until [`accept`] runs.
    pub fn bind(listener: &config::Listener, acceptor: Option<TlsAcceptor>) -> io::Result<Self> {
        debug_assert_eq!(acceptor.is_some(), listener.protection != Protection::Plain);
        let bound = TcpListener::bind(listener.address)?;
        // The standard library asks for 128. A second call changes the number alone (listen(2)).
        rustix::net::listen(&bound, i32::try_from(ACCEPT_BACKLOG).unwrap_or(i32::MAX))?;
        bound.set_nonblocking(true)?;
        let address = bound.local_addr()?;
        Ok(Self { listener: bound, address, acceptor })
    }
}

/// How a listener's certificate and versions become what TLS connections are accepted with.
pub(crate) fn acceptor(
    identity: &Arc<Identity>,
    oldest: crate::tls::TlsVersion,
) -> Result<TlsAcceptor, crate::tls::TlsError> {
    Ok(TlsAcceptor::from(identity.server_config(oldest)?))
}

/// Accepts connections until the server stops.
pub(crate) async fn accept(socket: Socket, context: Arc<Context>) -> io::Result<()> {
    let Socket { listener, acceptor, .. } = socket;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let accepted = tokio::select! {
            biased;
            () = context.control.stopped() => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => connection::start(&context, stream, peer, acceptor.clone()),
            // The other end has gone already; the next one is there.
            Err(error) if is_of_the_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
