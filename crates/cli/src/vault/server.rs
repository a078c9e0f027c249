//! `vault server`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::commands::server::{self, VaultsDevelopment};
use crate::context::Context;
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A configuration of Vault's, or a folder with some; several times for several, all in HCL
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// A server in memory, open, over HTTP
    #[arg(long, conflicts_with = "config")]
    dev: bool,
    /// The root token of -dev; random unless said
    #[arg(long, value_name = "TOKEN", env = "VAULT_DEV_ROOT_TOKEN_ID", hide_env_values = true)]
    dev_root_token_id: Option<String>,
    /// Where -dev listens
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "VAULT_DEV_LISTEN_ADDRESS",
        default_value = "127.0.0.1:8200"
    )]
    dev_listen_address: SocketAddr,
    /// Taken and not needed: no token is left in the home folder
    #[arg(long)]
    dev_no_store_token: bool,
    /// Taken and not needed: the configuration says it
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    if arguments.dev {
        let development = VaultsDevelopment {
            listen: arguments.dev_listen_address,
            root_token: arguments.dev_root_token_id.filter(|token| !token.is_empty()),
        };
        return server::run_as_vault(context, development);
    }
    let mut files = Vec::new();
    for path in &arguments.config {
        files.extend(files_of(path)?);
    }
    match files.as_slice() {
        [] => Err(Failure::new("Must specify at least one config path using -config").code(1)),
        [file] => server::run_file(context, file),
        several => {
            let is_hcl = |file: &PathBuf| file.extension().is_some_and(|end| end == "hcl");
            if !several.iter().all(is_hcl) {
                return Err(Failure::new(
                    "several configurations are joined only when all are .hcl",
                )
                .hint("put them into one file"));
            }
            let text = several.iter().map(|file| text_of(file)).collect::<Result<Vec<_>, _>>()?;
            server::run_text(context, "joined.hcl", &text.join("\n"))
        }
    }
}

/// A file, or the configurations in a folder, in the order of their names.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |error| Failure::file("read", path, &error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|end| end == "hcl" || end == "json") {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn text_of(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))
}
