//! A server: bound first, so that its addresses are known and a mistake shows at once, then run.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use strongroom_core::random::Random;
use strongroom_core::time::Clock;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::config::{self, Certificate, Config, Protection};
use crate::door::Door;
use crate::limits::{LISTENERS_MAX, WAITING_THREADS_MAX};
use crate::listener::{self, Context, Socket};
use crate::metrics::{DOORS_MAX, Metrics};
use crate::tls::{Identity, LocalAuthority, Source, TlsError};

/// How often certificates are looked at for renewal.
pub const RENEWAL_LOOK: Duration = Duration::from_secs(3_600);

/// What a server takes from its surroundings.
pub struct Surroundings {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for serial numbers and the numbers of requests.
    pub random: Arc<dyn Random>,
    /// What is counted; doors show its page.
    pub metrics: Arc<Metrics>,
}

/// Makes servers.
pub struct Server;

/// A server whose sockets are bound.
pub struct Bound {
    sockets: Vec<Socket>,
    context: Arc<Context>,
    handle: Handle,
}

/// Reaches a server that runs.
#[derive(Clone)]
pub struct Handle {
    identities: Arc<[Arc<Identity>]>,
    context: Arc<Context>,
    random: Arc<dyn Random>,
}

/// A place where a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// With the port that the system chose, where it was asked to.
    pub socket: SocketAddr,
    /// Whether it speaks TLS.
    pub encrypted: bool,
}

/// Why a server cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no place to listen.
    #[error("no listener is configured")]
    NoListener,
    /// More than [`LISTENERS_MAX`].
    #[error("more than {LISTENERS_MAX} listeners are configured")]
    TooManyListeners,
    /// More than [`DOORS_MAX`].
    #[error("more than {DOORS_MAX} doors")]
    TooManyDoors,
    /// A listener uses the local authority, which has no folder.
    #[error("a TLS listener without certificate files needs tls.folder")]
    NoFolder,
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// There is no certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Server {
    /// Binds every listener and loads every certificate.
    ///
    /// # Errors
    /// [`StartError`], which names the listener or the file.
    pub fn bind(
        config: &Config,
        doors: Vec<Arc<dyn Door>>,
        surroundings: Surroundings,
    ) -> Result<Bound, StartError> {
        let Surroundings { clock, random, metrics } = surroundings;
        match (config.listeners.len(), doors.len()) {
            (0, _) => return Err(StartError::NoListener),
            (listeners, _) if listeners > LISTENERS_MAX => {
                return Err(StartError::TooManyListeners);
            }
            (_, doors) if doors > DOORS_MAX => return Err(StartError::TooManyDoors),
            _ => {}
        }
        doors.iter().enumerate().for_each(|(place, door)| metrics.name_door(place, door.name()));
        let mut identities = Vec::new();
        let mut sockets = Vec::new();
        for listener in &config.listeners {
            let acceptor = match &listener.protection {
                Protection::Plain => None,
                Protection::Tls { certificate, oldest } => {
                    let source = source(certificate, &config.authority)?;
                    let identity = Identity::load(source, clock.now(), &*random)?;
                    identities.push(Arc::clone(&identity));
                    Some(listener::acceptor(&identity, *oldest)?)
                }
            };
            let address = listener.address;
            let bound = Socket::bind(listener, acceptor);
            sockets.push(bound.map_err(|source| StartError::Listen { address, source })?);
        }
        let context = Context::new(doors, config.limits.clone(), metrics, clock, &*random);
        let context = Arc::new(context);
        let identities = identities.into();
        let handle = Handle { identities, context: Arc::clone(&context), random };
        Ok(Bound { sockets, context, handle })
    }
}

impl Bound {
    /// Where it listens, in the configuration's order.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        let address = |socket: &Socket| Address {
            socket: socket.address,
            encrypted: socket.acceptor.is_some(),
        };
        self.sockets.iter().map(address).collect()
    }

    /// Reaches the server while it runs.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until `stop` is ready or [`Handle::stop`] is called, then lets running requests end within
    /// `limits.stop_timeout`. Answers whether all of them did.
    ///
    /// It runs on a runtime of several threads; [`runtime`] makes one.
    ///
    /// # Errors
    /// The system's, when a socket cannot be used.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<bool> {
        let Self { sockets, context, handle } = self;
        let mut listeners = JoinSet::new();
        for socket in sockets {
            listeners.spawn(listener::accept(socket, Arc::clone(&context)));
        }
        let renewals = tokio::spawn(renew(handle));
        let failed = tokio::select! {
            () = stop => None,
            () = context.control.stopped() => None,
            Some(ended) = listeners.join_next() => Some(ended),
        };
        context.control.stop();
        renewals.abort();
        while listeners.join_next().await.is_some() {}
        let in_time = timeout(context.limits.stop_timeout, context.until_idle()).await.is_ok();
        context.control.end();
        match failed {
            Some(ended) => ended.map_err(io::Error::other)?.map(|()| in_time),
            None => Ok(in_time),
        }
    }
}

impl Handle {
    /// Reads every certificate anew and renews what is due. A broken one is told in the log and leaves the old one in
    /// place. It reads files: not for a thread that must not wait.
    ///
    /// # Errors
    /// The first [`TlsError`]; the other certificates are read nevertheless.
    pub fn reload(&self) -> Result<(), TlsError> {
        let mut first = Ok(());
        for identity in &*self.identities {
            match identity.reload(self.context.clock.now(), &*self.random) {
                Ok(true) => tracing::info!("new connections see a new certificate"),
                Ok(false) => {}
                Err(error) => {
                    self.context.metrics.certificate_reload_failed();
                    tracing::error!(%error, "the old certificate stays in use");
                    first = first.and(Err(error));
                }
            }
        }
        first
    }

    /// Begins to stop the server, as the `stop` of [`Bound::run`] does.
    pub fn stop(&self) {
        self.context.control.stop();
    }
}

/// The runtime that a server runs on: a thread for each processor, and threads for what may wait.
///
/// # Errors
/// The system's, when it refuses threads.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(WAITING_THREADS_MAX)
        .thread_name("strongroom")
        .build()
}

async fn renew(handle: Handle) {
    loop {
        tokio::time::sleep(RENEWAL_LOOK).await;
        let handle = handle.clone();
        // What goes wrong is in the log.
        let _ = tokio::task::spawn_blocking(move || handle.reload()).await;
    }
}

fn source(certificate: &Certificate, authority: &config::Authority) -> Result<Source, StartError> {
    Ok(match certificate {
        Certificate::Files { certificate, key } => {
            Source::Files { certificate: certificate.clone(), key: key.clone() }
        }
        Certificate::Local => {
            let folder = authority.folder.clone().ok_or(StartError::NoFolder)?;
            let uname = rustix::system::uname();
            let host = uname.nodename().to_str().ok();
            Source::Local(LocalAuthority::new(folder, host, &authority.names))
        }
    })
}
