//! The server: store, engine, doors and listeners put together.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use strongroom_core::random::Random;
use strongroom_core::time::Clock;
use strongroom_engine::Node;
use strongroom_server::aws::{AwsDoor, CredentialsDoor, StsDoor};
use strongroom_server::config::{
    Authority, Certificate, Config, FILE_NAME, Listener, Protection, Seal, Storage,
};
use strongroom_server::door::Door;
use strongroom_server::log::Format;
use strongroom_server::metrics::Metrics;
use strongroom_server::native::NativeDoor;
use strongroom_server::signals::Signals;
use strongroom_server::systemd::Notifier;
use strongroom_server::tls::TlsVersion;
use strongroom_server::vault::VaultDoor;
use strongroom_server::{Bound, Server, Surroundings, runtime};

use crate::context::Context;
use crate::failure::Failure;

mod dev;
mod folder;
mod place;

pub(super) use dev::write_anew;
use folder::Folder;
use place::Place;

/// The doors, by the names that a configuration has for them.
const DOORS: &[&str] = &["vault", "native", "aws"];
const LISTEN: &str = "127.0.0.1:8200";
const TLS_LISTEN: &str = "127.0.0.1:8201";

/// Serve the store over the network
///
/// Answers the HTTP APIs of HashiCorp Vault and AWS Secrets Manager, so that their clients work unchanged. Without --config it serves the store in
/// the home folder over HTTPS on 127.0.0.1:8200, with a certificate of its own authority in <home>/tls.
///
/// With --dev everything is in memory and open: HTTP on 127.0.0.1:8200, HTTPS on 127.0.0.1:8201, a root token. What
/// clients need is printed as KEY=value lines, and written to a file with --env-file.
#[derive(Debug, clap::Args)]
pub struct Arguments {
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
    /// Whether to print what Vault's development server prints.
    #[arg(skip)]
    speaks_as_vault: bool,
}

/// Vault's development server.
pub(crate) struct VaultsDevelopment {
    /// Where it listens for HTTP.
    pub(crate) listen: SocketAddr,
    /// Its root token; random when `None`.
    pub(crate) root_token: Option<String>,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    if arguments.dev {
        return dev::run(context, &arguments);
    }
    let config = configuration(context, arguments.config.as_deref())?;
    serve_store(context, &config)
}

/// Serve as Vault's development server does: over HTTP, with its words.
pub(crate) fn run_as_vault(
    context: &Context,
    development: VaultsDevelopment,
) -> Result<ExitCode, Failure> {
    let arguments = Arguments {
        dev: true,
        config: None,
        listen: development.listen,
        tls_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        env_file: None,
        persist: None,
        root_token: development.root_token,
        speaks_as_vault: true,
    };
    dev::run(context, &arguments)
}

/// Serve as a configuration file says.
pub(crate) fn run_file(context: &Context, file: &Path) -> Result<ExitCode, Failure> {
    serve_store(context, &configuration(context, Some(file))?)
}

/// Serve as a configuration says that was read already; its name's end says what it is.
pub(crate) fn run_text(context: &Context, name: &str, text: &str) -> Result<ExitCode, Failure> {
    let loaded = Config::parse(name, text, DOORS).map_err(Failure::new)?;
    for warning in &loaded.warnings {
        context.output.warning(warning);
    }
    serve_store(context, &loaded.config)
}

fn serve_store(context: &Context, config: &Config) -> Result<ExitCode, Failure> {
    let Storage::Folder(folder) = &config.storage else {
        return serve_memory(context, config);
    };
    let node = Place::existing(context, folder, config)?.node(context, config)?;
    start_log(context, config)?;
    serve(context, config, node, |_| Ok(()))
}

/// A store in memory, whose keys are given at `sys/init`.
fn serve_memory(context: &Context, config: &Config) -> Result<ExitCode, Failure> {
    if config.seal != Seal::Shamir {
        let message = "a store in memory is opened with shares: seal.type = \"shamir\"";
        return Err(Failure::usage(message).hint("strongroom server --dev"));
    }
    let folder = Folder::of(None, context)?;
    let mut config = config.clone();
    config.authority.folder.get_or_insert_with(|| folder.path.join("tls"));
    let node = Place::waiting_in_memory(&config, &folder.path).node(context, &config)?;
    start_log(context, &config)?;
    context.output.warning("the store is in memory: it ends with the server");
    serve(context, &config, node, |_| Ok(()))
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
    node: Node,
    ready: impl FnOnce(&Bound) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let clock: Arc<dyn Clock> = Arc::clone(&context.clock) as Arc<dyn Clock>;
    let no_thread = |error: io::Error| Failure::new(format_args!("cannot start a thread: {error}"));
    if let Err(closed) = node.engine() {
        tracing::warn!(%closed, "waiting for operators");
    }
    let node = Arc::new(node);
    let random = Arc::clone(&context.random) as Arc<dyn Random>;
    let metrics = Arc::new(Metrics::new());
    let native = NativeDoor::new(Arc::clone(&node), Arc::clone(&random));
    let aws = AwsDoor::new(Arc::clone(&node), &config.aws);
    let (sts, credentials) =
        (StsDoor::new(Arc::clone(&node)), CredentialsDoor::new(Arc::clone(&node)));
    let vault = VaultDoor::new(node).with_metrics(Arc::clone(&metrics));
    // Forms are asked of the door before the one that takes every other request to `/`.
    let doors: Vec<Arc<dyn Door>> = vec![
        Arc::new(vault),
        Arc::new(native),
        Arc::new(credentials),
        Arc::new(sts),
        Arc::new(aws),
    ];
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

fn start_log(context: &Context, config: &Config) -> Result<(), Failure> {
    let format = config.log.format.unwrap_or_else(Format::for_stderr);
    let clock = Arc::clone(&context.clock) as Arc<dyn Clock>;
    strongroom_server::log::start(config.log.level, format, clock, Box::new(io::stderr()))
        .map_err(Failure::new)
}
