//! `--dev`: a server that is ready at once, and what its clients need.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use strongroom_core::secret::SecretValue;
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::app::{
    AddCredential, CreateApp, CredentialKind, CredentialRequest, NewCredential, ReadApp,
};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::token::CreateRootToken;
use strongroom_engine::{Door, Engine, Kind, Principal, Request};
use strongroom_server::Bound;
use strongroom_server::config::{AWS_REGION, Authority, Certificate, Config, Listener, Protection};
use strongroom_server::tls::{LocalAuthority, TlsVersion};
use zeroize::Zeroizing;

use super::folder::Folder;
use super::place::Place;
use super::{Arguments, DOORS, serve, start_log};
use crate::commands::app::variables;
use crate::context::Context;
use crate::failure::Failure;
use crate::system;

/// The name of the app that is ready, and of its policy.
const APP: &str = "dev";
const APP_POLICY: &str = r#"path "secret/*" {
  capabilities = ["create", "read", "update", "patch", "delete", "list"]
}
"#;
/// The credential that the app has for each door, when the server has the door.
const APP_CREDENTIALS: &[(&str, CredentialKind)] = &[
    ("vault", CredentialKind::SecretId),
    ("aws", CredentialKind::AccessKey),
    ("azure", CredentialKind::ClientSecret),
];

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
    let engine = node.engine().map_err(closed)?;
    let token = root_token(context, arguments, &engine)?;
    let app = ready_app(context, &engine)?;
    drop(engine);
    start_log(context, &config)?;
    context
        .output
        .warning("a development server: its keys are in memory and its root token is below");
    serve(context, &config, node, |bound| {
        if arguments.speaks_as_vault {
            return context.output.data(vaults_words(bound, &token).as_bytes());
        }
        let lines = environment(bound, &folder.path.join("tls"), &token, &app)?;
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
    let create = CreateRootToken { text, display_name: "root" };
    match engine.execute(&request(context), &create) {
        Ok(issued) => Ok(issued.text),
        Err(error) if error.kind() == Kind::VersionConflict => {
            let text = arguments.root_token.clone().unwrap_or_default();
            Ok(PlainToken::from(text))
        }
        Err(error) => Err(error.into()),
    }
}

/// The app of a development server, with new credentials for the doors that have some. Those that a kept store has of
/// an earlier start end.
fn ready_app(context: &Context, engine: &Engine) -> Result<Vec<NewCredential>, Failure> {
    let ask = |kind| {
        let asked = CredentialRequest { ends_others: true, ..CredentialRequest::new(kind) };
        engine.execute(&request(context), &AddCredential::new(APP, asked))
    };
    let policy = WritePolicy::new(APP, APP_POLICY);
    let create = CreateApp::new(APP, vec![APP.to_owned()]);
    match engine.execute(&request(context), &ReadApp::new(APP)) {
        Ok(_) => {}
        Err(error) if error.kind() == Kind::NotFound => {
            engine.execute(&request(context), &policy)?;
            engine.execute(&request(context), &create)?;
        }
        Err(error) => return Err(error.into()),
    }
    let served = APP_CREDENTIALS.iter().filter(|(door, _)| DOORS.contains(door));
    served.map(|(_, kind)| ask(*kind).map_err(Failure::from)).collect()
}

/// The owner, asking.
fn request(context: &Context) -> Request {
    let owner = Principal::local_owner(&system::user());
    let mut request = Request::new(owner, Door::Cli, &*context.random);
    request.client = Some(system::client());
    request
}

/// What unmodified clients need, as `KEY=value` lines.
fn environment(
    bound: &Bound,
    tls: &Path,
    token: &PlainToken,
    app: &[NewCredential],
) -> Result<String, Failure> {
    let token = token.expose_text().unwrap_or_default();
    let authority = LocalAuthority::new(tls, None, &[]).certificate_path();
    let authority = authority.display();
    let at = |encrypted: bool| -> Option<SocketAddr> {
        bound.addresses().into_iter().find(|a| a.encrypted == encrypted).map(|a| a.socket)
    };
    let nothing = || Failure::new("the server listens nowhere");
    let (plain, encrypted) = (at(false).ok_or_else(nothing)?, at(true).ok_or_else(nothing)?);
    let mut own = Zeroizing::new(String::new());
    for (name, value) in app.iter().flat_map(|made| variables(made, None)) {
        own.push_str(&format!("{name}={}\n", *value));
    }
    Ok(format!(
        "VAULT_ADDR=http://{plain}\n\
         VAULT_TOKEN={token}\n\
         {own}\
         VAULT_CACERT={authority}\n\
         STRONGROOM_ADDR=http://{plain}\n\
         STRONGROOM_TOKEN={token}\n\
         STRONGROOM_TLS_ADDR=https://{encrypted}\n\
         AWS_ENDPOINT_URL_SECRETS_MANAGER=http://{plain}\n\
         AWS_ENDPOINT_URL_STS=http://{plain}\n\
         AWS_DEFAULT_REGION={AWS_REGION}\n\
         AWS_CA_BUNDLE={authority}\n\
         REQUESTS_CA_BUNDLE={authority}\n\
         SSL_CERT_FILE={authority}\n\
         NODE_EXTRA_CA_CERTS={authority}\n",
        own = *own,
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
pub(in crate::commands) fn write_anew(path: &Path, text: &str) -> Result<(), Failure> {
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
