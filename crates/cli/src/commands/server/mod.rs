//! The server: store, engine, doors and listeners put together.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use strongroom_core::random::Random;
use strongroom_core::time::Clock;
use strongroom_core::token::TtlLimits;
use strongroom_engine::audit::AuditOptions;
use strongroom_engine::{DATA_KEY_COMMITS_MAX, Engine, Node, Parts, Sweeper};
use strongroom_server::config::{
    Authority, Certificate, Config, FILE_NAME, Listener, Protection, Storage,
};
use strongroom_server::door::Door;
use strongroom_server::log::Format;
use strongroom_server::metrics::Metrics;
use strongroom_server::signals::Signals;
use strongroom_server::systemd::Notifier;
use strongroom_server::tls::TlsVersion;
use strongroom_server::vault::VaultDoor;
use strongroom_server::{Bound, Server, Surroundings, runtime};
use strongroom_store::Store;

use crate::context::Context;
use crate::failure::Failure;

mod dev;
mod fetch;
mod place;

use fetch::HttpsFetch;
use place::Place;

/// The doors, by the names that a configuration has for them.
const DOORS: &[&str] = &["vault"];
const LISTEN: &str = "127.0.0.1:8200";
const TLS_LISTEN: &str = "127.0.0.1:8201";

/// Serve the store over the network
///
/// Answers the HTTP API of HashiCorp Vault, so that its clients work unchanged. Without --config it serves the store in
/// the home folder over HTTPS on 127.0.0.1:8200, with a certificate of its own authority in <home>/tls.
///
/// With --dev everything is in memory and open: HTTP on 127.0.0.1:8200, HTTPS on 127.0.0.1:8201, a root token. What
/// clients need is printed as KEY=value lines, and written to a file with --env-file.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A server in memory, open, with a root token; for development
    #[arg(long)]
    dev: bool,
    /// The configuration: strongroom-server.toml, or Vault's in HCL or JSON
    #[arg(long, value_name = "FILE", conflicts_with = "dev")]
    config: Option<PathBuf>,
    /// Where to listen for HTTP with --dev
    #[arg(long, value_name = "ADDRESS", default_value = LISTEN, requires = "dev")]
    listen: SocketAddr,
    /// Where to listen for HTTPS with --dev
    #[arg(long, value_name = "ADDRESS", default_value = TLS_LISTEN, requires = "dev")]
    tls_listen: SocketAddr,
    /// With --dev, write what clients need to this file, which only its owner can read
    #[arg(long, value_name = "FILE", requires = "dev")]
    env_file: Option<PathBuf>,
    /// With --dev, keep the store in this folder
    #[arg(long, value_name = "DIR", requires = "dev")]
    persist: Option<PathBuf>,
    /// With --dev, the root token's text instead of a random one
    #[arg(
        long,
        value_name = "TOKEN",
        env = "VAULT_DEV_ROOT_TOKEN_ID",
        hide_env_values = true,
        requires = "dev"
    )]
    root_token: Option<String>,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    if arguments.dev {
        return dev::run(context, &arguments);
    }
    let config = configuration(context, arguments.config.as_deref())?;
    let Storage::Folder(folder) = &config.storage else {
        return Err(
            Failure::usage("a store in memory is for development").hint("strongroom server --dev")
        );
    };
    let place = Place::existing(context, folder, &config)?;
    start_log(context, &config)?;
    serve(context, &config, &place, |_| Ok(()))
}

fn configuration(context: &Context, file: Option<&Path>) -> Result<Config, Failure> {
    let home = context.home.directory();
    let beside = home.join(FILE_NAME);
    let file = file.or_else(|| beside.exists().then_some(beside.as_path()));
    let Some(file) = file else {
        let certificate = Certificate::Local;
        let protection = Protection::Tls { certificate, oldest: TlsVersion::default() };
        let address = SocketAddr::from(([127, 0, 0, 1], strongroom_server::config::PORT));
        let authority = Authority { folder: Some(home.join("tls")), names: Vec::new() };
        let config = Config::in_memory(vec![Listener { address, protection }], authority);
        return Ok(Config { storage: Storage::Folder(home.to_owned()), ..config });
    };
    let loaded = Config::load(file, DOORS).map_err(Failure::new)?;
    for warning in &loaded.warnings {
        context.output.warning(warning);
    }
    Ok(loaded.config)
}

/// Run the server until a signal ends it. `ready` is called when it listens.
fn serve(
    context: &Context,
    config: &Config,
    place: &Place,
    ready: impl FnOnce(&Bound) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let engine = Arc::new(place.open(context, config)?);
    let clock: Arc<dyn Clock> = Arc::clone(&context.clock) as Arc<dyn Clock>;
    let no_thread = |error: io::Error| Failure::new(format_args!("cannot start a thread: {error}"));
    let _flusher = engine.audit().start_flusher().map_err(Failure::new)?;
    let _sweeper = Sweeper::start(&engine, Arc::clone(&clock)).map_err(no_thread)?;
    let node = Arc::new(Node::open(engine));
    let random = Arc::clone(&context.random) as Arc<dyn Random>;
    let metrics = Arc::new(Metrics::new());
    let doors: Vec<Arc<dyn Door>> = vec![Arc::new(VaultDoor::new(node))];
    let bound = Server::bind(config, doors, Surroundings { clock, random, metrics });
    let runtime = runtime().map_err(no_thread)?;
    let in_time = runtime.block_on(async {
        let bound = bound.map_err(Failure::new)?;
        let signals = Signals::catch().map_err(no_thread)?;
        let variable = |name: &str| std::env::var_os(name);
        let notifier = Notifier::from_environment(variable, std::process::id())
            .map_err(|error| Failure::new(format_args!("NOTIFY_SOCKET: {error}")))?;
        let handle = bound.handle();
        for address in bound.addresses() {
            let scheme = if address.encrypted { "https" } else { "http" };
            tracing::info!(address = %address.socket, scheme, "listening");
        }
        ready(&bound)?;
        let stop = signals.until_stop(handle, Arc::new(notifier));
        bound
            .run(stop)
            .await
            .map_err(|error| Failure::new(format_args!("the server failed: {error}")))
    })?;
    runtime.shutdown_background();
    Ok(if in_time { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// An engine on this store.
fn engine(
    context: &Context,
    config: &Config,
    store: Arc<dyn Store>,
    audit: &Path,
    key: &strongroom_core::crypto::seal::UnsealKey,
) -> Result<Engine, Failure> {
    let clock = Arc::clone(&context.clock);
    let parts = Parts {
        store,
        audit_directory: audit,
        audit_options: AuditOptions::new(Arc::new(move || clock.now().0)),
        clock: Arc::clone(&context.clock) as Arc<dyn Clock>,
        random: Arc::clone(&context.random) as Arc<dyn Random>,
        data_key_commits_max: DATA_KEY_COMMITS_MAX,
        ttl_limits: TtlLimits { default: config.default_lease_ttl, max: config.max_lease_ttl },
    };
    Ok(Engine::open(parts, key)?.with_fetch(Arc::new(HttpsFetch::default())))
}

fn start_log(context: &Context, config: &Config) -> Result<(), Failure> {
    let format = config.log.format.unwrap_or_else(Format::for_stderr);
    let clock = Arc::clone(&context.clock) as Arc<dyn Clock>;
    strongroom_server::log::start(config.log.level, format, clock, Box::new(io::stderr()))
        .map_err(Failure::new)
}
