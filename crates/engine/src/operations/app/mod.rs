//! Apps: an application's identity, with its policies and a credential for each door that it uses.
//!
//! Operations are asked of `sys/apps/<name>`. Whoever may write there gives apps policies and credentials, and so any
//! rights but root's. What a credential is in clear is answered once, when it is made.

mod add_credential;
mod change_credential;
mod create;
mod credentials;
mod delete;
mod list;
mod log_in;
mod read;
mod remove_credential;
mod update;

pub use add_credential::{AddCredential, CredentialRequest};
pub use change_credential::ChangeCredential;
pub use create::{CreateApp, CreatedApp};
pub use credentials::{CredentialKind, NewCredential};
pub use delete::DeleteApp;
pub use list::{APPS_MAX, ListApps};
pub use log_in::LogInClient;
pub use read::{AppRead, CredentialRead, ReadApp};
pub use remove_credential::RemoveCredential;
pub use update::{AppChange, UpdateApp};

use strongroom_core::app::{App, AppError};

use crate::apps::Apps;
use crate::error::Error;
use crate::login::{NamedPath, TokenParameters};
use crate::mounts::MountKind;
use crate::records::Stored;

const SYSTEM: &[MountKind] = &[MountKind::System];
const MOUNT: &str = "sys";
/// What the paths of apps go through.
const FOLDER: &str = "apps";
/// What the paths of an app's credentials go through.
const CREDENTIALS: &str = "credentials";

fn path_of(name: &str, part: &str) -> NamedPath {
    NamedPath::new(MOUNT, FOLDER, name, part)
}

/// The app of a folded name, which must be there.
fn existing(apps: &Apps<'_>, name: &str) -> Result<Stored<App>, Error> {
    apps.read(name)?.ok_or_else(|| Error::NotFound(format!("the app {name}")))
}

/// Names of policies as they are kept.
fn checked_policies(policies: &[String]) -> Result<Vec<String>, Error> {
    let parameters = TokenParameters { policies: policies.to_vec(), ..Default::default() };
    Ok(parameters.checked()?.policies)
}

impl From<AppError> for Error {
    fn from(error: AppError) -> Self {
        Self::rule(error.to_string())
    }
}
