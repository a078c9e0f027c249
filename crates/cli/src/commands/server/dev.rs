//! `--dev`: a server that is ready at once, and what its clients need.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use strongroom_core::secret::SecretValue;
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::token::CreateRootToken;
use strongroom_engine::{Door, Engine, Kind, Principal, Request};
use strongroom_server::Bound;
use strongroom_server::config::{Authority, Certificate, Config, Listener, Protection};
use strongroom_server::tls::{LocalAuthority, TlsVersion};

use super::folder::Folder;
use super::place::Place;
use super::{Arguments, serve, start_log};
use crate::context::Context;
use crate::failure::Failure;
use crate::system;

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let folder = Folder::of(arguments.persist.as_deref(), context)?;
    let authority = Authority { folder: Some(folder.path.join("tls")), names: Vec::new() };
    let plain = Listener { address: arguments.listen, protection: Protection::Plain };
    let protection =
        Protection::Tls { certificate: Certificate::Local, oldest: TlsVersion::default() };
    let encrypted = Listener { address: arguments.tls_listen, protection };
    let config = Config::in_memory(vec![plain, encrypted], authority);
    let place = match &arguments.persist {
        Some(kept) => Place::kept(context, kept)?,
        None => Place::in_memory(context, &folder.path)?,
    };
    let node = place.node(context, &config)?;
    let closed = |closed| Failure::new(format_args!("{closed}"));
    let token = root_token(context, arguments, &*node.engine().map_err(closed)?)?;
    start_log(context, &config)?;
    context
        .output
        .warning("a development server: its keys are in memory and its root token is below");
    serve(context, &config, node, |bound| {
        if arguments.speaks_as_vault {
            return context.output.data(vaults_words(bound, &token).as_bytes());
        }
        let lines = environment(bound, &folder.path.join("tls"), &token)?;
        if let Some(file) = &arguments.env_file {
            write_anew(file, &lines)?;
        }
        context.output.data(lines.as_bytes())
    })
}

/// The root token of this start. One that a kept store has already is taken as it is.
fn root_token(
    context: &Context,
    arguments: &Arguments,
    engine: &Engine,
) -> Result<PlainToken, Failure> {
    let text = arguments.root_token.as_ref().map(|text| SecretValue::from(text.clone()));
    let owner = Principal::local_owner(&system::user());
    let mut request = Request::new(owner, Door::Cli, &*context.random);
    request.client = Some(system::client());
    let create = CreateRootToken { text, display_name: "root" };
    match engine.execute(&request, &create) {
        Ok(issued) => Ok(issued.text),
        Err(error) if error.kind() == Kind::VersionConflict => {
            let text = arguments.root_token.clone().unwrap_or_default();
            Ok(PlainToken::from(text))
        }
        Err(error) => Err(error.into()),
    }
}

/// What unmodified clients need, as `KEY=value` lines.
fn environment(bound: &Bound, tls: &Path, token: &PlainToken) -> Result<String, Failure> {
    let token = token.expose_text().unwrap_or_default();
    let authority = LocalAuthority::new(tls, None, &[]).certificate_path();
    let authority = authority.display();
    let at = |encrypted: bool| -> Option<SocketAddr> {
        bound.addresses().into_iter().find(|a| a.encrypted == encrypted).map(|a| a.socket)
    };
    let nothing = || Failure::new("the server listens nowhere");
    let (plain, encrypted) = (at(false).ok_or_else(nothing)?, at(true).ok_or_else(nothing)?);
    Ok(format!(
        "VAULT_ADDR=http://{plain}\n\
         VAULT_TOKEN={token}\n\
         VAULT_CACERT={authority}\n\
         STRONGROOM_ADDR=http://{plain}\n\
         STRONGROOM_TOKEN={token}\n\
         STRONGROOM_TLS_ADDR=https://{encrypted}\n\
         REQUESTS_CA_BUNDLE={authority}\n\
         SSL_CERT_FILE={authority}\n\
         NODE_EXTRA_CA_CERTS={authority}\n"
    ))
}

/// What Vault's development server prints, as far as programs read it.
fn vaults_words(bound: &Bound, token: &PlainToken) -> String {
    let address = bound.addresses().into_iter().find(|address| !address.encrypted);
    let address = address.map(|address| address.socket.to_string()).unwrap_or_default();
    let token = token.expose_text().unwrap_or_default();
    format!(
        "==> Vault server configuration:\n\n\
         \x20            Api Address: http://{address}\n\n\
         ==> Vault server started! Log data will stream in below:\n\n\
         WARNING! dev mode is enabled! In this mode, everything is in memory and unsealed.\n\n\
         \x20   $ export VAULT_ADDR='http://{address}'\n\n\
         Root Token: {token}\n\n"
    )
}

/// Write a file that only its owner can read, in the place of one that is there.
fn write_anew(path: &Path, text: &str) -> Result<(), Failure> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|error| Failure::file("write", path, &error))
}
